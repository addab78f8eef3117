import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { renderBackends } from "../../components/proxy/backend-set.ts";
import { nginxOf, proxyAdditions } from "../../components/proxy/render.ts";
import { render } from "../../components/site/render.ts";
import { args as unixProxy } from "./proxy-unix-example.ts";
import { proxy } from "./shapes.ts";
import { readScript } from "./units-readers.ts";

// The scripts in the units of a proxy, with this process as the container and a podman that reports it.

const awaitPort = readScript(
  renderBackends("web", proxy).units["apache-container.container"],
  "ExecStartPost=/bin/sh",
);
const awaitSocket = readScript(
  renderBackends("web", unixProxy).units["caddy.container"],
  "ExecStartPost=/bin/sh",
);
const writeResolver = readScript(
  render("web", nginxOf("web", proxy), proxyAdditions("web", proxy)).units["web.service"],
  "ExecStartPre=/bin/sh",
);

const directory = mkdtempSync(join(tmpdir(), "proxy-scripts-"));
after(() => {
  rmSync(directory, { recursive: true });
});

/** Puts a program before those of this machine on PATH. */
function fake(program: string, script: string): void {
  writeFileSync(join(directory, program), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, program), 0o755);
}

/** Waits until a script that is started next has tried in vain and sleeps. */
async function trying(): Promise<void> {
  const slept = join(directory, "slept");
  rmSync(slept, { force: true });
  fake("sleep", `echo >"${slept}"; exec /bin/sleep "$@"`);
  while (!existsSync(slept)) await sleep(20);
}

async function run(script: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  const env = { PATH: `${directory}:${process.env.PATH}` };
  const running = promisify(execFile)("sh", ["-c", script, "script", ...args], { env, timeout: 300_000 });
  return running.then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
}

describe("the wait for a port", () => {
  const server = createServer();
  /** Listens on IPv6 only, which the kernel lists in another table. */
  const other = createServer();
  const port = (of: typeof server) => String((of.address() as { port: number }).port);
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => other.listen({ port: 0, host: "::", ipv6Only: true }, resolve));
  });
  after(() => {
    server.close();
    other.close();
  });

  test("ends when something listens there", async () => {
    fake("podman", `[ "$*" = "inspect --format {{.State.Pid}} web" ] && echo ${process.pid}`);
    assert.deepEqual(await run(awaitPort, "web", port(server)), { code: 0, stderr: "" });
    assert.deepEqual(await run(awaitPort, "web", port(other)), { code: 0, stderr: "" });
  });

  test("goes on until then", async () => {
    const late = createServer();
    late.listen(0, "127.0.0.1");
    await new Promise((resolve) => late.once("listening", resolve));
    const at = port(late);
    await new Promise((resolve) => late.close(resolve));
    const tried = trying();
    const waiting = run(awaitPort, "web", at);
    await tried;
    late.listen(Number(at), "127.0.0.1");
    assert.deepEqual(await waiting, { code: 0, stderr: "" });
    late.close();
  });

  test("fails after its last try, and says so", async () => {
    fake("sleep", ":");
    assert.deepEqual(await run(awaitPort, "web", "1"), {
      code: 1,
      stderr: "web does not listen on port 1 after 60 seconds\n",
    });
    rmSync(join(directory, "sleep"));
  });

  test("fails when the container has ended, or is not there", async () => {
    fake("podman", "echo 999999999");
    assert.deepEqual(await run(awaitPort, "web", "80"), { code: 1, stderr: "web has ended\n" });
    fake("podman", "exit 125");
    assert.equal((await run(awaitPort, "web", "80")).code, 125);
  });
});

describe("the resolver of the network", () => {
  const file = join(directory, "resolver.conf");
  const args = ["systemd-n", "n-network.service", "n.target", file];
  const log = join(directory, "log");
  const podman = (exists: string) =>
    `case "$1 $2" in "network exists") exit ${exists};; "network inspect") [ "$5" = systemd-n ] && echo 10.89.0.1;; esac`;

  test("its address", async () => {
    fake("podman", podman("0"));
    fake("systemctl", "exit 9");
    assert.deepEqual(await run(writeResolver, ...args), { code: 0, stderr: "" });
    assert.equal(readFileSync(file, "utf8"), "resolver 10.89.0.1 valid=1s ipv6=off;\n");
  });

  test("of a network that somebody has removed: it is made again, with all that is on it", async () => {
    fake("podman", podman("1"));
    fake("systemctl", `echo "$*" >${log}`);
    assert.deepEqual(await run(writeResolver, ...args), { code: 0, stderr: "" });
    assert.equal(readFileSync(log, "utf8"), "--user restart n-network.service n.target\n");
  });

  test("fails with what fails", async () => {
    fake("systemctl", "exit 9");
    assert.equal((await run(writeResolver, ...args)).code, 9);
    fake("podman", '[ "$2" = exists ]');
    assert.equal((await run(writeResolver, ...args)).code, 1);
  });
});

describe("the wait for a socket", () => {
  const own = join(directory, "own");
  const socket = join(own, "http.sock");
  const link = join(directory, "own.link");
  const reached = join(directory, "own.sock");
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  before(() => {
    mkdirSync(own);
    fake("podman", `if [ "$1" = unshare ]; then shift; exec "$@"; fi\necho ${process.pid}`);
  });

  test("ends when it is there, and anybody can connect to it then", async () => {
    const server = createServer();
    const tried = trying();
    const waiting = run(awaitSocket, "own", socket, link, reached);
    await tried;
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    assert.deepEqual(await waiting, { code: 0, stderr: "" });
    assert.equal(mode(socket), "666");
    assert.equal(existsSync(link), false);
    // If the container replaces its socket, nginx still reaches the first one.
    const { ino } = statSync(socket);
    rmSync(socket);
    symlinkSync("/dev/null", socket);
    assert.equal(statSync(reached).ino, ino);
    assert.equal(mode(reached), "666");
    rmSync(socket);
    rmSync(reached);
    await new Promise((resolve) => server.close(resolve));
  });

  test("changes nothing that a link in its place leads to, be it another socket", async () => {
    const victim = join(directory, "victim");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(victim, resolve));
    chmodSync(victim, 0o600);
    symlinkSync(victim, socket);
    assert.deepEqual(await run(awaitSocket, "own", socket, link, reached), {
      code: 1,
      stderr: "own's http.sock is not a socket\n",
    });
    assert.equal(mode(victim), "600");
    assert.equal(existsSync(link), false);
    assert.equal(existsSync(reached), false);
    rmSync(socket);
    await new Promise((resolve) => server.close(resolve));
  });

  test("fails when the container has ended", async () => {
    fake("podman", "echo 999999999");
    assert.deepEqual(await run(awaitSocket, "own", socket, link, reached), {
      code: 1,
      stderr: "own has ended\n",
    });
  });
});
