import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type TestContext, before, test } from "node:test";
import { openScene } from "./support/scene.ts";
import { example4, failedUnits, getNamed, image, invocation } from "./support/stack.ts";

// What happens to a reverse proxy and its backends, by an `up` and by hand. Their account has no login shell.

const scene = await openScene("proxy");
const { fleet, host, stack } = scene;
const test1 = { user: "test" };
const [apache, caddy] = ["apache.example.com", "caddy.example.com"];

/** nginx as a backend that answers with the request it gets, and with the name of its replica. */
const echo = {
  image,
  serverName: "echo.example.com",
  port: 80,
  volumes: ["/srv/echo:/etc/nginx/conf.d:ro", "/srv/entry:/docker-entrypoint.sh:ro"],
};
const said =
  'return 200 "for=$http_x_forwarded_for; real=$http_x_real_ip; proto=$http_x_forwarded_proto; forwarded=$http_forwarded; host=$http_host; me=$hostname;";';
const start = '#!/bin/sh\nexec "$@"\n';

function configure(more: object = {}): void {
  const backends = { ...example4.backends, echo, ...more };
  scene.configure({ proxies: { example4: { ...example4, backends } } });
}

before(async () => {
  await host.run(["usermod", "--shell", "/usr/sbin/nologin", "test"]);
  await host.write("/srv/echo/default.conf", `server {\n  listen 80;\n  location / { ${said} }\n}\n`);
  await host.write("/srv/entry", start, { mode: "0755" });
  configure();
  await stack.up();
});

const status = async (name: string) => (await getNamed(fleet, host, name)).status;

/** Waits until a name answers with this status. Returns how many seconds it took. */
async function eventually(name: string, wanted: number, seconds = 60): Promise<number> {
  const began = performance.now();
  for (;;) {
    const last = await status(name);
    const passed = (performance.now() - began) / 1000;
    if (last === wanted) return passed;
    assert.ok(passed < seconds, `${name} still answers ${last} after ${passed.toFixed(0)} s`);
    await sleep(50);
  }
}

/** InvocationID by unit, for all units of this project on the host. */
async function invocations(): Promise<Map<string, string>> {
  const show = ["show", "--property=Id,InvocationID", "--", "*"];
  const system = await host.run(["systemctl", ...show]);
  const user = await host.run(["systemctl", "--user", ...show], test1);
  return new Map(
    `${system.stdout}\n${user.stdout}`
      .split(/\n\n+/)
      .map((block): [string, string] => {
        const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(block)?.[1] ?? "";
        return [value("Id"), value("InvocationID")];
      })
      .filter(([unit]) => /^(example4|echo|pair|apache-container|caddy-container).*\.[a-z]+$/.test(unit)),
  );
}

/** Units that were started, stopped or restarted. */
function changed(before: Map<string, string>, now: Map<string, string>): string[] {
  const units = new Set([...before.keys(), ...now.keys()]);
  return [...units].filter((unit) => before.get(unit) !== now.get(unit)).sort();
}

async function reloads(): Promise<number> {
  const { stdout } = await host.run(["journalctl", "--output=cat", "_PID=1", "--unit=example4.service"]);
  return stdout.split("\n").filter((line) => line.startsWith("Reloaded example4.service")).length;
}

/** The address of a container in the network. */
async function addressOf(container: string): Promise<string> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  return (await host.run(["podman", "inspect", "--format", format, container], test1)).stdout.trim();
}

test("without a login shell: each name has its backend, and an up again changes nothing", async () => {
  assert.match((await host.run(["getent", "passwd", "test"])).stdout, /nologin$/m);
  assert.match((await getNamed(fleet, host, apache)).body, /It works!/);
  assert.match((await getNamed(fleet, host, caddy)).body, /Caddy works!/);
  await stack.expectNoChanges();
});

test("a backend gets the client's own address, and nothing that the client says of where it comes from", async () => {
  const forged = ["X-Forwarded-For: 6.6.6.6", "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6"];
  const headers = [...forged, "X-Forwarded-Proto: https"].flatMap((header) => ["--header", header]);
  const { body } = await getNamed(fleet, host, "echo.example.com", headers);
  const wanted = `for=${fleet.clientAddress}; real=${fleet.clientAddress}; proto=http; forwarded=; host=echo.example.com:82;`;
  assert.equal(body.slice(0, wanted.length), wanted);
});

