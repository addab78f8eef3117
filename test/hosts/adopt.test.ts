import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { quadletFleet } from "./support/command-line.ts";
import { makeProgram } from "./support/program.ts";
import { type Stack, example2, get, hostEntry, image, invocation, makeStack } from "./support/stack.ts";

// A hand-made Example 2 is taken over by an import and by `adopt: true`, both without a restart.

const container = `[Unit]
Requires=example2.socket
After=example2.socket

[Container]
Image=${image}
Environment=NGINX=3;
Network=none
Volume=/srv/conf.d:/etc/nginx/conf.d:ro

[Install]
WantedBy=default.target
`;
const socket = `[Unit]
Description=Example 2

[Socket]
ListenStream=0.0.0.0:80

[Install]
WantedBy=sockets.target
`;
const configuration = 'server { listen 80; location / { return 200 "by hand"; } }\n';

let fleet: Fleet;
let host: TestHost;

before(async () => {
  fleet = await createFleet({ name: "adopt", hosts: 1 });
  host = fleet.hosts[0] as TestHost;
});

after(async () => {
  await fleet.dispose();
});

async function startByHand(): Promise<string> {
  await host.sh("systemctl daemon-reload; systemctl enable --quiet --now example2.socket");
  await host.sh("curl -sf http://localhost/ >/dev/null", { timeoutMs: 120_000 });
  return await invocation(host, "example2.service");
}

test("pulumi import: the id alone, credentials from the provider's configuration; an empty preview; destroy", async () => {
  await host.write("/etc/containers/systemd/example2.container", container);
  await host.write("/etc/systemd/system/example2.socket", socket);
  await host.write("/srv/conf.d/default.conf", configuration);
  await host.write(
    "/etc/systemd/system/example2-other.socket",
    "[Socket]\nListenStream=0.0.0.0:85\nService=other.service\n",
  );
  const running = await startByHand();

  const inputs = {
    hosts: {
      "web-1": { address: host.address, hostKey: host.hostKey, identityFile: fleet.identityFile },
    },
    name: "example2",
    manager: "system",
    units: { "example2.container": container, "example2.socket": socket },
    files: { "/srv/conf.d/default.conf": { content: configuration } },
    services: { "example2.service": {}, "example2.socket": { enabled: true } },
    images: { [image]: { pull: "missing" } },
  };
  const directory = await makeProgram(`new UnitSet("example2", ${JSON.stringify(inputs)});`);
  await using stack = await makeStack("test-import", directory);
  await stack.run(["config", "set", "quadlet:knownHostsFile", fleet.knownHostsFile]);
  await stack.run(["config", "set", "quadlet:identityFile", fleet.identityFile]);
  const id = `web-1=root@${host.address}:22/system/example2`;
  await stack.run([
    "import",
    "--yes",
    "--generate-code=false",
    "--protect=false",
    "quadlet:index:UnitSet",
    "example2",
    id,
  ]);
  await stack.expectNoChanges();
  assert.equal(await invocation(host, "example2.service"), running);

  const changed = container.replace("Requires=", "Description=taken over\nRequires=");
  await rm(directory, { recursive: true });
  const next = await makeProgram(
    `new UnitSet("example2", ${JSON.stringify({ ...inputs, units: { ...inputs.units, "example2.container": changed } })});`,
    directory,
  );
  assert.equal(next, directory);
  await stack.run(["up", "--yes", "--skip-preview"]);
  assert.equal(await invocation(host, "example2.service"), running);
  assert.match(await host.read("/etc/containers/systemd/example2.container"), /taken over/);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.equal((await get(fleet, `http://${host.address}/`)).status, 0);
  assert.equal((await host.run(["ls", "/srv"])).stdout, "conf.d\n");
  assert.match((await host.run(["ls", "/etc/systemd/system"])).stdout, /example2-other\.socket/);
  await rm(directory, { recursive: true });
});

test("adopt: refused without it, with every byte in place; taken over with it, and still running", async () => {
  await using stack = await makeStack("test-adopt");
  const configure = (change: object) =>
    stack.configure({
      hosts: { "web-1": hostEntry(fleet, host) },
      sites: { example2: { ...example2, ...change } },
    });
  const files = await deployAndForget(stack, configure);
  const running = await startByHand();

  configure({});
  const refusal = await stack.up({ check: false });
  assert.notEqual(refusal.code, 0);
  assert.match(refusal.stdout, /example2\.socket exists and does not belong to this resource.*adopt: true/);
  assert.match(refusal.stdout, /Nothing was changed/);
  for (const [path, text] of files) assert.equal(await host.read(path), text);

  configure({ adopt: true });
  await stack.up();
  assert.equal(await invocation(host, "example2.service"), running);
  await stack.expectNoChanges();
  configure({});
  await stack.expectNoChanges();
  await stack.run(["destroy", "--yes", "--skip-preview"]);
});

test("the site of another stack: refused by its name; once taken over, that stack says so and leaves it alone", async () => {
  await using stack = await makeStack("test-owner");
  await using other = await makeStack("test-other");
  const configure = (of: Stack, change: object) =>
    of.configure({
      hosts: { "web-1": hostEntry(fleet, host) },
      sites: { example2: { ...example2, ...change } },
    });
  configure(stack, {});
  await stack.up();

  configure(other, {});
  const refusal = await other.up({ check: false });
  assert.notEqual(refusal.code, 0);
  assert.match(
    refusal.stdout,
    /the set "example2" on this host belongs to "example2" of the stack "test-owner" \(project "quadlet-fleet"\)\. Choose another name\./,
  );
  assert.doesNotMatch(refusal.stdout, /Remove it/);
  await stack.expectNoChanges();

  configure(other, { adopt: true });
  await other.up();
  const taken = /taken over by: "example2" of the stack "test-other"/;
  assert.match((await quadletFleet(stack, ["status", "--json"])).stdout.replaceAll("\\", ""), taken);
  await stack.run(["refresh", "--yes", "--skip-preview"]);
  const again = await stack.up({ check: false });
  assert.notEqual(again.code, 0);
  assert.match(again.stdout, /belongs to "example2" of the stack "test-other"/);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.equal((await get(fleet, `http://${host.address}/`)).status, 200);
  await other.expectNoChanges();
  await other.run(["destroy", "--yes", "--skip-preview"]);
});

/** Puts the files of Example 2 on the host so that they belong to no set, with other comments and Descriptions. */
async function deployAndForget(
  stack: Stack,
  configure: (change: object) => void,
): Promise<Map<string, string>> {
  configure({});
  await stack.up();
  const paths = [
    "/etc/containers/systemd/example2.container",
    "/etc/systemd/system/example2.socket",
    "/etc/quadlet-fleet/example2/conf.d/default.conf",
  ];
  const files = new Map<string, string>();
  for (const path of paths) {
    const text = await host.read(path);
    files.set(
      path,
      path.endsWith(".conf") ? text : `# by hand\n${text.replace(/^Description=.*$/m, "Description=mine")}`,
    );
  }
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  for (const [path, text] of files) await host.write(path, text);
  return files;
}
