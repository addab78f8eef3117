import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { eventually } from "./support/eventually.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, example3, example4, failedUnits, get, invocation } from "./support/stack.ts";

// Each request is logged once, with the client's address, where docs/socket-activated-nginx.md says that the access log is.

const scene = await openScene("accesslog");
const { fleet, host, stack } = scene;

const ofAccount = "/home/test/.local/state/log/quadlet-fleet";
const ofHost = "/var/log/quadlet-fleet";
const shapes = [
  { name: "rootless", example: example1, hardened: false, port: 8080, directory: ofAccount, user: "test" },
  { name: "hard1", example: example1, hardened: true, port: 8081, directory: ofAccount, user: "test" },
  { name: "hard2", example: example2, hardened: true, port: 8082, directory: ofHost, user: "root" },
  { name: "hard3", example: example3, hardened: true, port: 8083, directory: ofHost, user: "test" },
] as const;
type Shape = (typeof shapes)[number];

/** @param page what they answer; a new page is a reload @param environment a new one is a restart */
function deploy(page: string, environment: object = {}): Promise<unknown> {
  const nginx = (port: number) => ({
    "default.conf": `server {\n  listen ${port};\n  location / { return 200 ${page}; }\n}\n`,
  });
  const sites = shapes.map(({ name, example, hardened, port }) => [
    name,
    {
      ...example,
      listen: [`0.0.0.0:${port}`],
      accessLog: { keep: 3 },
      hardened,
      nginx: nginx(port),
      environment,
    },
  ]);
  const page4 = { image: example1.image, serverName: "page.example.com", transport: "unix", nginx: {} };
  scene.configure({
    sites: {
      ...(Object.fromEntries(sites) as Record<string, object>),
      journal: { ...example1, listen: ["0.0.0.0:8084"] },
    },
    proxies: { front: { ...example4, accessLog: {}, backends: { page: page4 } } },
  });
  return stack.up();
}

before(() => deploy("one"));

const managerOf = ({ example }: Shape) => (example.manager === "user" ? ["--user"] : []);
const systemctl = (shape: Shape, ...argv: string[]) =>
  host.run(["systemctl", ...managerOf(shape), ...argv], {
    user: shape.example.manager === "user" ? "test" : "root",
  });
const fileOf = ({ directory, name }: Pick<Shape, "directory" | "name">) => `${directory}/${name}/access.log`;

/** Lines in the log files of a directory that contain a path: "FILE:LINE". */
async function logged({ directory, name }: { directory: string; name: string }, path: string) {
  const { stdout } = await host.run(
    ["grep", "--recursive", "--fixed-strings", `GET ${path} `, `${directory}/${name}`],
    { check: false },
  );
  return stdout.split("\n").filter(Boolean);
}

/** Asks for a path, and waits until the log has it: once, with the client's address, in this file. */
async function asked(shape: Shape, path: string, file = fileOf(shape)): Promise<void> {
  assert.equal((await get(fleet, `http://${host.address}:${shape.port}${path}`)).status, 200);
  await eventually(async () => {
    const [line = "", ...more] = await logged(shape, path);
    assert.ok(line.startsWith(`${file}:${fleet.clientAddress} - - [`), `${shape.name}: ${line}`);
    assert.deepEqual(more, []);
  });
}

for (const shape of shapes)
  test(`${shape.name}: each request is in the file, and not in the journal; the file is the account's alone`, async () => {
    await asked(shape, "/first");
    const { stdout } = await host.run(["journalctl", "--output=cat", "--grep=GET /first"], { check: false });
    assert.equal(stdout, "");
    const { stdout: mode } = await host.run([
      "stat",
      "--format=%U %a",
      `${shape.directory}/${shape.name}`,
      fileOf(shape),
    ]);
    assert.equal(mode, `${shape.user} 700\n${shape.user} 644\n`);
  });

for (const shape of shapes)
  test(`${shape.name}: the error log is in the journal`, async () => {
    const match = shape.example.manager === "user" ? "_SYSTEMD_USER_UNIT" : "_SYSTEMD_UNIT";
    const argv = [
      "journalctl",
      "--output=cat",
      `${match}=${shape.name}.service`,
      "--grep=start worker process",
    ];
    await eventually(async () => assert.match((await host.run(argv)).stdout, /\[notice\]/));
  });

