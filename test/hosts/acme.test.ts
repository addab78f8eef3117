import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { cacheDirectory } from "../../tools/cache.ts";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { eventually } from "./support/eventually.ts";
import { underLoad } from "../../tools/load/index.ts";
import { failures, line } from "../../tools/load/report.ts";
import { Pebble } from "./support/pebble.ts";
import {
  type Stack,
  example1,
  example2,
  failedUnits,
  get,
  hostEntry,
  image,
  invocation,
  makeStack,
} from "./support/stack.ts";

// `tls.acme` with a real ACME server: a site of root's with its own nginx files, a proxy whose sockets are root's, and a site of an
// account's own manager. Each has its own host, because the CA asks on port 80. Each test goes on where the last one ended.

const skip = existsSync(join(cacheDirectory, "pebble"))
  ? false
  : "there is no Pebble: tools/setup.sh pebble, which needs Go";

interface Shape {
  host: TestHost;
  name: string;
  serverName: string;
  /** The account whose manager has it, if it is not the host's manager. */
  user?: string;
  /** The account that runs nginx. */
  account: string;
  /** The directory on the host that keeps certificates and keys. */
  state: string;
}

const ownNginx = `server {
  listen 80;
  listen 443 ssl;
  http2 on;
  ssl_certificate /etc/nginx/acme/certificate.pem;
  ssl_certificate_key /etc/nginx/acme/key.pem;
  location ^~ /.well-known/acme-challenge/ { root /etc/nginx/acme/webroot; }
  location / { return 200 rootful; }
}
`;

