import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { committed, hold, kill } from "./support/hold.ts";
import { makeProgram } from "./support/program.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, example3, get, makeStack } from "./support/stack.ts";

// Secrets that a deploy needs for a moment, and those that it has replaced: they are gone afterwards, however it ended.

const scene = await openScene("leftover");
const { fleet, host, stack } = scene;
let page = 0;
const sites = {
  example1: { example: example1, port: 8080, manager: "user" },
  example2: { example: example2, port: 80, manager: "system" },
  example3: { example: example3, port: 81, manager: "system" },
} as const;
type Site = keyof typeof sites;

const all = Object.keys(sites) as Site[];
/** The page number that each deployed site answers with. */
const pages = new Map<Site, number>();

/** Puts another secret into a configuration file of these sites, which is rehearsed before it is written. */
function configure(names: readonly Site[], change: object = {}): void {
  page += 1;
  for (const name of names) pages.set(name, page);
  const entries = [...pages].map(([name, number]) => {
    const { port, example } = sites[name];
    const text = `server { listen ${port}; location / { return 200 "CANARY-${number}-"; } }\n`;
    const entry = { ...example, nginx: { "default.conf": text }, environment: { PAGE: String(number) } };
    return [name, { ...entry, ...change }] as const;
  });
  scene.configure({ sites: Object.fromEntries(entries) });
}

const serves = async (site: Site) =>
  assert.equal(
    (await get(fleet, `http://${host.address}:${sites[site].port}/`)).body,
    `CANARY-${pages.get(site)}-`,
  );

/** The staged secrets that are left in memory and in temporary directories. */
async function staged(): Promise<string[]> {
  const { stdout } = await host.sh(
    "grep -rlsF CANARY- /run /tmp /var/tmp /dev/shm --exclude-dir=crun; ls -d /run/user/*/quadlet-fleet.* /run/quadlet-fleet-* /run/user/*/quadlet-fleet-* 2>/dev/null",
    { check: false },
  );
  return stdout.split("\n").filter((path) => path !== "" && !/\.lock$|quadlet-fleet-lock\./.test(path));
}

test("nothing is left staged after a success and after a failure", async () => {
  configure(all);
  await stack.up();
  assert.deepEqual(await staged(), []);
  configure(all);
  await stack.up();
  for (const site of all) await serves(site);
  assert.deepEqual(await staged(), []);
  configure(all, { verify: { body: "another page" } });
  const { stdout } = await stack.up({ check: false });
  // The check of the answer is a part of the rehearsal, too.
  const [, ...errors] = stdout.split("UnitSet (");
  for (const site of all) {
    const error = errors.find((text) => text.startsWith(`${site}):`)) ?? "";
    assert.match(error, /rehearsing [^]*Nothing was changed on it\./);
  }
  assert.deepEqual(await staged(), []);
});

for (const site of all) {
  const at = (line: number) => ({ host, manager: sites[site].manager, set: site, at: line }) as const;

  test(`${site}: nor after one that was killed, once the next up has been there`, async (t) => {
    for (const line of [1, 4]) {
      configure([site]);
      const { code } = await hold(stack, "leftover", at(line), async (cgroup) => {
        // In the meantime it is staged.
        const there = await staged();
        t.diagnostic(there.join(" "));
        assert.ok(
          there.some((path) => path.includes("quadlet-fleet")),
          there.join(),
        );
        kill(cgroup);
      });
      assert.notEqual(code, 0);
      await stack.up();
      await serves(site);
      assert.deepEqual(await staged(), []);
    }
  });

  test(`${site}: nor after one that was killed right after its commit`, async () => {
    configure([site]);
    await hold(stack, "leftover", at(committed), kill);
    assert.deepEqual(await staged(), []);
    await stack.up();
    await serves(site);
  });

  test(`${site}: nor after one that was killed and then destroyed`, async () => {
    configure([site]);
    await hold(stack, "leftover", at(1), kill);
    await stack.run(["destroy", "--yes", "--skip-preview", "--target", `**::${site}`]);
    pages.delete(site);
    assert.deepEqual(await staged(), []);
  });
}

test("secrets that were replaced are not kept, whatever their mode; what was no secret is", async () => {
  // Files and units with mode 0644: secrets in both versions (ALWAYS), only before (WAS), only now (IS), and never (NEVER).
  const directory = await makeProgram(`
const version = new pulumi.Config().require("version");
const text = (name: string) => "# " + name + " of " + version + "\\n[Service]\\nExecStart=true\\n";
const hide = (name: string) => pulumi.secret(text(name));
const [was, is] = version === "one" ? [hide, text] : [text, hide];
new UnitSet("kept", {
  hosts: { "web-1": ${JSON.stringify({ address: host.address, hostKey: host.hostKey, identityFile: fleet.identityFile })} },
  name: "kept",
  manager: "system",
  units: { "kept-always.service": hide("UNIT-ALWAYS"), "kept-never.service": text("UNIT-NEVER") },
  files: {
    "/etc/kept/always": { content: hide("ALWAYS") },
    "/etc/kept/was": { content: was("WAS") },
    "/etc/kept/is": { content: is("IS") },
    "/etc/kept/never": { content: text("NEVER") },
    ...(version === "one" ? { "/etc/kept/gone": { content: hide("GONE") } } : {}),
  },
});`);
  const found = async (version: string) => {
    const words = ["grep", "-rhosE", `[A-Z-]+ of ${version}`, "/var/lib/quadlet-fleet/sets/kept"];
    const { stdout } = await host.run(words, { check: false });
    return [...new Set(stdout.split("\n").filter(Boolean))].sort();
  };
  try {
    await using kept = await makeStack("kept", directory);
    const is = (version: string) => kept.run(["config", "set", "version", version]);
    await is("one");
    await kept.up();
    assert.match([...(await host.snapshot(["/etc/kept/always"])).values()].join(), / 0644 /);
    await is("two");
    await kept.up();
    assert.deepEqual(await found("one"), ["NEVER of one", "UNIT-NEVER of one"]);
    // Killed right after its commit, before its files are sorted out: the next up removes all of them.
    await is("three");
    await hold(kept, "leftover", { host, manager: "system", set: "kept", at: committed }, kill);
    await kept.up();
    // Text that was never a secret, or is no longer one, is kept for a rollback.
    assert.deepEqual(await found("two"), ["NEVER of two", "UNIT-NEVER of two", "WAS of two"]);
    await kept.run(["destroy", "--yes", "--skip-preview"]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
