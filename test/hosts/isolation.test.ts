import assert from "node:assert/strict";
import { type TestContext, before, test } from "node:test";
import { openScene } from "./support/scene.ts";
import {
  example1,
  example2,
  example3,
  example4,
  failedUnits,
  get,
  getNamed,
  invocation,
} from "./support/stack.ts";

// What the processes of hardened sites can reach, as they find it themselves. The same sites without `hardened` show that each probe
// can fail.

const scene = await openScene("isolate");
const { fleet, host, stack } = scene;

/** The shapes of the examples. The unit's name is "hard" or "open" with the number; the account runs podman; the manager has the journal. */
const shapes = [
  { number: 1, example: example1, user: "test", manager: "user", hardened: 8080, open: 8081 },
  { number: 2, example: example2, user: "root", manager: undefined, hardened: 80, open: 83 },
  { number: 3, example: example3, user: "test", manager: undefined, hardened: 81, open: 84 },
] as const;

/** Replaces the image's entry point: tries to make a socket of the Internet's families, and then runs nginx. */
const probe = `#!/bin/sh
for address in 127.0.0.1 ::1; do nc -w 1 "$address" 9 </dev/null 2>&1 | sed "s/^/probe $address: /"; done
exec "$@"
`;

/** Replaces podman: tries the same in the process that then becomes podman. */
const podman = `#!/bin/bash
case " $* " in *" run "*) said=$( (exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 ) || echo "podman: \${said//$'\\n'/ }" >&2 ;; esac
exec /usr/bin/podman.real "$@"
`;

/** @param page what the hardened sites answer; without it the image's own page */
function configure(environment: object = {}, page?: string, isHardened = true): void {
  const volumes = ["/srv/probe:/docker-entrypoint.sh:ro"];
  const nginx = (port: number) =>
    page && { "default.conf": `server {\n  listen ${port};\n  location / { return 200 ${page}; }\n}\n` };
  const sites = shapes.flatMap(({ number, example, hardened, open }) => [
    [
      `hard${number}`,
      {
        ...example,
        volumes,
        listen: [`0.0.0.0:${hardened}`],
        hardened: isHardened,
        environment,
        nginx: nginx(hardened),
      },
    ],
    [`open${number}`, { ...example, volumes, listen: [`0.0.0.0:${open}`] }],
  ]);
  const caddy = example4.backends["caddy-container"];
  scene.configure({
    sites: Object.fromEntries(sites) as Record<string, object>,
    proxies: {
      example4: { ...example4, hardened: true },
      open4: {
        ...example4,
        listen: ["0.0.0.0:85"],
        network: { internal: false },
        backends: { "open-backend": caddy },
      },
    },
  });
}

before(async () => {
  await host.write("/srv/probe", probe, { mode: "0755" });
  await host.run(["mv", "/usr/bin/podman", "/usr/bin/podman.real"]);
  await host.write("/usr/bin/podman", podman, { mode: "0755" });
  configure();
  await stack.up();
});

/** The process ID of a container's first process, on the host. */
async function pidOf(container: string, user: string): Promise<string> {
  const { stdout } = await host.run(["podman", "inspect", "--format", "{{.State.Pid}}", container], { user });
  return stdout.trim();
}

/** Runs a command in the network namespace of a container's own process. The filters of a unit don't apply to it. */
async function inNetworkOf(container: string, user: string, argv: readonly string[]) {
  return host.run(["nsenter", "--net", "--target", await pidOf(container, user), ...argv], { check: false });
}

async function journal(unit: string, manager: string | undefined): Promise<string> {
  const match =
    manager === undefined ? `_SYSTEMD_UNIT=${unit}.service` : `_SYSTEMD_USER_UNIT=${unit}.service`;
  return (await host.run(["journalctl", "--output=cat", match])).stdout;
}

async function servesAll(): Promise<void> {
  for (const { hardened, open } of shapes)
    for (const port of [hardened, open])
      assert.match(
        (await get(fleet, `http://${host.address}:${port}/`)).body,
        /Welcome to nginx!/,
        `${port}`,
      );
  assert.match((await getNamed(fleet, host, "apache.example.com")).body, /It works!/);
}

test("all of them serve, hardened or not", async () => {
  await servesAll();
  await stack.expectNoChanges();
  assert.deepEqual(await failedUnits(host), []);
});

