import assert from "node:assert/strict";
import { type TestContext, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./support/eventually.ts";
import { engineEnds, interruptEngine, killEngine } from "./support/engine.ts";
import { type Says, hold } from "./support/hold.ts";
import { openScene } from "./support/scene.ts";
import { example2, failedUnits, get } from "./support/stack.ts";

// Ctrl-C and `pulumi cancel` during a transaction: the host has all of the old version or all of the new one, the user is told
// which, and the next plain `up` does the rest.

const scene = await openScene("interrupt");
const { fleet, host, stack } = scene;
let page = 0;

before(async () => {
  await host.run(["mkdir", "/srv/flags"]);
});

/** While this file exists, new pages answer 500. A test makes it after the rehearsal, for example. */
const breakage = "/srv/flags/broken";

const nginx = (port: number) => {
  const answer = `if (-f ${breakage}) { return 500; } return 200 "page ${page}";`;
  return { "default.conf": `server { listen ${port}; location / { ${answer} } }\n` };
};

/** Another page, by a restart, of one site on port 80 or of several, whose transactions run one after the other. */
function configure(sites = ["example2"], change: object = {}): void {
  page += 1;
  const more = { environment: { PAGE: String(page) }, ...change };
  const site = (port: number) => ({
    ...example2,
    listen: [`0.0.0.0:${port}`],
    nginx: nginx(port),
    volumes: ["/srv/flags:/srv/flags:ro"],
    ...more,
  });
  scene.configure({ sites: Object.fromEntries(sites.map((name, at) => [name, site(80 + at)])) });
}

const pageAt = async (port = 80) => (await get(fleet, `http://${host.address}:${port}/`)).body;

/** No transaction, no lock and no journal is left. */
async function isAtRest(): Promise<void> {
  const list = ["list-units", "--plain", "--no-legend", "--state=running,activating", "quadlet-fleet-*"];
  await eventually(async () => assert.equal((await host.run(["systemctl", ...list])).stdout, ""));
  await host.run(["flock", "--nonblock", "/run/quadlet-fleet-lock.example2", "true"]);
  const { stdout } = await host.sh(
    "cd /var/lib/quadlet-fleet/sets && ls -d */journal */unfinished */before */rollback.new 2>/dev/null; ls /run/containers/systemd /run/systemd/system 2>/dev/null | grep -E -- '-(handover|rehearsal)' || true",
    { check: false },
  );
  assert.equal(stdout, "");
  assert.deepEqual(await failedUnits(host), []);
}

/** Sends Ctrl-C, and waits until the engine has seen it. */
async function ctrlC(says: Says): Promise<void> {
  interruptEngine(stack.name);
  await says(/\^C received/);
}

/** Runs an `up` whose transaction is stopped at a line of its journal, and `interrupt` meanwhile. */
async function interrupted(
  t: TestContext,
  at: number,
  interrupt: (says: Says) => Promise<unknown>,
): Promise<{ code: number; saw: string }> {
  const cut = { host, manager: "system", set: "example2", at } as const;
  const output = await hold(stack, "interrupt", cut, (_, says) => interrupt(says));
  t.diagnostic(`exit status ${output.code}; ${/error: .*/.exec(output.saw)?.[0] ?? "no error"}`);
  return output;
}

/** Deploys the site if no earlier test has. */
async function deployed(): Promise<void> {
  if (page > 0) return;
  configure();
  await stack.up();
}

/** Runs the next plain `up`: it succeeds, the site is as it should be, and nothing is left to do. */
async function converges(): Promise<string> {
  const { stdout, stderr } = await stack.up();
  assert.equal(await pageAt(), `page ${page}`);
  await isAtRest();
  await stack.expectNoChanges();
  return stdout + stderr;
}

// Line 7 of a change is written before the restart. The new files are in their places then.
for (const [what, at] of [
  ["a first deploy, before a file is written", 1],
  ["a change, before a file is written", 1],
  ["a change, when the files are there", 7],
] as const) {
  test(`Ctrl-C in ${what}: what has begun is done, and is told as done`, async (t) => {
    configure();
    const { code, saw } = await interrupted(t, at, ctrlC);
    assert.notEqual(code, 0);
    assert.match(saw, /example2 (created|updated) /);
    assert.match(saw, /error: update cancell?ed/);
    await isAtRest();
    assert.equal(await pageAt(), `page ${page}`);
    assert.match(await converges(), /3 unchanged/);
  });
}

test("Ctrl-C in a deploy that fails: it is told as rolled back, and the old page is there", async (t) => {
  await deployed();
  // By a reload. Line 3 is written before it.
  configure(["example2"], { environment: { PAGE: String(page) } });
  const { code, saw } = await interrupted(t, 3, async (says) => {
    await host.run(["touch", breakage]);
    await ctrlC(says);
  });
  await host.run(["rm", breakage]);
  assert.notEqual(code, 0);
  assert.match(saw, /asking .* failed: .* it answered 500/);
  assert.match(saw, /rolled back: the host is as it was before/);
  await isAtRest();
  assert.equal(await pageAt(), `page ${page - 1}`);
  configure();
  await converges();
});

const twice = async (says: Says) => {
  await ctrlC(says);
  interruptEngine(stack.name);
  // The engine gives its plugins five seconds.
  await engineEnds(stack.name);
};

test("Ctrl-C twice in a change, before a file is written: the engine does not wait, and the host has the old page", async (t) => {
  await deployed();
  configure();
  const { code, saw } = await interrupted(t, 1, twice);
  assert.notEqual(code, 0);
  assert.match(saw, /example2 updating \(interrupted\)/);
  await isAtRest();
  assert.equal(await pageAt(), `page ${page - 1}`);
  await converges();
});

for (const [what, interrupt] of [
  ["Ctrl-C twice", twice],
  ["the engine and its plugin are killed", () => Promise.resolve(killEngine(stack.name))],
] as const) {
  test(`${what} when the new files are there: nobody can commit, and the next up need not wait for the host to go back`, async (t) => {
    await deployed();
    configure();
    await interrupted(t, 7, interrupt);
    await eventually(
      async () => void (await host.run(["test", "-e", "/var/lib/quadlet-fleet/sets/example2/detached"])),
    );
    await stack.run(["cancel", "--yes"], { check: false });
    await converges();
  });
}

test("the engine alone is killed: its plugin takes back what nobody would know of", async (t) => {
  await deployed();
  configure();
  await interrupted(t, 7, async () => {
    killEngine(stack.name, false);
    await engineEnds(stack.name);
    // The plugin looks for its engine five times a second.
    await sleep(1000);
  });
  await isAtRest();
  assert.equal(await pageAt(), `page ${page - 1}`);
  await stack.run(["cancel", "--yes"], { check: false });
  await converges();
});

test("pulumi cancel, which takes the engine's lock away: what has begun is done", async (t) => {
  await deployed();
  configure();
  const { saw } = await interrupted(t, 7, () => stack.run(["cancel", "--yes"]));
  assert.match(saw, /example2 updated /);
  await isAtRest();
  assert.equal(await pageAt(), `page ${page}`);
  assert.match(await converges(), /3 unchanged/);
});

test("Ctrl-C while another session is at work on the sets: nothing is begun any more", async () => {
  await deployed();
  const names = ["example2", "second", "third"];
  // Takes the locks as a transaction of each set would.
  await host.sh(
    `systemd-run --quiet --unit=holder sh -c 'for set in ${names.join(" ")}; do flock /run/quadlet-fleet-lock.$set sleep 300 & done; wait'`,
  );
  configure(names);
  let said = "";
  const up = stack.up({ check: false, onOutput: (text) => (said += text) });
  for (const name of names)
    await eventually(async () => {
      const tried = ["--identifier=systemd", `--grep=quadlet-fleet: ${name}`];
      await host.run(["journalctl", "--quiet", ...tried]);
    });
  await ctrlC((what) => eventually(() => Promise.resolve(assert.match(said, what))));
  await host.run(["systemctl", "stop", "holder"]);
  const { code, stdout } = await up;
  assert.notEqual(code, 0);
  const told = stdout.match(
    /Nothing is changed on web-1\.\n\s*The run was cancelled before anything began\./g,
  );
  assert.equal(told?.length, names.length, stdout);
  await isAtRest();
  assert.equal(await pageAt(), `page ${page - 1}`);
  assert.deepEqual([await pageAt(81), await pageAt(82)], ["", ""]);
  await converges();
  assert.deepEqual([await pageAt(81), await pageAt(82)], [`page ${page}`, `page ${page}`]);
});