test("a backend more, as two replicas: they are started, nginx is reloaded, and nothing else is touched", async () => {
  const [before, reloaded] = [await invocations(), await reloads()];
  configure({ pair: { ...echo, serverName: "pair.example.com", replicas: 2 } });
  const preview = await stack.preview();
  assert.match(preview, /reloads example4\.service/);
  assert.doesNotMatch(preview, /restarts/);
  await stack.up();
  assert.deepEqual(changed(before, await invocations()), ["pair-2.service", "pair.service"]);
  assert.equal(await reloads(), reloaded + 1);
  const names = new Set<string>();
  for (let requests = 20; requests > 0; requests -= 1)
    names.add((await getNamed(fleet, host, "pair.example.com")).body.replace(/^.*me=/, ""));
  assert.equal(names.size, 2);
  await host.run(["systemctl", "--user", "stop", "pair.service"], test1);
  for (let requests = 10; requests > 0; requests -= 1) assert.equal(await status("pair.example.com"), 200);
  await host.run(["systemctl", "--user", "start", "pair.service"], test1);
});

test("a backend less: it is gone, nginx is reloaded, and nothing else is touched", async () => {
  const [before, reloaded] = [await invocations(), await reloads()];
  configure();
  assert.doesNotMatch(await stack.preview(), /restarts/);
  await stack.up();
  assert.deepEqual(changed(before, await invocations()), ["pair-2.service", "pair.service"]);
  assert.equal(await reloads(), reloaded + 1);
  assert.equal(await status("pair.example.com"), 404);
  const { stdout } = await host.run(["podman", "ps", "--all", "--format", "{{.Names}}"], test1);
  assert.doesNotMatch(stdout, /pair/);
  await stack.expectNoChanges();
});

test("a backend killed: its own name answers 502 and no other, until it is there again by itself", async (t: TestContext) => {
  const nginx = await invocation(host, "example4.service");
  await host.run(["podman", "kill", "apache-container"], test1);
  const down = await eventually(apache, 502, 2);
  assert.equal(await status(caddy), 200);
  const up = await eventually(apache, 200);
  t.diagnostic(`502 after ${down.toFixed(2)} s, 200 again after ${up.toFixed(2)} s more`);
  assert.equal(await invocation(host, "example4.service"), nginx);
});

test("a backend that comes back with another address is found, without a restart of nginx", async (t: TestContext) => {
  const nginx = await invocation(host, "example4.service");
  const before = await addressOf("apache-container");
  await host.run(["systemctl", "--user", "stop", "apache-container.service"], test1);
  await eventually(apache, 502, 5);
  // Meanwhile another container has its address, and is not a web server.
  const squat = ["--ip", before, "--network", "systemd-example4-net", "--entrypoint", "sleep", image, "100"];
  await host.run(["podman", "run", "--rm", "--detach", "--name=squatter", ...squat], test1);
  await host.run(["systemctl", "--user", "start", "apache-container.service"], test1);
  assert.notEqual(await addressOf("apache-container"), before);
  t.diagnostic(`200 after ${(await eventually(apache, 200, 5)).toFixed(2)} s`);
  assert.equal(await invocation(host, "example4.service"), nginx);
  await host.run(["podman", "rm", "--force", "--time=0", "squatter"], test1);
});

