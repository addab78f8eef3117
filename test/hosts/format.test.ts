import assert from "node:assert/strict";
import { before, test } from "node:test";
import { transactionScript } from "../../host/transaction/script.ts";
import { killEngine } from "./support/engine.ts";
import { eventually } from "./support/eventually.ts";
import { hold, kill } from "./support/hold.ts";
import { openScene } from "./support/scene.ts";
import {
  difference,
  example1,
  example2,
  example3,
  failedUnits,
  get,
  invocation,
  listing,
} from "./support/stack.ts";

// The records on a host have a format. A transaction that an older version has left half-done is rolled back. The records of a newer
// version are left alone, and so is everything that runs there.

const format = Number(/^format=(\d+)$/m.exec(transactionScript.toString("utf8"))?.[1]);
const scene = await openScene("format");
const { fleet, host, stack } = scene;
let untouched: Map<string, string>;

const ofHost = "/var/lib/quadlet-fleet";
const ofAccount = "/home/test/.local/state/quadlet-fleet";
/** example3 is a set of the host's manager, and the account has records of it. */
const sites = {
  example1: { entry: example1, manager: "user", state: ofAccount, user: "test" },
  example2: { entry: example2, manager: "system", state: ofHost, user: undefined },
  example3: { entry: example3, manager: "system", state: ofHost, user: undefined },
} as const;
type Site = keyof typeof sites;
const names = Object.keys(sites) as Site[];
const shown: Record<Site, { page: number; port: number }> = {
  example1: { page: 0, port: 8080 },
  example2: { page: 0, port: 80 },
  example3: { page: 0, port: 81 },
};

/** Writes the stack file with these sites. */
function configure(wanted: readonly Site[] = names): void {
  const site = (name: Site) => {
    const { page, port } = shown[name];
    const nginx = {
      "default.conf": `server { listen ${port}; location / { return 200 "page ${page}"; } }\n`,
    };
    return { ...sites[name].entry, listen: [`0.0.0.0:${port}`], nginx, environment: { PAGE: String(page) } };
  };
  scene.configure({ sites: Object.fromEntries(wanted.map((name) => [name, site(name)])) });
}

/** Another page of a site, by a restart, and on another port if `shift` is given. */
function change(name: Site, shift = 0): void {
  const { page, port } = shown[name];
  shown[name] = { page: page + 1, port: port + shift };
  configure();
}

const answer = async (port: number) => (await get(fleet, `http://${host.address}:${port}/`)).body;

before(async () => {
  // podman makes this directory at its first command.
  await host.run(["mkdir", "-p", "/home/test/.config"], { user: "test" });
  untouched = await listing(host);
  await converges();
});

/** Runs an `up`, and checks that everything is as the stack file says. Returns the output. */
async function converges(): Promise<string> {
  configure();
  const { stdout } = await stack.up();
  for (const { page, port } of Object.values(shown)) assert.equal(await answer(port), `page ${page}`);
  assert.deepEqual(await failedUnits(host), []);
  await stack.expectNoChanges();
  return stdout;
}

/** Kills the deploy of a set at a line of its journal, and leaves what a version with format 1 would have left on the host. */
async function interruptInFormat1(name: Site, at: number): Promise<void> {
  const { manager, state, user } = sites[name];
  const own = `${state}/sets/${name}`;
  const { code } = await hold(stack, "format", { host, manager, set: name, at }, async (cgroup) => {
    // With format 1, nothing else on the host would roll it back.
    await host.sh("rm --force /run/quadlet-fleet-*/open /run/user/1000/quadlet-fleet-*/open");
    killEngine(stack.name);
    kill(cgroup);
  });
  assert.notEqual(code, 0);
  await stack.run(["cancel", "--yes"]);
  await host.run(["rm", `${state}/format`, `${own}/units`]);
  await host.sh(
    `rm --force ${[ofHost, ofAccount].map((each) => `${each}/format ${each}/sets/*/units ${each}/sets/*/before/units`).join(" ")}`,
  );
  await host.run(["sed", "--in-place", "s/^lent\\t[^\\t]*/lent\\t-/", `${own}/journal`], { user });
  assert.match(await host.read(`${own}/journal`), /^lent\t-\t/);
}

/** The running stand-ins. */
async function standIns(name: Site): Promise<string> {
  const { manager, user } = sites[name];
  const list = ["list-units", "--plain", "--no-legend", "--state=active"];
  const patterns = [`${name}-handover*`, `${name}-rehearsal*`];
  return (await host.run(["systemctl", `--${manager}`, ...list, ...patterns], { user })).stdout;
}

