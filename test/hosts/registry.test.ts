import assert from "node:assert/strict";
import { test } from "node:test";
import { registryLogin } from "../../tools/fleet/registry.ts";
import { openScene } from "./support/scene.ts";
import { example1, example2, get } from "./support/stack.ts";

// A private registry, and podman's own network if none is given.

const scene = await openScene("registry");
const { fleet, host, stack } = scene;
const privateImage = "private.example:5001/library/nginx:2";

function configure(login: object | undefined): void {
  const change = {
    image: privateImage,
    network: undefined,
    ...(login ? { registries: { [registryLogin.registry]: login } } : {}),
  };
  scene.configure({ sites: { example1: { ...example1, ...change }, example2: { ...example2, ...change } } });
}

test("without a login the pull is refused before anything is written or started", async () => {
  configure(undefined);
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(
    stdout,
    /pulling private\.example:5001\/library\/nginx:2 failed:[\s\S]*(unauthorized|authentication required)[^]*Nothing was changed on it\.\s+Check the image's name and tag, and whether the registry needs a login/i,
  );
  const files = await host.snapshot(["/etc/containers/systemd", "/etc/systemd/system/example2.socket"]);
  assert.ok(![...files.keys()].some((path) => path.includes("example")), [...files.keys()].join());
});

test("with a login it runs, for root and for an account; the login is not left on the host", async () => {
  configure({ username: registryLogin.username, password: registryLogin.password });
  await stack.up();
  for (const port of [80, 8080])
    assert.equal((await get(fleet, `http://${host.address}:${port}/`)).status, 200);
  const encoded = Buffer.from(`${registryLogin.username}:${registryLogin.password}`).toString("base64");
  const { stdout } = await host.sh(
    `grep -rlsF -e '${encoded}' /etc /home /root /run /tmp /var/lib/quadlet-fleet /var/tmp || true`,
  );
  assert.equal(stdout, "");
  const { stdout: state } = await stack.run(["stack", "export"]);
  assert.ok(!state.includes(registryLogin.password));
  assert.ok(state.includes(registryLogin.username));
});

test("a fresh start needs neither the registry nor the login", async () => {
  await host.powerLoss();
  await host.boot();
  for (const port of [80, 8080])
    assert.equal((await get(fleet, `http://${host.address}:${port}/`)).status, 200);
});
