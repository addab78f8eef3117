import assert from "node:assert/strict";
import { type TestContext, before, test } from "node:test";
import { makeCertificate } from "../certificates.ts";
import { openScene } from "./support/scene.ts";
import { failedUnits, get, image } from "./support/stack.ts";

// Reverse proxies beyond Example 4, the reference's Examples 5 to 7: backends by Unix sockets and without any network, and all
// units in the account's own manager, on ports 80 and 443.

const scene = await openScene("unix");
const { fleet, host, stack } = scene;
const account = { user: "test" };
const keys = makeCertificate(["tcp.example.com"]);

/** A program that makes its socket itself. Here it is nginx, run by its own account in the container. */
const own = {
  image,
  serverName: "own.example.com",
  transport: "unix",
  volumes: ["/srv/own:/etc/nginx/conf.d:ro"],
};
/** A program that takes systemd's socket: nginx again, which gets it by the variable NGINX, set by hand. */
const handed = {
  image,
  serverName: "handed.example.com",
  transport: "unix",
  socketActivated: true,
  environment: { NGINX: "3;" },
  volumes: ["/srv/handed:/etc/nginx/conf.d:ro"],
};
/** A program whose socket only its own account can use, unlike nginx's. */
const entry5 = `#!/bin/sh
"$@" &
until [ -S /srv/app/app.sock ]; do sleep 0.1; done
chown 101:101 /srv/app/app.sock
chmod 0700 /srv/app/app.sock
touch /tmp/ready
wait
`;
const says = (words: string) =>
  `server {\n  listen unix:@SOCKET@;\n  location / { return 200 "${words} for=$http_x_forwarded_for"; }\n}\n`;
const page = (words: string) => ({
  image,
  serverName: "page.example.com",
  transport: "unix",
  nginx: { "default.conf": says(words) },
});
const tcp = { image: "docker.io/library/httpd:latest", serverName: "tcp.example.com", port: 80 };

/** Examples 5 and 6: no network. Example 7: in the account's manager, with TLS, on a network. And 6 once more, as a system service. */
function configure(words = "page", more: object = {}, last: object = tcp): void {
  const common = { hosts: ["web-1"], user: "test", image };
  scene.configure({
    proxies: {
      six: {
        ...common,
        manager: "user",
        listen: ["0.0.0.0:80"],
        hardened: true,
        backends: { own, handed, page: page(words), ...more },
      },
      seven: {
        ...common,
        manager: "user",
        listen: ["0.0.0.0:8081"],
        tls: { ...keys, listen: ["0.0.0.0:443"] },
        backends: { tcp: last },
      },
      five: {
        ...common,
        listen: ["0.0.0.0:82"],
        backends: {
          own5: {
            ...own,
            socketPath: "/srv/app/app.sock",
            volumes: ["/srv/app5:/etc/nginx/conf.d:ro", "/srv/entry5:/docker-entrypoint.sh:ro"],
            healthCheck: { command: "until test -e /tmp/ready; do sleep 0.1; done", interval: "5s" },
          },
          page5: page("page5"),
          tcp5: last,
        },
      },
    },
  });
}

before(async () => {
  for (const [directory, socket] of [
    ["/srv/own", "/run/backend/http.sock"],
    ["/srv/app5", "/srv/app/app.sock"],
    ["/srv/handed", "/run/user/1000/six-sockets/handed/http.sock"],
  ] as const)
    await host.write(`${directory}/default.conf`, says("own").replace("@SOCKET@", socket));
  await host.write("/srv/entry5", entry5, { mode: "0755" });
});

const ask = (port: number, name: string) =>
  get(fleet, `http://${name}.example.com:${port}/`, [
    "--resolve",
    `${name}.example.com:${port}:${host.address}`,
  ]);

async function serves(): Promise<void> {
  const client = `for=${fleet.clientAddress}`;
  assert.equal((await ask(80, "own")).body, `own ${client}`);
  assert.equal((await ask(80, "page")).body, `page ${client}`);
  assert.equal((await ask(80, "handed")).body, `own ${client}`);
  assert.equal((await ask(82, "own")).body, `own ${client}`);
  assert.equal((await ask(82, "page")).body, `page5 ${client}`);
  assert.match((await ask(82, "tcp")).body, /It works!/);
}

