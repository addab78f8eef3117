import assert from "node:assert/strict";
import { test } from "node:test";
import { driftMarkdown } from "../../cli/drift/markdown.ts";
import { readRefresh } from "../../cli/drift/read.ts";
import { unitSetType } from "../../resources/unit-set-type.ts";
import { driftLine } from "../../provider/notes.ts";

// What `quadlet-fleet drift` reports about the findings of a refresh.

const urn = (site: string) =>
  `urn:pulumi:production::fleet::quadlet:index:SocketActivatedNginx$${unitSetType}::${site}`;

/** A step of a refresh. */
const step = (site: string, outputs: object, op = "update") => {
  const state = { type: unitSetType, inputs: { where: { "web-1": "192.0.2.11", "web-2": "192.0.2.12" } } };
  return { op, urn: urn(site), oldState: { ...state, outputs: {} }, newState: { ...state, outputs } };
};
const found = (...steps: object[]) => readRefresh(JSON.stringify({ steps, changeSummary: {} }));
const shown = (...steps: object[]) => driftMarkdown("production", found(...steps));
const edited = (...files: string[]) => driftLine(files.map((where) => ({ what: "edited", where })));

test("three edited files on a hundred hosts are three lines", () => {
  const files = ["default.conf", "gzip.conf", "limits.conf"].map(
    (name) => `/etc/quadlet-fleet/www/conf.d/${name}`,
  );
  const note = `${edited(...files)}; runs with older files: www.service`;
  assert.deepEqual(shown(step("www", { drift: { "web-[1-100]": note } })).split("\n"), [
    "## production differs from what was deployed",
    "",
    ...files.map((file) => `- **www** edited: ${file.replaceAll("_", "\\_")} on web-\\[1-100\\] (100 hosts)`),
    "",
  ]);
});

test("a file is one line, whichever hosts have it edited besides others", () => {
  const drift = { "web-[1-60]": edited("/etc/a", "/etc/b"), "web-[61-100]": edited("/etc/b", "/etc/c") };
  assert.deepEqual(
    shown(step("www", { drift }))
      .split("\n")
      .filter((text) => text.startsWith("- ")),
    [
      "- **www** edited: /etc/a on web-\\[1-60\\] (60 hosts)",
      "- **www** edited: /etc/b on web-\\[1-100\\] (100 hosts)",
      "- **www** edited: /etc/c on web-\\[61-100\\] (40 hosts)",
    ],
  );
});

test("nothing differs: nothing is said", () => {
  assert.equal(shown(step("www", {}, "refresh")), "");
  assert.deepEqual(found(step("www", {}, "refresh")), { differences: [], errors: [] });
});

test("what the state had already, hosts that are pending or were not seen, and a site that is gone", () => {
  const text = shown(
    step("a", { drift: { "web-1": "not running: a.service" } }, "refresh"),
    step("b", { pending: "web-2: waits for the next `pulumi up`" }, "refresh"),
    step("c", { unseen: "web-1: no SSH connection" }),
    step("d", {}, "delete"),
  );
  assert.deepEqual(text.split("\n").slice(2, -1), [
    "- **a** not running: a.service on web-1",
    "- **b** pending: web-2: waits for the next \\`pulumi up\\`",
    "- **c** not seen: web-1: no SSH connection",
    "- **d** nothing of it is left on web-\\[1-2\\] (2 hosts)",
  ]);
});

test("a service that runs with older files is said where no file is edited", () => {
  const drift = { "web-1": "runs with older files: www.service; and 12 more" };
  assert.deepEqual(
    found(step("www", { drift })).differences.map(({ what }) => what),
    ["runs with older files: www.service", "and 12 more"],
  );
});

test("hosts that could not be looked at: why, once", () => {
  const diagnostics = [
    { severity: "warning", message: "warning: beside the point" },
    {
      severity: "error",
      message: "error: Preview failed: web-1: no SSH connection.\nNothing was changed on it.\n",
    },
    { severity: "error", message: "error: preview failed\n" },
  ];
  const looked = readRefresh(JSON.stringify({ steps: [step("www", {}, "refresh")], diagnostics }));
  assert.equal(
    driftMarkdown("production", looked),
    "## production: the hosts could not be looked at\n\n- web-1: no SSH connection. Nothing was changed on it.\n",
  );
});

test("what a host says is no Markdown, and no end of a list", () => {
  const text = shown(step("www", { drift: { "web-1": "edited: /etc/<!-- @all\n# x" } }));
  assert.ok(text.includes("edited: /etc/\\<\\!-- \\@\u200ball \\#\u200b x on web-1"), text);
  assert.equal(text.split("\n").length, 4);
});

test("more than a hundred differences are counted", () => {
  const files = Array.from({ length: 130 }, (_, index) => `/f${index}`);
  const steps = files.map((file, index) => step(`s${index}`, { drift: { "web-1": edited(file) } }));
  assert.match(shown(...steps), /\n- … and 30 more\n$/);
});

test("long differences and errors fit into an issue of GitHub, and the others are counted", () => {
  const hosts = Array.from({ length: 100 }, (_, index) => `web-${index * 2}`);
  const differences = hosts.map((host) => ({ site: "www", what: `${host} ${"@".repeat(400)}`, hosts }));
  const text = driftMarkdown("production", { differences, errors: differences.map(({ what }) => what) });
  assert.ok(text.length < 65_000, String(text.length));
  assert.match(text, /^- … and \d+ more\n\n## .* differs [^]*\n- … and \d+ more\n$/m);
});
