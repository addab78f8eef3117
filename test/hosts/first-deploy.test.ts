import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { type Stack, failedUnits, hostEntry, image, makeStack } from "./support/stack.ts";

// The first deploy of a proxy with a backend that does not start, whose units bring one another with them.

let fleet: Fleet;
let host: TestHost;
let stack: Stack;

before(async () => {
  fleet = await createFleet({ name: "first", hosts: 1 });
  host = fleet.hosts[0] as TestHost;
  stack = await makeStack("test-first");
});

after(async () => {
  await stack[Symbol.asyncDispose]();
  await fleet.dispose();
});

for (const [what, way] of Object.entries({ unix: { transport: "unix" }, tcp: { port: 80 } }))
  test(`a first deploy whose backend can't start leaves nothing of what that one needs: ${what}`, async () => {
    const volumes = ["%h/missing:/etc/nginx/conf.d:ro"];
    const bad = { image, serverName: "bad.example.com", volumes, ...way };
    const good = { image, serverName: "good.example.com", transport: "unix", nginx: {} };
    for (const backends of [{ bad }, { bad, good }]) {
      const proxy = {
        hosts: ["web-1"],
        user: "test",
        manager: "user",
        image,
        listen: ["0.0.0.0:8087"],
        backends,
      };
      stack.configure({ hosts: { "web-1": hostEntry(fleet, host) }, proxies: { none: proxy } });
      const { code, stdout } = await stack.up({ check: false });
      assert.notEqual(code, 0);
      assert.match(stdout, /starting bad\.service failed/);
      assert.match(stdout, /rolled back: the host is as it was before/);
      const left = await host.sh(
        "systemctl --user list-units --all --plain --no-legend 'none*' 'bad*' 'good*'; ls -d $XDG_RUNTIME_DIR/none* ~/.local/state/quadlet-fleet ~/.config/quadlet-fleet; podman ps --all --quiet; podman network ls --format '{{.Name}}'",
        { user: "test", check: false },
      );
      assert.equal(left.stdout.trim(), "podman");
      assert.deepEqual(await failedUnits(host), []);
    }
  });
