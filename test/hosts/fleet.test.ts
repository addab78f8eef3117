// The testbed itself: what the other tests on hosts rely on.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { execute } from "../../tools/execute.ts";
import { type Fleet, type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { cgroupDirectory, dataDirectory, stateDirectory } from "../../tools/fleet/layout.ts";
import { registryLogin } from "../../tools/fleet/registry.ts";

const name = "fleettest";
const image = "docker.io/library/nginx";

suite("a fleet of throwaway hosts", () => {
  let fleet: Fleet;
  let one: TestHost;
  let two: TestHost;
  before(async () => {
    fleet = await createFleet({ name, hosts: 2, linger: false });
    [one, two] = fleet.hosts as [TestHost, TestHost];
  });
  after(() => fleet.dispose());

  const ssh = (user: string, host: TestHost, command: string) =>
    execute([
      "ssh",
      ...["-o", `UserKnownHostsFile=${fleet.knownHostsFile}`, "-o", "StrictHostKeyChecking=yes"],
      ...["-o", "IdentitiesOnly=yes", "-i", fleet.identityFile, `${user}@${host.address}`, command],
    ]);

  test("each account logs in by SSH, to the host that is meant", async () => {
    for (const user of ["root", "test", "deploy"]) {
      assert.equal((await ssh(user, one, "id -un; hostname")).stdout, `${user}\n${one.name}\n`);
    }
    assert.equal((await ssh("deploy", two, "sudo -n id -un; hostname")).stdout, `root\n${two.name}\n`);
  });

  test("nothing identifies two hosts as one", async () => {
    assert.notEqual(one.hostKey, two.hostKey);
    assert.notEqual(await one.read("/etc/machine-id"), await two.read("/etc/machine-id"));
  });

  test("a command fails loudly, unless told otherwise", async () => {
    await assert.rejects(one.sh("echo reason >&2; exit 3"), /exit status 3\nreason/);
    assert.equal((await one.sh("exit 3", { check: false })).code, 3);
    await assert.rejects(one.run(["sleep", "60"], { timeoutMs: 200 }), /sleep 60: killed after 0.2 s/);
  });

  test("linger: false leaves out the account of the examples only", async () => {
    const lingering = await one.sh("ls /var/lib/systemd/linger");
    assert.equal(lingering.stdout, "deploy\nroot\n");
  });

  test("root and a rootless account pull from the registry and serve a page", async () => {
    await one.run(["loginctl", "enable-linger", "test"]);
    for (const user of ["root", "test"]) {
      await one.run(["podman", "pull", "--quiet", `${image}:latest`, `${image}:2`], { user });
      const page = "nginx && curl --silent http://127.0.0.1/";
      const first = await one.run(["podman", "run", "--rm", `${image}:latest`, "sh", "-c", page], { user });
      assert.match(first.stdout, /<title>Welcome to nginx!<\/title>[^]*version 1\./);
      const second = await one.run(["podman", "run", "--rm", `${image}:2`, "cat", "/etc/image-version"], {
        user,
      });
      assert.equal(second.stdout, "2\n");
    }
  });

  test("the private registry wants its password", async () => {
    const { registry, username, password } = registryLogin;
    const pull = ["podman", "pull", "--quiet", `${registry}/library/nginx:1`];
    const refused = await two.run(pull, { check: false });
    assert.match(refused.stderr, /authentication required/);
    await two.run(["podman", "login", "--username", username, "--password-stdin", registry], {
      input: password,
    });
    await two.run(pull);
  });

  test("a snapshot notices each kind of change", async () => {
    const content = "content\n";
    await one.write("/srv/snapshot/file with space", content, { mode: "0640" });
    await one.run(["ln", "-s", "target", "/srv/snapshot/link"]);
    const take = () => one.snapshot(["/srv/snapshot", "/srv/missing"]);
    const before = await take();
    const digest = (await execute(["sha256sum"], { input: content })).stdout.slice(0, 64);
    assert.deepEqual(
      before,
      new Map([
        ["/srv/snapshot", "d 0755 0:0"],
        ["/srv/snapshot/file with space", `f 0640 0:0 ${digest}`],
        ["/srv/snapshot/link", "l 0777 0:0 target"],
      ]),
    );
    const path = "/srv/snapshot/file with space";
    const changes = [`chmod 0600 "${path}"`, `chown test "${path}"`, `echo more >>"${path}"`, `rm "${path}"`];
    const seen = new Set([before.get(path)]);
    for (const change of changes) {
      await one.sh(change);
      seen.add((await take()).get(path));
    }
    assert.equal(seen.size, changes.length + 1);
  });

  test("a request comes from another address", async () => {
    const serve = `echo "$SSH_CLIENT"`;
    const argv = ["ssh", "-i", fleet.identityFile, "-o", `UserKnownHostsFile=${fleet.knownHostsFile}`];
    const { stdout } = await fleet.client([...argv, `root@${one.address}`, serve]);
    assert.equal(stdout.split(" ")[0], fleet.clientAddress);
    assert.notEqual(fleet.clientAddress, fleet.gateway);
  });

  test("a pulled cable cuts one host off, and only while it is pulled", async () => {
    // sshd sends its version and keeps listening: curl ends when it has received this.
    const reach = (host: TestHost, seconds = 10) =>
      execute(
        [
          "sh",
          "-c",
          'curl --silent --http0.9 --no-buffer --max-time "$2" "http://$1:22/" | head -c 4',
          "sh",
        ].concat(host.address, String(seconds)),
        { check: false },
      );
    await two.unplug();
    assert.notEqual((await reach(two, 1)).stdout.slice(0, 4), "SSH-");
    assert.equal((await reach(one)).stdout.slice(0, 4), "SSH-");
    await two.plug();
    assert.equal((await reach(two)).stdout.slice(0, 4), "SSH-");
  });

  test("files outlive a power loss, what runs does not", async () => {
    await two.write("/srv/kept", "kept");
    await two.write("/run/gone", "gone");
    const boot = await two.read("/proc/sys/kernel/random/boot_id");
    await two.powerLoss();
    await assert.rejects(two.run(["true"]), /is not running/);
    await two.boot();
    assert.equal(await two.read("/srv/kept"), "kept");
    assert.equal((await two.run(["test", "-e", "/run/gone"], { check: false })).code, 1);
    assert.notEqual(await two.read("/proc/sys/kernel/random/boot_id"), boot);
    assert.equal((await ssh("root", two, "hostname")).stdout, `${two.name}\n`);
  });

  test("one name is one fleet", async () => {
    await assert.rejects(createFleet({ name, hosts: 1 }), /in use by process/);
    await assert.rejects(createFleet({ name: "No-Name", hosts: 1 }), /no fleet name/);
  });
});

suite("the end of a fleet", () => {
  test("dispose leaves nothing", async () => {
    const fleet = await createFleet({ name: "fleetend", hosts: 1 });
    assert.notDeepEqual(await remains("fleetend"), []);
    await fleet.dispose();
    assert.deepEqual(await remains("fleetend"), []);
  });

  test("nor does it of a host that is cut off while it sends", async () => {
    const fleet = await createFleet({ name: "fleetend", hosts: 1, registry: false });
    const [host] = fleet.hosts as [TestHost];
    const options = ["-i", fleet.identityFile, "-o", `UserKnownHostsFile=${fleet.knownHostsFile}`];
    const child = spawn("ssh", [...options, `root@${host.address}`, "yes"]);
    await once(child.stdout, "data");
    await host.unplug();
    child.kill("SIGKILL");
    await fleet.dispose();
    assert.deepEqual(await remains("fleetend"), []);
  });

  for (const [how, code] of [
    ["an exception", "throw new Error('on purpose')"],
    ["a signal", "process.kill(process.pid, 'SIGTERM'); await new Promise((r) => setTimeout(r, 5000))"],
  ] as const) {
    test(`nor does ${how}`, async () => {
      const library = new URL("../../tools/fleet/index.ts", import.meta.url).href;
      const program = `import { createFleet } from ${JSON.stringify(library)};
        await createFleet({ name: "fleetend", hosts: 1, registry: false });
        console.log("up");
        ${code}`;
      const child = await execute([process.execPath, "--input-type=module", "--eval", program], {
        check: false,
      });
      assert.equal(child.stdout, "up\n");
      assert.notEqual(child.code, 0);
      assert.deepEqual(await remains("fleetend"), []);
    });
  }
});

/** Everything on this machine that has the fleet's name. */
async function remains(fleet: string): Promise<string[]> {
  const interfaces = await execute(["ip", "-oneline", "link"]);
  const namespaces = await execute(["ip", "netns", "list"]);
  const processes = await execute(["ps", "-e", "-o", "args="]);
  const lists = [
    readFileSync("/proc/mounts", "utf8"),
    interfaces.stdout,
    namespaces.stdout,
    processes.stdout,
  ];
  const lines = lists.flatMap((list) => list.split("\n")).filter((line) => line.includes(fleet));
  const paths = [stateDirectory(fleet), dataDirectory(fleet), cgroupDirectory(fleet)];
  return [...lines, ...paths.filter((path) => existsSync(path))];
}