test("a backend that ends again and again: refresh names it, up tries it, says why, and leaves it to systemd", async (t: TestContext) => {
  const loops = async () => {
    const show = ["systemctl", "--user", "show", "--property=SubState", "--value", "echo.service"];
    for (let tries = 200; tries > 0; tries -= 1) {
      if ((await host.run(show, test1)).stdout.trim() === "auto-restart") return;
      await sleep(100);
    }
    assert.fail("echo.service is not started again and again");
  };
  await host.write("/srv/entry", "#!/bin/sh\necho broken >&2\nexit 3\n", { mode: "0755" });
  await host.run(["podman", "kill", "echo"], test1);
  await loops();
  const { stdout } = await stack.run(["refresh", "--yes", "--diff", "--skip-preview"]);
  assert.match(stdout, /"not running: echo\.service"/);
  const before = await invocations();
  const began = performance.now();
  const failed = await stack.up({ check: false });
  t.diagnostic(`the up that fails: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  assert.notEqual(failed.code, 0);
  assert.match(failed.stdout, /(re)?starting echo\.service failed/);
  assert.match(failed.stdout, /broken/);
  assert.match(failed.stdout, /rolled back: the host is as it was before/);
  assert.deepEqual(
    changed(before, await invocations()).filter((unit) => unit !== "echo.service"),
    [],
  );
  assert.deepEqual([await status(apache), await status("echo.example.com")], [200, 502]);
  await loops();
  await host.write("/srv/entry", start, { mode: "0755" });
  await stack.up();
  assert.equal(await status("echo.example.com"), 200);
  await stack.expectNoChanges();
});

/** Removes the network and its containers, nginx too. */
const removeNetwork = () => host.run(["podman", "network", "rm", "--force", "systemd-example4-net"], test1);

test("the network removed by hand: refresh says that nginx is down, and up repairs all of it", async (t: TestContext) => {
  await removeNetwork();
  const { stdout } = await stack.run(["refresh", "--yes", "--diff", "--skip-preview"]);
  assert.match(stdout, /not running: [^;"]*example4\.service/);
  const began = performance.now();
  await stack.up();
  t.diagnostic(`up: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  for (const name of [apache, caddy, "echo.example.com"]) assert.equal(await status(name), 200, name);
  await stack.expectNoChanges();
  const refreshed = await stack.run(["refresh", "--yes", "--diff", "--skip-preview"]);
  assert.match(refreshed.stdout, /3 unchanged/);
  assert.deepEqual(await failedUnits(host), []);
});

test("the network removed by hand: the backends make it again by themselves", async (t: TestContext) => {
  await removeNetwork();
  const exists = ["podman", "network", "exists", "systemd-example4-net"];
  const began = performance.now();
  while ((await host.run(exists, { ...test1, check: false })).code !== 0) {
    assert.ok(performance.now() - began < 60_000, "there is no network");
    await sleep(100);
  }
  t.diagnostic(`after ${((performance.now() - began) / 1000).toFixed(2)} s`);
  for (const name of [apache, caddy, "echo.example.com"]) await eventually(name, 200);
});

test("the network removed by hand, and a request: it waits until all is there again", async (t: TestContext) => {
  await removeNetwork();
  const began = performance.now();
  const answer = await status(apache);
  t.diagnostic(`${answer} after ${((performance.now() - began) / 1000).toFixed(2)} s`);
  assert.equal(answer, 200);
  assert.equal(await status(caddy), 200);
});

test("after a power loss nginx starts although a backend ends at once; only that one's name answers 502", async (t: TestContext) => {
  await host.write("/srv/entry", "#!/bin/sh\necho broken >&2\nexit 3\n", { mode: "0755" });
  await host.powerLoss();
  await host.boot();
  const began = performance.now();
  assert.equal(await status(apache), 200);
  t.diagnostic(`the first answer: ${((performance.now() - began) / 1000).toFixed(2)} s after the boot`);
  assert.equal(await status(caddy), 200);
  assert.equal(await status("echo.example.com"), 502);
  await host.write("/srv/entry", start, { mode: "0755" });
  const back = await eventually("echo.example.com", 200);
  t.diagnostic(`the repaired one by itself: ${back.toFixed(2)} s`);
});

test("a first deploy of a backend that ends at once fails by its name, and leaves the others alone", async () => {
  await host.write("/srv/crash", "#!/bin/sh\necho broken >&2\nexit 3\n", { mode: "0755" });
  const before = await invocations();
  configure({
    dead: { ...echo, serverName: "dead.example.com", volumes: ["/srv/crash:/docker-entrypoint.sh:ro"] },
  });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, /starting dead\.service failed/);
  assert.match(stdout, /broken/);
  assert.match(stdout, /rolled back: the host is as it was before/);
  assert.deepEqual(changed(before, await invocations()), []);
  assert.equal(await status("dead.example.com"), 404);
});

test("destroy: no container and no network of its own is left", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const { stdout } = await host.sh("podman ps --all --quiet; podman network ls --format '{{.Name}}'", test1);
  assert.equal(stdout.trim(), "podman");
  assert.deepEqual(await failedUnits(host), []);
});
