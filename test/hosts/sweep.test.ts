import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { killEngine } from "./support/engine.ts";
import { type Cut, type Outcome, freezer } from "./support/freezer.ts";
import { makeProgram } from "./support/program.ts";
import { difference, example1, example2, failedUnits, get, hostEntry, makeStack } from "./support/stack.ts";

// Kill sweeps: a transaction is stopped at each line of its journal (host/transaction/scripts/journal.sh) and at some other
// moments, each on another host. Then the engine is killed, the cable is pulled or the power fails. At any moment, the host has all of
// the old version or all of the new one afterwards, and the next `up` goes on from there.

const hostCount = 8;
const sets = [
  { set: "example1", manager: "user", port: 8080 },
  { set: "example2", manager: "system", port: 80 },
] as const;
type Version = "none" | "old" | "new";
const versions = {
  old: { image: 1, more: [] as number[] },
  new: { image: 2, more: [1] },
};

const fleet = await createFleet({ name: "sweep", hosts: hostCount });
after(() => fleet.dispose());
// Each host has its own sites, so that no host waits for another one that is stopped. They have the same names on all hosts, which a
// stack file can't express.
const directory = await makeProgram(`
const { readFileSync } = await import("node:fs");
for (const [name, site] of Object.entries(JSON.parse(readFileSync("sites.json", "utf8")))) new SocketActivatedNginx(name, site);
`);
after(() => rm(directory, { recursive: true }));
const stack = await makeStack("sweep", directory);
after(() => stack[Symbol.asyncDispose]());

/** The files of a host, by set and version. */
const whole = new Map<string, Map<Version, Map<string, string>>>();
/** How many lines the journal of a transaction has, by "FROM→TO SET". */
const journals = new Map<string, number>();

before(async () => {
  const [first] = fleet.hosts as [TestHost];
  // podman makes this directory at its first command.
  await Promise.all(
    fleet.hosts.map((host) => host.run(["mkdir", "-p", "/home/test/.config"], { user: "test" })),
  );
  await learn(first, "none");
  // The first host alone shows what is expected on the others.
  for (const [from, to] of [
    ["none", "old"],
    ["old", "new"],
    ["new", "old"],
    ["old", "none"],
  ] as const) {
    const watch = freezer(
      "sweep",
      sets.map(({ set, manager }): Cut => ({ host: first, set, manager, at: Infinity })),
    );
    await deploy(to, [first]).finally(() => watch.stop());
    const outcomes = await watch.outcomes;
    sets.forEach(({ set }, index) => journals.set(`${from}→${to} ${set}`, outcomes[index]?.lines ?? 0));
    await learn(first, to);
    assert.deepEqual(await lookAll(first), both(to));
  }
});

function configure(version: Version, hosts: readonly TestHost[] = fleet.hosts): void {
  const site = (host: TestHost, example: object, name: string, port: number) => {
    const { image, more } = versions[version === "none" ? "old" : version];
    const listen = [0, ...more].map((each) => port + each);
    const lines = listen.map((each) => `  listen ${each};\n`).join("");
    return {
      ...example,
      ...{ name, hosts: { [host.name]: hostEntry(fleet, host) } },
      image: `docker.io/library/nginx:${image}`,
      listen: listen.map((each) => `0.0.0.0:${each}`),
      environment: { RELEASE: version },
      nginx: {
        "default.conf": `server {\n${lines}  location = / { return 200 "${version}"; }\n  location = /etc/image-version { root /; }\n}\n`,
      },
    };
  };
  const all = hosts.flatMap((host) => [
    [`example1-${host.name}`, site(host, example1, "example1", 8080)],
    [`example2-${host.name}`, site(host, example2, "example2", 80)],
  ]);
  const sites: unknown = version === "none" ? {} : Object.fromEntries(all);
  writeFileSync(join(directory, "sites.json"), JSON.stringify(sites));
}