test("by default it is in the journal", async () => {
  assert.equal((await get(fleet, `http://${host.address}:8084/?journal`)).status, 200);
  await eventually(async () => {
    const argv = ["journalctl", "--output=cat", "_SYSTEMD_USER_UNIT=journal.service", "--grep=GET /.journal"];
    const { stdout } = await host.run(argv, { check: false });
    assert.ok(stdout.startsWith(`${fleet.clientAddress} - - [`), stdout);
  });
});

test("a proxy and its backend that is nginx have a file each", async () => {
  const url = "http://page.example.com:82/?proxied";
  const resolved = ["--resolve", `page.example.com:82:${host.address}`];
  assert.equal((await get(fleet, url, resolved)).status, 200);
  const files = [
    { directory: ofHost, name: "front", client: fleet.clientAddress },
    // nginx writes "unix:" for a client that comes by a Unix socket. The address is in the last field, X-Forwarded-For.
    { directory: ofAccount, name: "page", client: "unix:" },
  ];
  await eventually(async () => {
    for (const { client, ...file } of files) {
      const [line = ""] = await logged(file, "/?proxied");
      assert.ok(line.startsWith(`${fileOf(file as Shape)}:${client} - - [`), `${file.name}: ${line}`);
      if (client === "unix:") assert.ok(line.endsWith(`"${fleet.clientAddress}"`), line);
    }
  });
});

describe("rotation", () => {
  const services = async () =>
    Promise.all(
      shapes.map(({ name, example }) =>
        invocation(host, `${name}.service`, example.manager === "user" ? "test" : undefined),
      ),
    );

  test("the timer is on, now and after a boot", async () => {
    for (const shape of shapes) {
      const { stdout } = await systemctl(shape, "is-active", `${shape.name}-rotate.timer`);
      assert.equal(stdout, "active\n");
      assert.equal((await systemctl(shape, "is-enabled", `${shape.name}-rotate.timer`)).stdout, "enabled\n");
    }
  });

  test("renames the file, keeps as many as are wanted, and nginx goes on in a new one without a restart", async () => {
    const started = await services();
    for (const shape of shapes) {
      const file = fileOf(shape);
      for (const number of ["2", "3", "4"])
        await host.write(`${file}.${number}`, number, { user: shape.user });
      await systemctl(shape, "start", `${shape.name}-rotate.service`);
      assert.equal(await fileWith(shape, "/first"), `${file}.1`);
      assert.deepEqual(await kept(shape), ["access.log.1", "access.log.3"]);
      assert.equal(await host.read(`${file}.3`), "2");
      await eventually(async () => assert.equal(await host.read(file), ""));
    }
    assert.deepEqual(await services(), started);
  });

  test("leaves an empty file alone, which is no failure", async () => {
    for (const shape of shapes) {
      await systemctl(shape, "start", `${shape.name}-rotate.service`);
      assert.equal(await fileWith(shape, "/first"), `${fileOf(shape)}.1`);
      await asked(shape, "/rotated");
    }
    assert.deepEqual(await failedUnits(host), []);
  });

  const kept = async ({ directory, name }: Shape) =>
    (await host.run(["ls", `${directory}/${name}`])).stdout.split("\n").filter((file) => /\d$/.test(file));

  const fileWith = async (shape: Shape, path: string) => (await logged(shape, path))[0]?.split(":")[0];
});

test("a reload goes on in the file, and so does a restart", async () => {
  for (const shape of shapes) await asked(shape, "/before");
  await deploy("two");
  for (const shape of shapes) await asked(shape, "/reloaded");
  await deploy("two", { RESTARTED: "1" });
  for (const shape of shapes) {
    await asked(shape, "/restarted");
    for (const path of ["/first", "/rotated", "/before", "/reloaded"])
      assert.equal((await logged(shape, path)).length, 1, `${shape.name} ${path}`);
  }
  await stack.expectNoChanges();
});

test("a site that goes leaves its log, and no timer", async () => {
  scene.configure({ sites: {} });
  await stack.up();
  for (const shape of shapes) {
    assert.equal((await logged(shape, "/restarted")).length, 1);
    assert.doesNotMatch((await systemctl(shape, "list-timers", "--all")).stdout, /-rotate/);
  }
});
