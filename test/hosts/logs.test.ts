import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestHost } from "../../tools/fleet/index.ts";
import { leftBehind, quadletFleet, startQuadletFleet } from "./support/command-line.ts";
import { eventually } from "./support/eventually.ts";
import { logins } from "./support/logins.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, example4, hostEntry } from "./support/stack.ts";

// `quadlet-fleet logs` on real hosts: docs/logs.md.

const { fleet, stack } = await openScene("logs", { hosts: 3 });
const [one, two, three] = fleet.hosts as [TestHost, TestHost, TestHost];
const names = ["web-1", "web-2", "web-3"];

/** nginx escapes what a client sends, unless its configuration says otherwise. */
const raw = (port: number) => ({
  "default.conf": `log_format raw escape=none '$remote_addr - $remote_user [$time_local] "$request" $status "$http_user_agent"';
server { listen ${port}; access_log /var/log/nginx/access.log raw; location / { return 200 "page"; } }
`,
});
const file = "/var/log/quadlet-fleet/filed/access.log";

before(async () => {
  const entries = fleet.hosts.map((host, at) => [names[at], hostEntry(fleet, host)] as const);
  const page = { image: example1.image, serverName: "page.example.com", transport: "unix", nginx: {} };
  stack.configure({
    hosts: Object.fromEntries(entries) as Record<string, object>,
    sites: {
      // In the journal, as units of the account's manager; in a file, as units of the host's.
      journaled: { ...example1, hosts: names, nginx: raw(8080) },
      filed: { ...example2, hosts: names, nginx: raw(80), accessLog: {} },
    },
    proxies: { front: { ...example4, accessLog: {}, backends: { page } } },
  });
  await stack.up();
});

const logs = (...argv: string[]) => quadletFleet(stack, ["logs", ...argv]);

/** Requests a page from a host. */
async function get(host: TestHost, port: number, path: string, agent = "test"): Promise<void> {
  await fleet.client(["curl", "--silent", "--user-agent", agent, `http://${host.address}:${port}${path}`]);
}

/** Requests it, and waits until the host has logged the request. */
async function getLogged(host: TestHost, port: number, path: string, agent?: string): Promise<void> {
  await get(host, port, path, agent);
  const journal = ["journalctl", "--quiet", "--output=cat", `--grep=GET ${path} `];
  await eventually(() => host.run(port === 80 ? ["grep", "--text", `GET ${path} `, file] : journal));
}

