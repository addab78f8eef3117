import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { type Stack, difference, example2, get, hostEntry, listing, makeStack } from "./support/stack.ts";

// No other owner can have the names that a restart of "web" needs for a moment (units/stand-ins.ts), whichever comes first.
// The two are in different stacks, because a preview refuses both in one (stacks/shared-names.ts).

let fleet: Fleet;
let host: TestHost;
let one: Stack;
let two: Stack;

before(async () => {
  fleet = await createFleet({ name: "reserved", hosts: 1 });
  host = fleet.hosts[0] as TestHost;
  one = await makeStack("test-reserved");
  two = await makeStack("test-reserved-two");
});

after(async () => {
  await one[Symbol.asyncDispose]();
  await two[Symbol.asyncDispose]();
  await fleet.dispose();
});

const ports: Record<string, number> = { web: 81, "web-handover": 82, "web-rehearsal": 83 };

function configure(stack: Stack, ...names: string[]): void {
  const site = (name: string) => ({ ...example2, listen: [`0.0.0.0:${ports[name]}`] });
  stack.configure({
    hosts: { "web-1": hostEntry(fleet, host) },
    sites: Object.fromEntries(names.map((name) => [name, site(name)])),
  });
}

const status = async (name: string) => (await get(fleet, `http://${host.address}:${ports[name]}/`)).status;

for (const other of ["web-handover", "web-rehearsal"]) {
  for (const [first, second] of [
    ["web", other],
    [other, "web"],
  ] as const) {
    test(`${first} is there, and ${second} comes: refused with the cure, and the first one serves`, async () => {
      configure(one, first);
      await one.up();
      const files = await listing(host);
      configure(two, second);
      const { code, stdout } = await two.up({ check: false });
      assert.notEqual(code, 0, "it was not refused");
      assert.match(
        stdout,
        new RegExp(`needs (that name|the name ${other}\\.service) for a moment\\. Rename one of the two`),
      );
      assert.match(stdout, /Nothing was changed on it/);
      assert.deepEqual(difference(files, await listing(host)), []);
      assert.deepEqual([await status(first), await status(second)], [200, 0]);
      for (const stack of [one, two]) await stack.run(["destroy", "--yes", "--skip-preview"]);
    });
  }

  test(`web and ${other} at once: one of them is refused`, async () => {
    configure(one, "web");
    configure(two, other);
    const ups = await Promise.all([one, two].map((stack) => stack.up({ check: false })));
    const refused = ups.filter(({ code }) => code !== 0);
    assert.equal(refused.length, 1);
    assert.match(refused[0]?.stdout ?? "", /Rename one of the two/);
    assert.deepEqual([await status("web"), await status(other)].sort(), [0, 200]);
    for (const stack of [one, two]) await stack.run(["destroy", "--yes", "--skip-preview"]);
  });

  test(`web and ${other} in one stack: refused at preview`, async () => {
    configure(one, "web", other);
    const { code, stdout, stderr } = await one.run(["preview"], { check: false });
    assert.notEqual(code, 0, "it was not refused");
    assert.match(
      stdout + stderr,
      new RegExp(`"${other}\\.service" is the name of a unit of sites\\.web already`),
    );
  });
}

test("names that only look alike are free", async () => {
  ports["web-handover-2"] = 84;
  configure(one, "web", "web-handover-2");
  await one.up();
  assert.deepEqual([await status("web"), await status("web-handover-2")], [200, 200]);
});
