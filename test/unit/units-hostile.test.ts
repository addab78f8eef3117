import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { handovers, rehearsals } from "../../host/plan/stand-ins.ts";
import { changeOf, triggered } from "../../host/plan/changes.ts";
import { noFacts, readFacts } from "../../host/facts/facts.ts";
import { newContainers } from "../../host/plan/foreign.ts";
import { missingNetworkTools } from "../../host/plan/network-tools.ts";
import { refusals } from "../../host/plan/refusals.ts";
import { importedInputs, nextQuery } from "../../provider/import.ts";
import { madeContainer, madeNetwork, madeUnit } from "../../units/made.ts";
import { UnitSyntaxError, parse } from "../../units/parse.ts";
import { serialize } from "../../units/serialize.ts";
import { listens } from "../../units/socket-addresses.ts";
import { tooNew } from "../../units/versions.ts";
import { assertGrowth } from "./growth.ts";
import { desired, service, unit } from "./host-plan-facts.ts";
import { anyText, unitFile } from "./units-arbitraries.ts";

// An account can write anything into its unit files: all readers come to an end soon, and throw no exception except the one of
// parse().

const identity = { hosts: { "web-1": { address: "192.0.2.11" } }, manager: "system", name: "web" } as const;

/** All readers of a unit's text: in a preview, in a plan and in an import. */
const readers: Record<string, (text: string, file: string) => void> = {
  parse(text, file) {
    try {
      parse(text, file);
    } catch (thrown) {
      assert.ok(thrown instanceof UnitSyntaxError);
    }
  },
  names(text, file) {
    madeUnit(file, text);
    madeContainer(file, text);
    madeNetwork(file, text);
    listens(text, file);
    tooNew(file, text, "4.4");
  },
  "a plan"(text, file) {
    const one = unit(file, text);
    const running = madeUnit(file, "");
    const state = desired({
      account: "test",
      files: [one, unit("web-80.socket", `[Socket]\nListenStream=80\nService=${running}\n`)],
      services: [service(running, { handover: true }), service("web-80.socket")],
      probes: [{ listen: "80", path: "/", hostName: "localhost" }],
    });
    const facts = { ...noFacts(), podman: { installed: true, version: "5.3.2" }, tools: new Set<string>() };
    facts.files.set(one.path, {
      type: "file",
      mode: "0644",
      uid: 0,
      modified: 0,
      sha256: "",
      content: Buffer.from(`${text}\n#`),
    });
    changeOf(one, `${text}\n#`);
    triggered(state, service(file));
    newContainers(facts, state);
    missingNetworkTools(facts, state);
    refusals(facts, state, new Set(), false, state.files);
    const todo = new Map([[running, "restart"] as const, ["web-80.socket", "none"] as const]);
    handovers(state, todo);
    rehearsals(state, todo, [], "/home/test");
  },
  "an import"(text, file) {
    const facts = noFacts();
    const content = Buffer.from(text);
    const fact = { type: "file", mode: "0644", uid: 0, modified: 0, sha256: "", content } as const;
    facts.files.set(unit(file, text).path, fact);
    nextQuery(identity, facts);
    importedInputs(identity, facts);
  },
};

const suffixes = ["container", "service", "socket", "network", "pod"];

describe("nothing throws that reads a text", () => {
  const line = fc.oneof(
    fc.constantFrom(
      ..."Container Service Socket Network Unit Install Pod".split(" ").map((name) => `[${name}]`),
      ..."Network=a.container PublishPort= ContainerName=%N ServiceName= PodmanArgs=--name Volume=/a:/b:Z".split(
        " ",
      ),
      ...[
        "Environment=NGINX=3; 'A=\\uffff'",
        "Mount=type=bind,Z",
        "Image=x\\",
        "# c \\",
        "\ufeff",
        "A b=c",
        "=",
      ],
      "ExecStart=/usr/bin/podman run -v /a:/b:Z --name systemd-%N -e NGINX=3; x",
      ...[
        "After=web.socket",
        "Sockets=a",
        "ListenStream=80",
        "ListenStream=",
        "Service=x.service",
        "A=\u0007",
      ],
    ),
    anyText,
  );
  const text = fc.oneof(
    fc.array(line).map((lines) => lines.join("\n")),
    fc.array(line).map((lines) => `[Container]\nImage=x\n[Service]\n${lines.join("\n")}`),
    unitFile.map(serialize),
  );
  for (const [what, reader] of Object.entries(readers))
    test(what, () => {
      fc.assert(
        fc.property(text, fc.constantFrom(...suffixes), (given, suffix) => reader(given, `web.${suffix}`)),
        { numRuns: 500 },
      );
    });
});

