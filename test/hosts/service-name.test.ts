import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { makeProgram } from "./support/program.ts";
import { get, image, makeStack } from "./support/stack.ts";

// A quadlet whose service has another name than its file (podman-systemd.unit(5), ServiceName=).

let fleet: Fleet;
let host: TestHost;

before(async () => {
  fleet = await createFleet({ name: "servicename", hosts: 1 });
  host = fleet.hosts[0] as TestHost;
});
after(async () => {
  await fleet.dispose();
});

function program(name: string, directory?: string): Promise<string> {
  const inputs = {
    hosts: {
      "web-1": { address: host.address, hostKey: host.hostKey, identityFile: fleet.identityFile },
    },
    name: "web",
    manager: "system",
    units: {
      "web.container": `[Unit]\nRequires=web.socket\nAfter=web.socket\n[Container]\nImage=${image}\nEnvironment=NGINX=3;\nNetwork=none\nVolume=/srv/conf.d:/etc/nginx/conf.d:ro\nServiceName=${name}\n`,
      "web.socket": `[Socket]\nListenStream=0.0.0.0:80\nService=${name}.service\n[Install]\nWantedBy=sockets.target\n`,
    },
    files: {
      "/srv/conf.d/default.conf": { content: 'server { listen 80; location / { return 200 "named"; } }\n' },
    },
    services: { [`${name}.service`]: {}, "web.socket": { enabled: true } },
    images: { [image]: { pull: "missing" } },
  };
  return makeProgram(`new UnitSet("web", ${JSON.stringify(inputs)});`, directory);
}

test("deployed, called otherwise, and gone", async () => {
  const directory = await program("front");
  await using stack = await makeStack("test-service-name", directory);
  const active = async (unit: string) =>
    (await host.run(["systemctl", "is-active", unit], { check: false })).stdout.trim();

  await stack.run(["up", "--yes", "--skip-preview"]);
  assert.equal((await get(fleet, `http://${host.address}/`)).body, "named");
  assert.equal(await active("front.service"), "active");
  assert.equal(
    await host.read("/var/lib/quadlet-fleet/sets/web/units"),
    "front.service\t/etc/containers/systemd/web.container\tserves\nweb.socket\t/etc/systemd/system/web.socket\tserves\n",
  );
  await stack.expectNoChanges();

  await rm(directory, { recursive: true });
  await program("back", directory);
  await stack.run(["up", "--yes", "--skip-preview"]);
  assert.equal((await get(fleet, `http://${host.address}/`)).body, "named");
  assert.deepEqual([await active("front.service"), await active("back.service")], ["inactive", "active"]);
  await stack.expectNoChanges();

  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.equal(await active("back.service"), "inactive");
  await rm(directory, { recursive: true });
});
