import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually } from "./support/eventually.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, example3, failedUnits, get } from "./support/stack.ts";
import { cursor, journal } from "./support/units.ts";

// The rehearsal of a reload: in a copy of the running container, without a unit. If anything is not as expected, a unit does it.

const scene = await openScene("mimic");
const { fleet, host, stack } = scene;

const kinds = [
  { name: "example1", port: 8080, base: example1 },
  { name: "example2", port: 80, base: example2 },
  { name: "example3", port: 81, base: example3 },
  { name: "hardened1", port: 8081, base: { ...example1, hardened: true } },
  { name: "hardened2", port: 82, base: { ...example2, hardened: true } },
  { name: "hardened3", port: 83, base: { ...example3, hardened: true } },
] as const;
type Name = (typeof kinds)[number]["name"];

const page = (port: number, answer: string) => ({
  "default.conf": `server {\n  listen ${port};\n  location / { return ${answer}; }\n}\n`,
});
const answers = Object.fromEntries(kinds.map(({ name }) => [name, "200 old"])) as Record<Name, string>;

/** @param changed the answers of sites from now on */
function configure(changed: Partial<Record<Name, string>>): void {
  Object.assign(answers, changed);
  const sites = kinds.map(({ name, port, base }) => [
    name,
    { ...base, listen: [`0.0.0.0:${port}`], nginx: page(port, answers[name]) },
  ]);
  scene.configure({ sites: Object.fromEntries(sites) as Record<string, object> });
}

const all = (answer: string) => Object.fromEntries(kinds.map(({ name }) => [name, answer]));
const answer = async (port: number) => (await get(fleet, `http://${host.address}:${port}/`)).body;

/** The rights of a process, and where it runs. */
interface Process {
  status: Record<string, string>;
  namespaces: Record<string, string>;
  /** Mount options of its root directory. */
  root: string;
}

/** Prints the {@link Process} of a directory in /proc. */
const describe = String.raw`
describe() {
  grep -E '^(Groups|Cap...|Seccomp|NoNewPrivs):' "$1/status"
  for space in cgroup ipc mnt net pid user uts; do printf '%s: %s\n' "$space" "$(readlink "$1/ns/$space")"; done
  printf 'root: %s\n' "$(grep -m 1 ' / / ' "$1/mountinfo" | cut -d ' ' -f 6)"
}`;

function readProcess(text: string): Process {
  const fields = Object.fromEntries(
    text.split("\n").map((line) => line.split(/:\s+/, 2) as [string, string]),
  );
  const {
    cgroup = "",
    ipc = "",
    mnt = "",
    net = "",
    pid = "",
    user = "",
    uts = "",
    root = "",
    ...status
  } = fields;
  return { status, namespaces: { cgroup, ipc, mnt, net, pid, user, uts }, root };
}

/** The real curl. In a network namespace with an nginx, which is that of a mimic or a rehearsal, it first describes that nginx. */
const curl = String.raw`#!/bin/sh
${describe}
for process in /proc/[0-9]*; do
  [ "$(readlink "$process/ns/net")" = "$(readlink /proc/self/ns/net)" ] || continue
  grep -qaz '^nginx: master' "$process/cmdline" || continue
  describe "$process" >"/srv/seen/$(cat "$process/root/etc/hostname")"
  if [ -e /srv/seen/hang ]; then exec sleep 1000; fi
done 2>/dev/null
exec /usr/bin/curl "$@"
`;

/** The running container of a site, of either account. */
async function live(name: Name): Promise<{ hostname: string; process: Process }> {
  const script = String.raw`${describe}
    for process in /proc/[0-9]*; do
      grep -q "/$1.service/libpod-payload-" "$process/cgroup" && grep -qaz '^nginx: master' "$process/cmdline" || continue
      describe "$process"
      printf 'hostname: %s\n' "$(cat "$process/root/etc/hostname")"
    done 2>/dev/null`;
  const { stdout } = await host.run(["sh", "-c", script, "sh", name]);
  const hostname = /^hostname: (.+)$/m.exec(stdout)?.[1] ?? "";
  return { hostname, process: readProcess(stdout.replace(/^hostname: .*\n/m, "")) };
}

/** Files, cgroups, mounts and processes of a mimic. */
async function leftOvers(): Promise<string> {
  const { stdout } = await host.sh(
    String.raw`find /run -type d '(' -name .mimic -o -name mimic -o -name 'quadlet-fleet.*' -o -name 'quadlet-fleet-[0-9a-f]*' ')'
    find /sys/fs/cgroup -name mimic
    cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -E '/stage/|quadlet-fleet\.'
    for process in $(pgrep -x nginx); do grep -q libpod-payload- "/proc/$process/cgroup" || tr '\0' ' ' <"/proc/$process/cmdline"; done
    true`,
  );
  return stdout;
}
const nothingIsLeft = () => eventually(async () => assert.equal(await leftOvers(), ""));

const rehearsedByUnit = (said: readonly string[]) =>
  said.filter((line) => line.includes("-rehearsal.service"));