describe("eight times the text takes no 30 times the time", () => {
  const container = (lines: string) => `[Container]\nImage=x\n${lines}`;
  const shapes: [what: string, file: string, make: (size: number) => string][] = [
    ["blanks in a line", "web.container", (n) => container(`Label=a${" ".repeat(n)}b\n`)],
    ["blanks in a line", "web.service", (n) => `[Service]\nA=a${" \t".repeat(n / 2)}b\n`],
    ["continued lines", "web.container", (n) => container(`Label=${"a\\\n".repeat(n / 3)}b\n`)],
    ["continued lines", "web.service", (n) => `[Service]\nA=${"a\\\n".repeat(n / 3)}b\n`],
    ["gaps", "web.container", (n) => container(`Label=a\\\n${"\n# c\n".repeat(n / 5)}b\n`)],
    ["backslashes", "web.service", (n) => `[Service]\nExecStart=/usr/bin/podman run ${"\\".repeat(n)}x\n`],
    ["empty lines", "web.container", (n) => container("\n".repeat(n))],
    ["lists", "web.container", (n) => container("Network=a\nVolume=/a:/etc/nginx/conf.d\n".repeat(n / 40))],
    ["addresses", "web.socket", (n) => `[Socket]\n${"ListenStream=1.2.3.4:80\n".repeat(n / 24)}`],
    [
      "words",
      "web.service",
      (n) => `[Service]\nExecStart=${"/usr/bin/podman x run --name ".repeat(n / 29)}\n`,
    ],
    [
      "quotes",
      "web.service",
      (n) => `[Service]\nExecStart=/usr/bin/podman run ${' -v "\\"a'.repeat(n / 8)}\n`,
    ],
    ["options", "web.container", (n) => container(`PodmanArgs=${"--network=a:,ip ".repeat(n / 16)}\n`)],
    ["commas", "web.container", (n) => container(`Network=a:${",".repeat(n)}\n`)],
    [
      "specifiers",
      "web.container",
      (n) => container(`ServiceName=${"x".repeat(n / 2)}\nContainerName=${"%N".repeat(n / 4)}\n`),
    ],
    ["brackets", "web.service", (n) => `[Service]\n${"[".repeat(n)}`],
    ["descriptors", "web.container", (n) => container(`Environment=NGINX=${"3:".repeat(n / 2)}\n`)],
  ];

  for (const [what, file, make] of shapes)
    test(`${what} in ${file}`, () => {
      assertGrowth((size) => {
        const text = make(size);
        return () => {
          for (const reader of Object.values(readers)) reader(text, file);
        };
      });
    });

  test("files in a directory", () => {
    assertGrowth((size) => {
      const paths = Array.from({ length: size }, (_, index) => [`~/conf.d/${index}.conf`, "none"] as const);
      const encoded = (lines: string[]) => Buffer.from(lines.join("\n")).toString("base64");
      const answers = [
        {
          event: "files",
          numbers: paths.map((_, index) => index).join(" "),
          described: encoded(paths.map(() => "f")),
        },
        ...paths.map((_, line) => ({ event: "content", line, content: "eA==" })),
      ];
      return () => {
        const { files } = readFacts({ files: new Map(paths), units: [] }, answers);
        assert.equal(files.get("~/conf.d/1.conf")?.content?.toString(), "x");
      };
    });
  });
});