/** "web-1 /path", for each request in the lines. */
function requests(output: string): string[] {
  return [...output.matchAll(/^(\S+) +\| .* "GET (\S+) HTTP/gm)].map(([, host, path]) => `${host} ${path}`);
}

/** Whether the times never decrease. */
const isInOrder = (output: string) => {
  const times = [...output.matchAll(/^\S+ +\| (\d{4}-\d\d-\d\d [\d:.]+) /gm)].map(([, time]) => time ?? "");
  return times.length > 0 && times.every((time, at) => at === 0 || time >= (times[at - 1] ?? ""));
};

for (const [site, port, unit] of [
  ["journaled", 8080, "journaled.service"],
  ["filed", 80, "filed.service"],
] as const)
  test(`${site}: the lines of all hosts in the order of their times, by one login for each`, async () => {
    for (const host of [one, three, two]) await getLogged(host, port, `/first-${site}`);
    const since = await Promise.all(fleet.hosts.map(logins));
    const { code, stdout, stderr } = await logs(site);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(isInOrder(stdout), stdout);
    const found = requests(stdout).filter((request) => request.endsWith(`/first-${site}`));
    assert.deepEqual(
      found.toSorted(),
      names.map((name) => `${name} /first-${site}`),
    );
    assert.match(stdout, new RegExp(`^web-1 \\| \\S+ \\S+ ${unit}: ${fleet.clientAddress} - `, "m"));
    // systemd's messages about a unit, too, and the error log.
    assert.match(stdout, new RegExp(`^web-2 \\| \\S+ \\S+ ${site}\\.socket: Listening on `, "m"));
    assert.match(stdout, new RegExp(`^web-3 \\| \\S+ \\S+ ${unit}: .* start worker process`, "m"));
    const now = await Promise.all(fleet.hosts.map(logins));
    assert.deepEqual(
      now.map((each, at) => each.length - (since[at]?.length ?? 0)),
      [1, 1, 1],
    );
  });

test("a proxy: nginx's own file, and those of its backends, which another manager has", async () => {
  const resolve = ["--resolve", `page.example.com:82:${one.address}`];
  await fleet.client(["curl", "--silent", ...resolve, "http://page.example.com:82/?proxied"]);
  await eventually(async () => {
    const { stdout } = await logs("front", "--grep", "proxied");
    assert.deepEqual(
      [...stdout.matchAll(/^web-1 \| \S+ \S+ (\S+): .*"GET \/\?proxied/gm)].map(([, unit]) => unit).sort(),
      ["front.service", "page.service"],
    );
  });
  const { stdout } = await logs("front", "--unit", "page");
  assert.match(stdout, / page\.service: /);
  assert.doesNotMatch(stdout, / front\.service: /);
});

/** Waits until the file of a host is being read. */
const isRead = (host: TestHost) =>
  eventually(async () => assert.ok((await leftBehind(host)).some((line) => line.startsWith("tail "))));

describe("which lines", () => {
  test("the last ones, those of a host, those that match, those since a time", async () => {
    for (const path of ["/a1", "/a2", "/b3"]) await getLogged(one, 80, path);
    await getLogged(two, 80, "/a4");
    const found = async (...argv: string[]) => {
      const { code, stdout } = await logs("filed", ...argv);
      assert.equal(code, 0);
      return requests(stdout);
    };
    assert.deepEqual(await found("-n", "2", "--host", "web-1"), ["web-1 /a2", "web-1 /b3"]);
    assert.deepEqual(await found("--grep", '"GET /a\\d'), ["web-1 /a1", "web-1 /a2", "web-2 /a4"]);
    assert.deepEqual(await found("--grep", '"GET /a\\d', "-n", "1"), ["web-1 /a2", "web-2 /a4"]);
    assert.deepEqual(await found("--grep", "get /a2"), ["web-1 /a2"]);
    assert.deepEqual(await found("--grep", "GET /nothing"), []);
    await sleep(2100);
    const since = `@${Math.floor(Date.now() / 1000)}`;
    await getLogged(three, 80, "/late");
    await getLogged(three, 8080, "/late");
    assert.deepEqual(await found("--since", since), ["web-3 /late"]);
    const { stdout } = await logs("journaled", "--since", since);
    assert.deepEqual(requests(stdout), ["web-3 /late"]);
  });

  test("--json: a line of JSON for each, with the keys that docs/logs.md has", async () => {
    const { stdout } = await logs("journaled", "--json", "--host", "web-3", "--grep", "/late");
    const [line = "", rest] = stdout.split("\n");
    assert.equal(rest, "");
    const { time, message, ...more } = JSON.parse(line) as Record<string, string>;
    assert.deepEqual(more, { host: "web-3", unit: "journaled.service" });
    assert.match(time ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.match(message ?? "", /"GET \/late HTTP\/1\.1" 200 "test"$/);
    const page = readFileSync(new URL("../../docs/logs.md", import.meta.url), "utf8");
    const documented = [...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, key]) => key);
    assert.deepEqual(documented, Object.keys(JSON.parse(line) as object));
  });
});

const escape = "\u001b[2J\u001b]0;x\u0007\u009b31m";

test("what a client sends reaches no terminal, and can't look like a line of another host", async () => {
  for (const [site, port] of [
    ["journaled", 8080],
    ["filed", 80],
  ] as const) {
    await getLogged(one, port, "/hostile", `${escape}web-2 | forged`);
    const { stdout } = await logs(site, "--grep", "/hostile");
    const shown = '"GET /hostile HTTP/1.1" 200 "[2J]0;x31mweb-2 | forged"';
    assert.deepEqual(
      stdout.split("\n").map((line) => [line.slice(0, 5), line.slice(-shown.length)]),
      [
        ["web-1", shown],
        ["", ""],
      ],
    );
    const { stdout: json } = await logs(site, "--json", "--grep", "/hostile");
    assert.ok((JSON.parse(json) as { message: string }).message.endsWith(shown));
  }
  // On the host, the file has it.
  assert.ok((await one.read(file)).includes(escape));
  const { stdout } = await one.run(["journalctl", "--all", "--output=cat", "--grep=GET /hostile"]);
  assert.ok(stdout.includes(escape));
});

describe("--follow", () => {
  for (const [site, port] of [
    ["journaled", 8080],
    ["filed", 80],
  ] as const)
    test(`${site}: each request once and in order, Ctrl-C ends it, and nothing is left on any host`, async () => {
      const paths = Array.from({ length: 20 }, (_, at) => `/follow-${at + 1}`);
      const following = startQuadletFleet(stack, ["logs", site, "--follow", "-n", "0"]);
      for (const host of fleet.hosts)
        await eventually(async () => assert.notDeepEqual(await leftBehind(host), []));
      for (const path of paths) for (const host of fleet.hosts) await get(host, port, path);
      const expected = paths.flatMap((path) => names.map((name) => `${name} ${path}`)).toSorted();
      await eventually(() => Promise.resolve(assert.equal(requests(following.stdout()).length, 60)));
      following.kill("SIGINT");
      assert.deepEqual(await following.ended, [0, null]);
      assert.deepEqual(requests(following.stdout()).toSorted(), expected);
      for (const name of names)
        assert.deepEqual(
          requests(following.stdout()).filter((request) => request.startsWith(`${name} `)),
          paths.map((path) => `${name} ${path}`),
        );
      assert.equal(following.stderr(), "");
      for (const host of fleet.hosts)
        await eventually(async () => assert.deepEqual(await leftBehind(host), []));
    });

  test("nothing is left on any host when it was killed", async () => {
    const following = startQuadletFleet(stack, ["logs", "filed", "--follow"]);
    for (const host of fleet.hosts) await isRead(host);
    following.kill("SIGKILL");
    for (const host of fleet.hosts)
      await eventually(async () => assert.deepEqual(await leftBehind(host), []));
  });

  test("a host whose connection is lost is asked again, no line is lost or comes twice, and others go on", async () => {
    const following = startQuadletFleet(stack, ["logs", "filed", "--follow", "-n", "0"]);
    const has = (request: string) =>
      eventually(() => Promise.resolve(assert.ok(requests(following.stdout()).includes(request), request)));
    for (const host of fleet.hosts) await isRead(host);
    await get(two, 80, "/before");
    await has("web-2 /before");
    await two.sh("systemctl stop ssh.socket ssh.service; pkill -KILL sshd-session");
    await eventually(() =>
      Promise.resolve(assert.match(following.stderr(), /^quadlet-fleet: web-2: .*(lost|no SSH)/m)),
    );
    await get(two, 80, "/away-1");
    await two.run(["systemctl", "start", "filed-rotate.service"]);
    await eventually(async () => {
      await get(two, 80, "/probe");
      assert.match(await two.read(file), /\/probe/);
    });
    await get(two, 80, "/away-2");
    await get(one, 80, "/there");
    await has("web-1 /there");
    await two.run(["systemctl", "start", "ssh.service"]);
    await has("web-2 /away-2");
    await get(two, 80, "/again");
    await has("web-2 /again");
    const found = requests(following.stdout()).filter((request) => request.startsWith("web-2"));
    assert.deepEqual(
      found.filter((request) => !request.endsWith("/probe")),
      ["web-2 /before", "web-2 /away-1", "web-2 /away-2", "web-2 /again"],
    );
    assert.match(following.stderr(), /^quadlet-fleet: web-2: it answers again\.$/m);
    assert.doesNotMatch(following.stderr(), /web-[13]/);
    following.kill("SIGINT");
    assert.deepEqual(await following.ended, [0, null]);
  });
});

test("one host is down: it is named, the others are shown, and the exit status is 3", async (t) => {
  await three.sh("systemctl stop ssh.socket ssh.service");
  t.after(() => three.run(["systemctl", "start", "ssh.service"]));
  const { code, stdout, stderr } = await logs("journaled", "-n", "1");
  assert.equal(code, 3, `${stdout}${stderr}`);
  // In the order of the times that journald gives. On a busy machine this is not the order of the requests.
  assert.deepEqual([...stdout.matchAll(/^\S+/gm)].flat().toSorted(), ["web-1", "web-2"], stdout);
  assert.match(stderr, /^quadlet-fleet: web-3: no SSH connection: /);
});

test("a pattern that is bad: told once for all hosts", async () => {
  const { code, stdout, stderr } = await logs("filed", "--grep", "[");
  assert.deepEqual([code, stdout], [3, ""]);
  assert.equal(
    stderr,
    'quadlet-fleet: web-[1-3]: Bad pattern "[": missing terminating ] for character class\n',
  );
});

test("a wrong call: exit status 1 for what is not there, 2 for the command line", async () => {
  const failed = async (expected: number, ...argv: string[]) => {
    const { code, stdout, stderr } = await logs(...argv);
    assert.deepEqual([code, stdout], [expected, ""]);
    return stderr;
  };
  assert.match(await failed(1, "nope"), /no site "nope"\.\nDeployed are: filed, front, journaled\n/);
  assert.match(await failed(1, "front", "--host", "web-3"), /not on a host "web-3"\.\nIt is on: web-1\n/);
  assert.match(await failed(1, "filed", "--unit", "x"), /no unit "x"\.\nIt has: .*filed\.service/);
  assert.match(await failed(2, "filed", "--since", "x"), /--since "x" is not a time/);
  assert.match(await failed(2), /Arguments are missing: got 0, need at least 1\./);
});

test("a reader that is slow costs no memory, and one that has enough ends it", async () => {
  const line = `10.0.0.1 - - [$(date '+%d/%b/%Y:%H:%M:%S %z')] "GET /flood HTTP/1.1" 200 "${"x".repeat(120)}"`;
  await one.sh(`yes "${line.replaceAll('"', '\\"')}" | head -n 1500000 >>${file}`);
  const flooded = startQuadletFleet(stack, ["logs", "filed", "--host", "web-1", "--since", "1h"], false);
  const resident = () =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${flooded.pid}/status`, "utf8"))?.[1]) / 1024;
  await isRead(one);
  await sleep(5000);
  // The file has 300 MB.
  assert.ok(resident() < 200, `${resident()} MB`);
  flooded.close();
  assert.deepEqual(await flooded.ended, [0, null]);
  await eventually(async () => assert.deepEqual(await leftBehind(one), []));
});
