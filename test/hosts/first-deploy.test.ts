import assert from "node:assert/strict";
import { test } from "node:test";
import { openScene } from "./support/scene.ts";
import { failedUnits, image } from "./support/stack.ts";

// The first deploy of a proxy with a backend that does not start. The units of the proxy start one another.

const scene = await openScene("first");
const { host, stack } = scene;

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
      scene.configure({ proxies: { none: proxy } });
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