test("the next up takes back what is in format 1, and the one after that is in this format", async () => {
  const name = "example1";
  const { state } = sites[name];
  const old = shown[name];
  change(name);
  // Line 7 is written before the restart. The stand-in serves then.
  await interruptInFormat1(name, 7);
  assert.match(await standIns(name), /-handover\.service/);
  // The old page again, so that only the rollback stops the stand-in. The state has it; a refresh finds that the host has not.
  shown[name] = old;
  configure();
  await stack.run(["refresh", "--yes", "--skip-preview"]);
  assert.match(await converges(), new RegExp(`${name}\\b.*an interrupted deploy was rolled back`));
  assert.equal(await standIns(name), "");
  change(name);
  await converges();
  assert.equal(await host.read(`${state}/format`), `${format}\n`);
});

test("the next boot takes back what is in format 1", async () => {
  const name = "example2";
  const { state, user } = sites[name];
  const journal = `${state}/sets/${name}/journal`;
  const { page, port } = shown[name];
  change(name, 1000);
  // Line 8 is the first one of the restart. It is removed, so that the boot itself opens the socket of the new version.
  await interruptInFormat1(name, 8);
  await host.run(["sed", "--in-place", "8,$d", journal], { user });
  assert.match(await host.read(journal), /\.socket\nstaged\t.*\n$/);
  await host.powerLoss();
  await host.boot();
  await eventually(async () => assert.equal((await host.run(["ls", journal], { check: false })).stdout, ""));
  assert.deepEqual([await answer(port), await answer(port + 1000)], [`page ${page}`, ""]);
  await converges();
});

/** Runs a command that the host refuses for these sets, and checks that nothing changes there. Returns the output. */
async function refused(argv: readonly string[], wanted: readonly Site[]): Promise<string> {
  const look = async () => {
    const services = names.map((name) => invocation(host, `${name}.service`, sites[name].user));
    return { files: await listing(host), services: await Promise.all(services) };
  };
  const before = await look();
  assert.ok(before.services.every(Boolean), "all of them run");
  const { code, stdout, stderr } = await stack.run([...argv, "--yes", "--skip-preview"], { check: false });
  assert.notEqual(code, 0);
  const after = await look();
  assert.deepEqual(difference(before.files, after.files), []);
  assert.deepEqual(after.services, before.services);
  const said = stdout + stderr;
  const failed = names.filter((name) => new RegExp(`UnitSet ${name} .*failed`).test(said));
  assert.deepEqual(failed, wanted, said);
  return said;
}

for (const [whose, state, wanted] of [
  ["the host", ofHost, ["example2", "example3"]],
  ["the account", ofAccount, ["example1", "example3"]],
] as const)
  test(`a newer format in the records of ${whose}: each command is refused, until that is gone`, async () => {
    // This writes all records in the present format.
    names.forEach((name) => change(name));
    await converges();
    await host.write(`${state}/format`, `${format + 1}\n`);
    const error = new RegExp(
      `web-1 \\(root@${host.address}:22\\): its records were written by a newer version of quadlet-fleet: ${state}/format says format ${format + 1}, and this version reads formats up to ${format}\\.
 *Nothing was changed on it\\.
 *Use the version of quadlet-fleet that deployed there last, or a newer one\\.`,
      "g",
    );
    wanted.forEach((name) => change(name));
    const targets = wanted.flatMap((name) => ["--target", `**::${name}`]);
    for (const argv of [
      ["up", "--continue-on-error"],
      ["refresh"],
      ["destroy", "--continue-on-error", ...targets],
    ]) {
      const said = await refused(argv, wanted);
      assert.equal(said.match(error)?.length, wanted.length, said);
    }
    await host.run(["rm", `${state}/format`]);
    await converges();
  });

test("the format goes with the last set of the host, and of the account", async () => {
  await converges();
  configure(["example3"]);
  await stack.up();
  // A set of the host's manager writes the format in both places.
  await host.run(["rm", `${ofHost}/format`, `${ofAccount}/format`]);
  change("example3");
  configure(["example3"]);
  await stack.up();
  for (const state of [ofHost, ofAccount]) assert.equal(await host.read(`${state}/format`), `${format}\n`);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.deepEqual(difference(untouched, await listing(host)), []);
});