/** Sends requests, one after the other, during an action. Returns their statuses. */
async function askedMeanwhile(name: string, work: Promise<unknown>): Promise<number[]> {
  const statuses: number[] = [];
  let done = false;
  void work.finally(() => (done = true)).catch(() => undefined);
  while (!done) statuses.push((await ask(80, name)).status);
  await work;
  return statuses;
}

async function invocations(): Promise<Map<string, string>> {
  const { stdout } = await host.run(
    ["systemctl", "--user", "show", "--property=Id,InvocationID", "--", "*.service", "*.socket"],
    account,
  );
  return new Map(
    stdout
      .split(/\n\n+/)
      .map((block): [string, string] => [
        /^Id=(.*)$/m.exec(block)?.[1] ?? "",
        /^InvocationID=(.*)$/m.exec(block)?.[1] ?? "",
      ])
      .filter(([unit]) => /^(five|six|seven|own|handed|page|tcp|extra)/.test(unit)),
  );
}

function changed(before: Map<string, string>, now: Map<string, string>): string[] {
  const units = new Set([...before.keys(), ...now.keys()]);
  return [...units].filter((unit) => before.get(unit) !== now.get(unit)).sort();
}

test("ports that the host keeps for root are refused, with the cure", async () => {
  configure();
  await host.run(["sysctl", "-w", "net.ipv4.ip_unprivileged_port_start=1024"]);
  // The proxies are deployed at the same time, and without this option the run would end at the first error.
  const up = ["up", "--yes", "--skip-preview", "--continue-on-error"];
  const { code, stdout } = await stack.run(up, { check: false });
  assert.notEqual(code, 0);
  assert.match(
    stdout,
    /six\.socket: an account can't listen on port 80, as .*ip_unprivileged_port_start is 1024/,
  );
  assert.match(stdout, /six-443|seven-443\.socket: an account can't listen on port 443/);
});

test("all of them serve, and an up again changes nothing", async () => {
  await host.write("/etc/sysctl.d/50-ports.conf", "net.ipv4.ip_unprivileged_port_start=80\n");
  await host.run(["sysctl", "--system"]);
  await stack.up();
  await serves();
  const tls = await fleet.client([
    "curl",
    "--silent",
    "--insecure",
    "--resolve",
    `tcp.example.com:443:${host.address}`,
    "https://tcp.example.com/",
  ]);
  assert.match(tls.stdout, /It works!/);
  await stack.expectNoChanges();
  const { stdout } = await stack.run(["refresh", "--yes", "--diff", "--expect-no-changes"]);
  assert.match(stdout, /unchanged/);
  assert.deepEqual(await failedUnits(host), []);
});

test("no network: only the loopback interface, in nginx and in the backends", async () => {
  for (const container of ["systemd-six", "systemd-page", "own", "handed", "systemd-page5", "own5"]) {
    const { stdout } = await host.run(
      ["podman", "inspect", "--format", "{{.State.Pid}}", container],
      account,
    );
    const links = await host.run(["nsenter", "--net", "--target", stdout.trim(), "ip", "-oneline", "link"]);
    assert.match(links.stdout, /^1: lo: [^\n]*\n$/, container);
  }
  const { stdout } = await host.run(["podman", "network", "ls", "--format", "{{.Name}}"], account);
  assert.deepEqual(stdout.trim().split("\n").sort(), ["podman", "systemd-five-net", "systemd-seven-net"]);
});

test("a backend's page changes: that one is reloaded, and nothing is restarted", async () => {
  const before = await invocations();
  configure("new page");
  const preview = await stack.preview();
  assert.match(preview, /reloads page\.service/);
  assert.doesNotMatch(preview, /restarts|reloads six/);
  await stack.up();
  assert.match((await ask(80, "page")).body, /^new page /);
  assert.deepEqual(changed(before, await invocations()), []);
});

test("a backend more, and less: it comes and goes, nginx is reloaded, and nothing else is touched", async () => {
  const before = await invocations();
  configure("new page", { extra: { ...page("extra"), serverName: "extra.example.com" } });
  assert.doesNotMatch(await stack.preview(), /restarts/);
  await stack.up();
  assert.match((await ask(80, "extra")).body, /^extra /);
  assert.deepEqual(changed(before, await invocations()), [
    "extra-usernamespace.service",
    "extra.service",
    "extra.socket",
  ]);
  const one = await invocations();
  configure("new page", { extra: { ...page("extra"), serverName: "extra.example.com", replicas: 2 } });
  const asked = askedMeanwhile("extra", stack.up());
  assert.deepEqual(
    (await asked).filter((status) => status !== 200),
    [],
  );
  assert.deepEqual(changed(one, await invocations()), [
    "extra-2-usernamespace.service",
    "extra-2.service",
    "extra-2.socket",
  ]);
  configure("new page");
  await stack.up();
  assert.equal((await ask(80, "extra")).status, 404);
  assert.deepEqual(changed(before, await invocations()), []);
});

test("a file of nginx's that does not hold is refused by its name, and nothing is touched", async () => {
  const before = await invocations();
  configure("new page", {
    page: { ...page(""), nginx: { "default.conf": says("x").replace("return", "retrun") } },
  });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, /unknown directive "retrun" in \/etc\/nginx\/conf\.d\/default\.conf:3/);
  assert.deepEqual(changed(before, await invocations()), []);
  configure("new page");
  await stack.expectNoChanges();
});