/** An `up` of all hosts at once: the transactions of each host are stopped at its own moment. */
async function deploy(version: Version, hosts: readonly TestHost[] = fleet.hosts, check = true) {
  configure(version, hosts);
  return await stack.run(["up", "--yes", "--skip-preview", "--parallel", "64"], { check });
}

type Set = (typeof sets)[number];

const files = (host: TestHost, { manager }: Set) =>
  host.snapshot(
    manager === "user"
      ? ["/home/test/.config"]
      : ["/etc/containers/systemd", "/etc/systemd/system", "/etc/quadlet-fleet"],
  );

/** Records a host's files as those of a version, unless they are known. */
async function learn(host: TestHost, version: Version): Promise<void> {
  for (const set of sets) {
    const known = whole.get(set.set) ?? new Map<Version, Map<string, string>>();
    if (!known.has(version)) known.set(version, await files(host, set));
    whole.set(set.set, known);
  }
}

/** The version of a set, or the nearest one, and the differences from it. */
async function look(host: TestHost, set: Set): Promise<{ version: Version; wrong: string[] }> {
  const seen = await files(host, set);
  const [nearest] = [...(whole.get(set.set) ?? [])]
    .map(([version, expected]) => ({ version, wrong: difference(expected, seen) }))
    .sort((left, right) => left.wrong.length - right.wrong.length);
  assert.ok(nearest);
  return nearest.wrong.length > 0
    ? nearest
    : { ...nearest, wrong: await running(host, set, nearest.version) };
}

const lookAll = async (host: TestHost) => await Promise.all(sets.map((set) => look(host, set)));
const both = (version: Version) => sets.map(() => ({ version, wrong: [] as string[] }));

/** The units that don't run as that version's files say. */
async function running(host: TestHost, { set, manager, port }: Set, version: Version): Promise<string[]> {
  const wrong: string[] = [];
  const expected = versions[version === "none" ? "old" : version];
  const ports = [0, ...expected.more].map((more) => port + more);
  for (const each of [port, port + 1]) {
    const page = await get(fleet, `http://${host.address}:${each}/`);
    const wanted = version !== "none" && ports.includes(each) ? `200 ${version}` : "0 ";
    if (`${page.status} ${page.body}` !== wanted)
      wrong.push(`port ${each}: ${page.status} ${page.body}, not ${wanted}`);
  }
  wrong.push(...(await failedUnits(host)).map((unit) => `${unit} has failed`));
  if (version === "none") return wrong;
  const image = await get(fleet, `http://${host.address}:${port}/etc/image-version`);
  if (image.body.trim() !== String(expected.image)) wrong.push(`image ${image.body}`);
  const units = [
    `${set}.service`,
    `${set}.socket`,
    ...expected.more.map((more) => `${set}-${port + more}.socket`),
  ];
  const [flags, user] = manager === "user" ? [["--user"], "test"] : [[], "root"];
  const active = await host.run(["systemctl", ...flags, "is-active", ...units], { user, check: false });
  if (active.stdout.trim() !== units.map(() => "active").join("\n"))
    wrong.push(`${units.join(", ")}: ${active.stdout.trim().split("\n").join(", ")}`);
  const left = await host.sh(
    `cd ${records({ set, manager })} && ls -d journal unfinished before rollback.new 2>/dev/null`,
    { check: false },
  );
  if (left.stdout !== "") wrong.push(`left over: ${left.stdout.trim().split("\n").join(", ")}`);
  return wrong;
}

type Place = Pick<Cut, "set" | "manager">;

const records = ({ set, manager }: Place) =>
  `${manager === "user" ? "/home/test/.local/state" : "/var/lib"}/quadlet-fleet/sets/${set}`;

/** Whether the host has the new version, and has lost the engine that decides whether it stays. */
async function isHeld(host: TestHost, place: Place): Promise<boolean> {
  return (await host.run(["test", "-e", `${records(place)}/detached`], { check: false })).code === 0;
}