describe("acme", { skip }, () => {
  let fleet: Fleet;
  let stack: Stack;
  let directory: string;
  let pebble: Pebble;
  let rootful: Shape;
  let proxy: Shape;
  let rootless: Shape;
  let shapes: Shape[];
  /** The CA's certificate, which clients trust, once there is one. */
  let trusted = "";

  before(async () => {
    fleet = await createFleet({ name: "acme", hosts: 3 });
    stack = await makeStack("test-acme");
    directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-acme-"));
    pebble = new Pebble(fleet, "acme", directory);
    const [one, two, three] = fleet.hosts as [TestHost, TestHost, TestHost];
    const [ofHost, ofAccount] = ["/var/lib", "/home/test/.local/state"];
    const shape = (host: TestHost, name: string, account: string, within: string) => ({
      ...{ host, name, account, serverName: `${name}.example.com` },
      state: `${within}/quadlet-fleet-acme/${name}`,
    });
    rootful = shape(one, "rootful", "root", ofHost);
    proxy = shape(two, "proxy", "test", ofAccount);
    rootless = { ...shape(three, "rootless", "test", ofAccount), user: "test" };
    shapes = [rootful, proxy, rootless];
    // Without this, an account can't have port 80.
    await three.run(["sysctl", "net.ipv4.ip_unprivileged_port_start=80"]);
    configure();
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
    await fleet.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  /** @param more additional names for the certificates of the sites */
  function configure(more: (serverName: string) => string[] = () => [], proxies = true): void {
    const acme = { directory: pebble.directory, ca: pebble.ca };
    const named = ({ serverName }: Shape) => ({ ...acme, names: [serverName, ...more(serverName)] });
    const nginx = { "default.conf": ownNginx };
    const listen = ["0.0.0.0:80"];
    const tls = { redirect: true, acme: named(rootless) };
    stack.configure({
      hosts: Object.fromEntries(shapes.map(({ host }, at) => [`web-${at + 1}`, hostEntry(fleet, host)])),
      sites: {
        rootful: { ...example2, hardened: true, nginx, tls: { acme: named(rootful) } },
        ...(proxies ? { rootless: { ...example1, hardened: true, hosts: ["web-3"], listen, tls } } : {}),
      },
      proxies: proxies
        ? {
            proxy: {
              ...{ hosts: ["web-2"], user: "test", image, listen, tls: { redirect: true, acme } },
              backends: { page: { image, serverName: proxy.serverName, transport: "unix", nginx: {} } },
            },
          }
        : {},
    });
  }

  const onAll = <T>(action: (shape: Shape) => Promise<T>) => Promise.all(shapes.map(action));
  const systemctl = async ({ host, user }: Shape, ...argv: string[]) => {
    const manager = user === undefined ? [] : ["--user"];
    return (await host.run(["systemctl", ...manager, ...argv], { user })).stdout;
  };
  const show = (shape: Shape, unit: string, property: string) =>
    systemctl(shape, "show", `--property=${property}`, "--value", unit);
  /** Which start of the service is running, and its last reload. */
  const runs = () =>
    onAll(async (shape) => {
      const { host, name, user } = shape;
      const start = await invocation(host, `${name}.service`, user);
      return { start, reload: await show(shape, `${name}.service`, "ExecReload") };
    });
  const starts = async () => (await runs()).map(({ start }) => start);

  /** The certificate that a client gets. */
  function served({ host, serverName }: Shape, name = serverName) {
    return new Promise<{ isTrusted: boolean; serial: string; subject: string }>((resolve, reject) => {
      const to = { host: host.address, port: 443, servername: name };
      const socket = connect({ ...to, ca: trusted, rejectUnauthorized: false }, () => {
        const { serialNumber, subject } = socket.getPeerCertificate();
        resolve({ isTrusted: socket.authorized, serial: serialNumber, subject: String(subject.CN) });
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }
  const serials = () => onAll(async (shape) => (await served(shape)).serial);

  /** From now on each run renews the certificate: certbot's documentation calls this renew_before_expiry. */
  async function makeDue({ host, state }: Shape): Promise<void> {
    await host.sh(`sed -i '1i renew_before_expiry = 3650 days' ${state}/letsencrypt/renewal/*.conf`);
  }

  test("the CA is down: the deploy succeeds, TLS answers, and a refresh says what has failed", async () => {
    await stack.up();
    for (const shape of shapes) {
      const { isTrusted, subject } = await served(shape);
      assert.deepEqual([isTrusted, subject], [false, "placeholder until the CA answers"]);
      await eventually(async () =>
        assert.equal(await show(shape, `${shape.name}-acme.service`, "SubState"), "auto-restart\n"),
      );
    }
    const job = ["refresh", "--preview-only", "--diff", "--expect-no-changes"];
    const { code, stdout } = await stack.run(job, { check: false });
    assert.notEqual(code, 0);
    for (const { name } of shapes) assert.ok(stdout.includes(`failed: ${name}-acme.service`), stdout);
  });

  test("the CA answers: its certificate is served, without a restart, and nothing differs", async () => {
    const before = await starts();
    const names = shapes.flatMap(({ serverName, host }) => [
      [serverName, host.address],
      [`www.${serverName}`, host.address],
    ]);
    await pebble.start(Object.fromEntries(names) as Record<string, string>);
    trusted = await pebble.root();
    await onAll(async (shape) => {
      await systemctl(shape, "restart", `${shape.name}-acme.service`);
      await eventually(async () => assert.ok((await served(shape)).isTrusted, shape.name));
    });
    assert.deepEqual(await starts(), before);
    for (const { host } of shapes) assert.deepEqual(await failedUnits(host), []);
    await stack.expectNoChanges();
    await stack.run(["refresh", "--preview-only", "--expect-no-changes"]);
  });

  test("what else comes without TLS is redirected", async () => {
    for (const { host, serverName } of [proxy, rootless]) {
      const status = async (path: string) => {
        const resolved = ["--resolve", `${serverName}:80:${host.address}`];
        return (await get(fleet, `http://${serverName}${path}`, resolved)).status;
      };
      assert.deepEqual([await status("/"), await status("/.well-known/acme-challenge/x")], [301, 404]);
    }
  });

  test("the key is a file of who runs nginx, and of nobody else; the state does not know it", async () => {
    const { stdout: exported } = await stack.run(["stack", "export", "--show-secrets"]);
    assert.ok(exported.includes("BEGIN CERTIFICATE"));
    await onAll(async ({ host, account, state }) => {
      const stat = ["stat", "--format=%U %a", state, `${state}/nginx/key.pem`, `${state}/letsencrypt`];
      const { stdout } = await host.run(stat);
      assert.equal(stdout, `${account} 700\n${account} 600\n${account} 700\n`);
      const key = await host.read(`${state}/nginx/key.pem`);
      // A line of the private part.
      const secret = key.split("\n")[2] ?? "";
      assert.ok(secret.length > 30, key);
      const found = await host.run(
        ["grep", "-rlF", secret, "/etc", "/home", "/root", "/run", "/tmp", "/var"],
        {
          check: false,
        },
      );
      const [archived = "", ...more] = found.stdout.trim().split("\n").sort();
      assert.match(archived, /\/letsencrypt\/archive\/[^/]+\/privkey\d\.pem$/);
      assert.deepEqual(more, [`${state}/nginx/key.pem`]);
      assert.ok(!exported.includes(secret));
    });
  });

  test("nothing is due: no reload, and the same certificate", async () => {
    const before = [await serials(), await runs()];
    await onAll((shape) => systemctl(shape, "start", `${shape.name}-acme.service`));
    assert.deepEqual([await serials(), await runs()], before);
  });

  test("a renewal is a reload without an `up` and without a failed request", async (t) => {
    const before = [await starts(), await serials()] as const;
    await onAll(makeDue);
    const hosts = [rootful.host.address];
    const load = { hosts, port: 80, paths: { "/": "rootful" }, fresh: 2, kept: 1, pauseMs: 25 };
    const script = join(import.meta.dirname, "support/http2-load.ts");
    const [stop, root] = [join(directory, "stop"), join(directory, "root.pem")];
    const clients = shapes.map(({ host, serverName }) =>
      fleet.client([process.execPath, script, host.address, "443", serverName, root, stop], {
        timeoutMs: 120_000,
      }),
    );
    const report = await underLoad(fleet, load, async () => {
      for (let turn = 0; turn < 2; turn += 1) {
        const old = await serials();
        await onAll((shape) => systemctl(shape, "start", `${shape.name}-acme.service`));
        await eventually(async () => {
          const now = await serials();
          assert.deepEqual(
            now.filter((serial) => old.includes(serial)),
            [],
          );
        });
      }
    });
    writeFileSync(stop, "");
    const counts = (await Promise.all(clients)).map(
      ({ stdout }) => JSON.parse(stdout) as { answered: number; failed: string[] },
    );
    t.diagnostic(`${line(report)}; with TLS: ${counts.map(({ answered }) => answered).join(", ")} answers`);
    assert.equal(failures(report), 0, line(report));
    assert.deepEqual(
      counts.flatMap(({ failed }) => failed),
      [],
    );
    for (const { answered } of counts) assert.ok(answered > 20, String(answered));
    assert.deepEqual(await starts(), before[0]);
    await stack.expectNoChanges();
  });

  test("another name is asked for at the `up`, and nginx goes on", async () => {
    const before = await starts();
    configure((serverName) => [`www.${serverName}`]);
    const preview = await stack.preview();
    for (const { name } of [rootful, rootless])
      assert.match(preview, new RegExp(`: restarts ${name}-acme\\.timer$`, "m"));
    await stack.up();
    for (const shape of [rootful, rootless])
      await eventually(async () =>
        assert.ok((await served(shape, `www.${shape.serverName}`)).isTrusted, shape.name),
      );
    assert.deepEqual(await starts(), before);
  });

  test("after a power loss the same certificate is served, and the timer is on", async () => {
    const { serial } = await served(rootful);
    await rootful.host.powerLoss();
    await rootful.host.boot();
    const { isTrusted, serial: now } = await served(rootful);
    assert.deepEqual([isTrusted, now], [true, serial]);
    assert.equal(await systemctl(rootful, "is-active", "rootful-acme.timer"), "active\n");
  });

  test("what goes leaves the certificate, which is served at once where it comes back", async () => {
    const { serial } = await served(rootful);
    // The CA keeps the clients waiting. They are stopped at once, and this is not a failure.
    pebble.freeze();
    const began = Math.floor(Date.now() / 1000);
    await onAll((shape) => systemctl(shape, "start", "--no-block", `${shape.name}-acme.service`));
    await onAll((shape) =>
      eventually(async () => {
        const listed = await shape.host.run(["podman", "ps", "--format={{.Names}}"], { user: shape.account });
        assert.match(listed.stdout, new RegExp(`^systemd-${shape.name}-acme$`, "m"));
      }),
    );
    await stack.run(["destroy", "--yes", "--skip-preview"]);
    await onAll(async (shape) => {
      assert.match(await shape.host.read(`${shape.state}/nginx/certificate.pem`), /BEGIN CERTIFICATE/);
      assert.doesNotMatch(await systemctl(shape, "list-unit-files"), /-acme\./);
      assert.deepEqual(await failedUnits(shape.host), []);
      const journal = ["journalctl", "--no-pager", "--output=cat", `--since=@${began}`];
      const said = (await shape.host.run(journal)).stdout.split("\n");
      assert.deepEqual(
        said.filter((message) => message.includes("-acme.service: Failed")),
        [],
      );
    });
    configure((serverName) => [`www.${serverName}`], false);
    await stack.up();
    assert.equal((await served(rootful)).serial, serial);
  });
});