before(async () => {
  await host.sh("mkdir -m 1777 /srv/seen");
  await host.write("/usr/local/bin/curl", curl, { mode: "0755" });
  configure({});
  await stack.up();
  for (const { port } of kinds) assert.equal(await answer(port), "old");
});

test("a mimic is asked, in each mode, and no unit is started", async () => {
  const since = await cursor(host);
  configure(all("200 new"));
  await stack.up();
  for (const { port } of kinds) assert.equal(await answer(port), "new");
  const said = await journal(host, since);
  assert.deepEqual(rehearsedByUnit(said), []);
  assert.equal(said.filter((line) => line.endsWith(": reloaded")).length, kinds.length);
  await nothingIsLeft();
});

for (const { name } of kinds)
  test(`${name}: it is confined as the one that runs`, async () => {
    const { hostname, process } = await live(name);
    const mimic = readProcess(await host.read(`/srv/seen/${hostname}`));
    const { NoNewPrivs: least, ...confined } = process.status;
    const { NoNewPrivs, ...asConfined } = mimic.status;
    assert.deepEqual(asConfined, confined);
    assert.equal(confined.Seccomp, "2");
    assert.equal(confined.CapEff === "00000000000000e1", name.startsWith("hardened"));
    assert.equal(NoNewPrivs, "1");
    assert.equal(least, name.startsWith("hardened") ? "1" : "0");
    assert.match(mimic.root, /^ro\b/);
    const { namespaces: own } = mimic;
    const { stdout } = await host.sh(`${describe}\ndescribe /proc/1`);
    for (const other of [process.namespaces, readProcess(stdout).namespaces])
      for (const space of ["cgroup", "ipc", "mnt", "net", "pid", "uts"])
        assert.notEqual(own[space], other[space], space);
    assert.equal(own.user, process.namespaces.user);
  });

for (const { name, port } of kinds)
  test(`${name}: a page that nginx -t lets pass and that answers 500 is refused, and nothing is left`, async () => {
    await host.sh("rm -f /srv/seen/*");
    const { hostname } = await live(name);
    const since = await cursor(host);
    configure({ [name]: "500 broken" });
    const { code, stdout } = await stack.up({ check: false });
    configure({ [name]: "200 new" });
    assert.notEqual(code, 0);
    assert.match(stdout, new RegExp(`rehearsing ${name}\\.service failed: http:.*: it answered 500`));
    assert.match(stdout, /Nothing was changed on it\./);
    await host.read(`/srv/seen/${hostname}`);
    const said = await journal(host, since);
    assert.deepEqual(
      said.filter((line) => line.endsWith(": reloaded")),
      [],
    );
    // A unit has rehearsed it as well, before it was refused.
    assert.notDeepEqual(rehearsedByUnit(said), []);
    assert.equal(await answer(port), "new");
    assert.deepEqual(await failedUnits(host), []);
    await nothingIsLeft();
  });

test("a runtime that can't do it: a unit rehearses it", async () => {
  const refusing =
    '#!/bin/sh\nfor word; do [ "$word" != --pid-file ] || exit 1; done\nexec "/usr/bin/${0##*/}" "$@"\n';
  await host.write("/usr/local/bin/crun", refusing, { mode: "0755" });
  const since = await cursor(host);
  configure({ example1: "200 unit", example2: "200 unit" });
  await stack.up();
  await host.run(["rm", "/usr/local/bin/crun"]);
  const started = rehearsedByUnit(await journal(host, since)).filter((line) => line.endsWith(": started"));
  assert.deepEqual(started.sort(), [
    "system example2-rehearsal.service: started",
    "user example1-rehearsal.service: started",
  ]);
  assert.equal(await answer(80), "unit");
  await nothingIsLeft();
});

for (const { name, port } of kinds.filter(({ base }) => base.manager === "system"))
  test(`${name}: the script is killed while its mimic is asked: nothing is left, and the next up goes on`, async () => {
    await host.sh("rm -f /srv/seen/*; touch /srv/seen/hang");
    const { hostname } = await live(name);
    configure({ [name]: "200 newest" });
    const up = stack.up({ check: false });
    await eventually(async () => void (await host.read(`/srv/seen/${hostname}`)));
    assert.match(await leftOvers(), /\.mimic/);
    await host.sh(
      "rm /srv/seen/hang; systemctl kill --kill-whom=main --signal=KILL 'quadlet-fleet-*.service'",
    );
    assert.notEqual((await up).code, 0);
    await eventually(async () => {
      const { stdout } = await host.sh("systemctl list-units --plain --no-legend 'quadlet-fleet-*.service'");
      assert.equal(stdout, "");
    });
    // The next transaction removes what is staged for an account.
    const staged = /^\/run\/user\/\d+\/quadlet-fleet\..*\n/gm;
    await eventually(async () => assert.equal((await leftOvers()).replaceAll(staged, ""), ""));
    await stack.up();
    assert.equal(await answer(port), "newest");
    await nothingIsLeft();
  });