for (const { number, user, manager } of shapes) {
  test(`Example ${number}: with network none there is lo and nothing else`, async () => {
    for (const name of [`hard${number}`, `open${number}`]) {
      const { stdout } = await inNetworkOf(`systemd-${name}`, user, ["ip", "-oneline", "link"]);
      assert.deepEqual(interfaces(stdout), ["lo"], name);
      const out = await inNetworkOf(`systemd-${name}`, user, outside());
      assert.notEqual(out.code, 0);
    }
  });

  test(`Example ${number}, hardened: no socket of the Internet's families, neither in the container nor in podman`, async () => {
    const [hard, open] = [await journal(`hard${number}`, manager), await journal(`open${number}`, manager)];
    for (const address of ["127.0.0.1", "::1"])
      assert.match(hard, new RegExp(`^probe ${address}: .*Address family not supported`, "m"));
    assert.match(hard, /^podman: .*Address family not supported/m);
    assert.doesNotMatch(hard, /^(probe|podman): .*refused/m);
    assert.match(open, /^probe 127\.0\.0\.1: .*Connection refused/m);
    assert.match(open, /^podman: .*Connection refused/m);
  });

  test(`Example ${number}, hardened: four capabilities, no new privileges, a root that is read-only`, async () => {
    const status = async (name: string) => host.read(`/proc/${await pidOf(`systemd-${name}`, user)}/status`);
    const [hard, open] = [await status(`hard${number}`), await status(`open${number}`)];
    // CHOWN, KILL, SETGID and SETUID are bits 0, 5, 6 and 7 (capabilities(7)).
    assert.match(hard, /^CapEff:\s+00000000000000e1$/m);
    assert.match(hard, /^CapBnd:\s+00000000000000e1$/m);
    assert.doesNotMatch(open, /^CapBnd:\s+00000000000000e1$/m);
    assert.match(hard, /^NoNewPrivs:\s+1$/m);
    assert.match(open, /^NoNewPrivs:\s+0$/m);
    // The mount options of its root (proc_pid_mountinfo(5)).
    const root = async (name: string) =>
      / \/ \/ (r[ow])/.exec(await host.read(`/proc/${await pidOf(`systemd-${name}`, user)}/mountinfo`))?.[1];
    assert.equal(await root(`hard${number}`), "ro");
    assert.equal(await root(`open${number}`), "rw");
  });
}

test("on an internal network neither nginx nor a backend reaches anything outside; on an open one both do", async () => {
  for (const container of ["systemd-example4", "apache-container", "caddy-container"]) {
    const { stdout } = await inNetworkOf(container, "test", ["ip", "-oneline", "link"]);
    assert.equal(interfaces(stdout).length, 2, container);
    for (const argv of [outside(), outside(`http://${host.address}:83/`)]) {
      const out = await inNetworkOf(container, "test", argv);
      assert.notEqual(out.code, 0, `${container} reaches ${argv.at(-1)}`);
    }
  }
  for (const container of ["systemd-open4", "open-backend"])
    assert.equal((await inNetworkOf(container, "test", outside(undefined, 50))).code, 0, container);
});

test("hardened sites change over to a new version, and reload, with no failed request", async (t: TestContext) => {
  const invocations = () =>
    Promise.all(
      shapes.map(({ number, manager }) => invocation(host, `hard${number}.service`, manager && "test")),
    );
  const before = await invocations();
  configure({ NEW: "1" });
  assert.match(await stack.preview(), /hands hard3\.service over to its new version/);
  const stop = new AbortController();
  const asked = load(
    shapes.map(({ hardened }) => hardened),
    stop.signal,
  );
  try {
    await stack.up();
    const handed = await invocations();
    handed.forEach((id, index) => assert.notEqual(id, before[index]));
    configure({ NEW: "1" }, "reloaded");
    assert.match(await stack.preview(), /reloads hard3\.service/);
    await stack.up();
    assert.deepEqual(await invocations(), handed);
    for (const { hardened } of shapes)
      assert.equal((await get(fleet, `http://${host.address}:${hardened}/`)).body, "reloaded");
  } finally {
    stop.abort();
    const { sent, failed, slowest } = await asked;
    t.diagnostic(`${sent} requests, ${failed.length} failed, slowest ${slowest.toFixed(0)} ms`);
    assert.ok(sent > 100);
    assert.deepEqual(failed, []);
  }
  configure({ NEW: "1" });
  await stack.up();
});

test("what was hardened no longer is, and is again", async () => {
  for (const isHardened of [false, true]) {
    configure({ NEW: "1" }, undefined, isHardened);
    await stack.up();
    for (const { hardened } of shapes)
      assert.equal((await get(fleet, `http://${host.address}:${hardened}/`)).status, 200);
    const { stdout } = await host.run(["systemctl", "is-active", "hard3-usernamespace.service"], {
      check: false,
    });
    assert.equal(stdout.trim() === "active", isHardened);
  }
  assert.deepEqual(await failedUnits(host), []);
});

/** Sends one request after the other to each port, each on its own connection, until the signal. */
async function load(ports: readonly number[], signal: AbortSignal) {
  const seen = { sent: 0, failed: [] as string[], slowest: 0 };
  const askAll = ports.map(async (port) => {
    while (!signal.aborted) {
      const began = performance.now();
      const { status } = await get(fleet, `http://${host.address}:${port}/`);
      seen.sent += 1;
      if (status !== 200) seen.failed.push(`${new Date().toISOString()} port ${port}: ${status}`);
      seen.slowest = Math.max(seen.slowest, performance.now() - began);
    }
  });
  await Promise.all(askAll);
  return seen;
}

test("after a power loss the hardened ones are there as well", async () => {
  await host.powerLoss();
  await host.boot();
  await servesAll();
  assert.deepEqual(await failedUnits(host), []);
});

/** A request to the registry on the fleet's gateway, which the host itself reaches. `patience` is in seconds. */
function outside(url = `http://${fleet.gateway}:5000/v2/`, patience = 2): string[] {
  return ["curl", "--silent", "--fail", "--max-time", String(patience), url];
}

function interfaces(links: string): string[] {
  return [...links.matchAll(/^\d+: (\w+)/gm)].map((match) => match[1] ?? "");
}