/** Transactions that still run, except those that are held. */
async function transactions(host: TestHost): Promise<string[]> {
  const list = ["list-units", "--plain", "--no-legend", "--state=running,activating,deactivating"];
  const all = await Promise.all([
    host.run(["systemctl", ...list, "quadlet-fleet-*"]),
    host.run(["systemctl", "--user", ...list, "quadlet-fleet-*"], { user: "test" }),
  ]);
  const held = await Promise.all(sets.map((set) => isHeld(host, set)));
  return all
    .flatMap(({ stdout }) => stdout.split("\n").filter((line) => line !== ""))
    .filter((line) => !sets.some(({ set }, index) => held[index] && line.endsWith(`quadlet-fleet: ${set}`)));
}

/** The result of a look, if there is one in time. */
async function until<T>(seconds: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await sleep(500)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  return await look();
}

/**
 * A moment for each host, from all moments of a transition: on every other host, of the other set. On one host only one of the sets can be
 * stopped, because they are activated one after the other.
 */
function cuts(from: Version, to: Version): Cut[] {
  return fleet.hosts.map((host, index) => {
    const { set, manager } = sets[index % sets.length]!;
    const lines = journals.get(`${from}→${to} ${set}`) ?? 0;
    const all = [
      ...Array.from({ length: lines }, (_, line) => ({ at: line + 1 })),
      { at: 0 },
      { at: lines, delayMs: 200 },
      { at: lines, delayMs: 600 },
      { at: -1 },
      { at: Math.ceil(lines / 2), delayMs: 50 },
    ];
    // There are more moments than hosts, so they are chosen evenly.
    const step = Math.max(1, all.length / fleet.hosts.length);
    return { host, set, manager, ...all[Math.floor((index + 0.5) * step) % all.length]! };
  });
}

/**
 * One sweep: an `up` from one version to another freezes each transaction at its moment. Then `interrupt` runs, and at the end every
 * host has all of one version, or is listed in `broken`.
 */