test("a backend that is gone: its own name answers 502 and no other; systemd starts the other kind again", async () => {
  await host.run(["systemctl", "--user", "stop", "own.service"], account);
  assert.equal((await ask(80, "own")).status, 502);
  await host.run(["systemctl", "--user", "start", "own.service"], account);
  assert.equal((await ask(80, "own")).status, 200);
  for (const name of ["page", "handed"]) {
    await host.run(["systemctl", "--user", "stop", `${name}.service`], account);
    assert.equal((await ask(80, name)).status, 200);
  }
  assert.equal((await ask(82, "own")).status, 200);
});

test("a backend that puts a link to another one's socket in its socket's place gets nobody there, and leaves nothing", async () => {
  const hostile =
    "cd /run/backend && rm http.sock && ln -s ../page/http.sock http.sock && mkdir -p a/b && chown -R 33:33 a && chmod -R 700 a";
  await host.run(["podman", "exec", "own", "sh", "-c", hostile], account);
  assert.match((await ask(80, "own")).body, /^own /);
  await host.run(["systemctl", "--user", "restart", "own.service"], account);
  assert.match((await ask(80, "own")).body, /^own /);
  const { stdout } = await host.sh("ls -A $XDG_RUNTIME_DIR/six-sockets/own", account);
  assert.equal(stdout.trim(), "http.sock");
});

test("the service of the sockets' directory restarts: nginx, in whichever manager, reaches its backends", async () => {
  await host.run(["systemctl", "--user", "restart", "five-sockets.service", "six-sockets.service"], account);
  const own = ["own.service", "own5.service"];
  await host.run(["systemctl", "--user", "start", ...own, "page.socket", "page5.socket"], account);
  for (const [port, name] of [
    [80, "own"],
    [80, "page"],
    [82, "own"],
    [82, "page"],
  ] as const)
    assert.equal((await ask(port, name)).status, 200, `${name}:${port}`);
});

test("the last backend on a network gets a socket: the network goes as well", async () => {
  configure("page", {}, { ...page("socket"), serverName: "tcp.example.com" });
  await stack.up();
  assert.match((await ask(8081, "tcp")).body, /^socket /);
  assert.match((await ask(82, "tcp")).body, /^socket /);
  const { stdout } = await host.run(["podman", "network", "ls", "--format", "{{.Name}}"], account);
  assert.deepEqual(stdout.trim().split("\n").sort(), ["podman"]);
  await stack.expectNoChanges();
});

test("power loss: the first answer of each is a 200", async (t: TestContext) => {
  configure();
  await stack.up();
  await host.powerLoss();
  await host.boot();
  const began = performance.now();
  await serves();
  t.diagnostic(`all of them: ${((performance.now() - began) / 1000).toFixed(1)} s after the boot`);
  assert.deepEqual(await failedUnits(host), []);
});

test("destroy: no container, network, socket or directory is left", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const { stdout } = await host.sh(
    "podman ps --all --quiet; podman network ls --format '{{.Name}}'; cd $XDG_RUNTIME_DIR && ls -d *sockets *resolver 2>/dev/null; ls -A ~/.config 2>/dev/null",
    account,
  );
  assert.equal(stdout.trim(), "podman");
  assert.deepEqual(await failedUnits(host), []);
});