async function sweep(
  t: TestContext,
  from: Version,
  to: Version,
  interrupt: (thaw: () => void, up: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const moments = cuts(from, to);
  const freeze = freezer("sweep", moments);
  const up = deploy(to, fleet.hosts, false);
  void up.then(() => freeze.stop());
  const outcomes = await freeze.outcomes;
  t.diagnostic(`${from}→${to}: frozen at ${told(moments, outcomes)}`);
  const since = Date.now();
  try {
    assert.ok(outcomes.filter(({ frozen }) => frozen).length >= moments.length / 2, "most were not frozen");
    await interrupt(() => freeze.thaw(), up);
  } finally {
    freeze.thaw();
    await up;
  }

  // 40 s: longer than a container's start and a rollback, on a machine with all of these hosts.
  const places = moments.flatMap(({ host }, at) => sets.map((set) => ({ host, set, at })));
  const report = await Promise.all(
    places.map(async ({ host, set, at }) => {
      const isWhole = async () => {
        if ((await transactions(host)).length > 0) return undefined;
        // It waits for a decision, or for two minutes: see held.test.ts. The next up need not wait.
        if (await isHeld(host, set)) return "held";
        const { version, wrong } = await look(host, set);
        return wrong.length === 0 && (version === from || version === to) ? version : undefined;
      };
      const found = await until(40, isWhole);
      if (found !== undefined) return found;
      const { version, wrong } = await look(host, set);
      const all = [...wrong, ...(await transactions(host))].join("; ");
      return `NOT WHOLE (${set.set} on ${host.name}, ${describe(moments, outcomes, at)}): nearest to ${version}: ${all}`;
    }),
  );
  t.diagnostic(`after ${((Date.now() - since) / 1000).toFixed(1)} s: ${report.join(", ")}`);
  broken.push(...report.filter((line) => line.startsWith("NOT")));
}
/** The problems that the sweep of the current test has found. */
let broken: string[] = [];

const describe = (moments: readonly Cut[], outcomes: readonly Outcome[], at: number) => {
  const [{ set, at: line, delayMs }, { frozen, lines }] = [moments[at]!, outcomes[at]!];
  const moment = line < 0 ? "start" : `line ${line}${delayMs === undefined ? "" : ` + ${delayMs} ms`}`;
  return `${set} ${moment}${frozen ? (lines === line ? "" : ` (was ${lines})`) : " (not frozen)"}`;
};

const told = (moments: readonly Cut[], outcomes: readonly Outcome[]) =>
  moments.map((_, at) => describe(moments, outcomes, at)).join(", ");

/** The next `up` brings every host to the version of the interrupted one, without an edit of the state. */
async function converges(t: TestContext, to: Version): Promise<void> {
  const { code, stdout, stderr } = await deploy(to, fleet.hosts, false);
  const told = (stdout + stderr).match(/\d+ pending operations|an interrupted deploy was rolled back/g) ?? [];
  for (const said of new Set(told))
    t.diagnostic(`the next up: ${said} (${told.filter((each) => each === said).length} times)`);
  assert.equal(code, 0, stdout + stderr);
  const all = await Promise.all(fleet.hosts.map(lookAll));
  assert.deepEqual(
    all,
    fleet.hosts.map(() => both(to)),
  );
  await stack.expectNoChanges();
}

/** Kills the engine. Its lock stays in the file backend, and `pulumi cancel` removes it. */
async function killed(t: TestContext, from: Version, to: Version): Promise<void> {
  await sweep(t, from, to, async (thaw, up) => {
    // The file backend truncates its checkpoint and writes it again. A kill in between is a problem of the engine itself ("failed to
    // load checkpoint: EOF"), so the test waits until everything is written.
    await sleep(1500);
    t.diagnostic(`killed ${killEngine(stack.name)} processes of the engine`);
    thaw();
    await up;
  });
  const { stderr, stdout } = await stack.run(["cancel", "--yes"], { check: false });
  t.diagnostic(`pulumi cancel: ${(stdout + stderr).trim().split("\n").at(-1)}`);
}

/** The version that all hosts have, if it is known. */
let now: Version | undefined = "none";

function sweeps(
  what: string,
  from: Version,
  to: Version,
  interrupted: (t: TestContext) => Promise<void>,
): void {
  test(`${what}, from ${from} to ${to}`, async (t) => {
    broken = [];
    // The last test has failed.
    if (now !== from) await deploy(from);
    now = undefined;
    await interrupted(t);
    await converges(t, to);
    now = to;
    assert.deepEqual(broken, []);
  });
}

sweeps("a killed engine", "none", "old", async (t) => await killed(t, "none", "old"));

test("what the engine remembers of creations that were interrupted is cleared by its own refresh", async (t) => {
  const warning = /\d+ pending operations/;
  t.diagnostic(`one more up: ${warning.exec((await stack.up()).stdout)?.[0] ?? "no pending operations"}`);
  await stack.run(["refresh", "--yes", "--skip-preview", "--clear-pending-creates"]);
  assert.doesNotMatch((await stack.up()).stdout, warning);
});

sweeps("a killed engine", "old", "new", async (t) => await killed(t, "old", "new"));

// Two of each four hosts, so that both sets are interrupted in both ways.
sweeps("a pulled cable here, a power loss there", "new", "old", (t) =>
  sweep(t, "new", "old", async (thaw, up) => {
    const unplugged = fleet.hosts.filter((_, index) => index % 4 < 2);
    const without = fleet.hosts.filter((host) => !unplugged.includes(host));
    await Promise.all([
      ...unplugged.map((host) => host.unplug()),
      ...without.map((host) => host.powerLoss()),
    ]);
    thaw();
    // After the boot, the kernel answers that it has no such connection, and the engine notices it.
    await Promise.all(without.map((host) => host.boot()));
    // Waits until both sides have noticed: host/ssh/connection.ts asks three times, 10 s apart, the host waits for a minute. Then the
    // provider comes back.
    await sleep(70_000);
    const since = Date.now();
    await Promise.all(unplugged.map((host) => host.plug()));
    await up;
    t.diagnostic(`the engine has ended ${((Date.now() - since) / 1000).toFixed(0)} s after that`);
  }),
);

sweeps("a killed engine", "old", "none", async (t) => await killed(t, "old", "none"));
