import assert from "node:assert/strict";
import { before, test } from "node:test";
import { openScene } from "./support/scene.ts";
import { difference, example1, example3, get, image, listing } from "./support/stack.ts";

// An account that wants to become root: in Example 3, root handles what the account has in its home directory and what it says.

const scene = await openScene("hostile");
const { fleet, host, stack } = scene;
const page = (text: string) => ({
  "default.conf": `server {\n  listen 81;\n  location / { return 200 "${text}"; }\n}\n`,
});
const configuration = "/home/test/.config/quadlet-fleet/example3/conf.d";
const own = "/var/lib/quadlet-fleet/sets/example3";

function configure(sites: Record<string, object>): void {
  scene.configure({ sites });
}

before(async () => {
  configure({ example3: { ...example3, nginx: page("one") } });
  await stack.up();
});

/** root's files below a directory that run as root for any account (chmod(1), setuid). */
async function setuid(directory: string): Promise<string[]> {
  const { stdout } = await host.run(["find", directory, "-user", "root", "-perm", "/6000"]);
  return stdout.split("\n").filter(Boolean);
}

test("a copy of the account's file is never root's with a mode that the account has chosen", async () => {
  await host.sh(`chmod 4755 ${configuration}/default.conf`, { user: "test" });
  configure({ example3: { ...example3, nginx: page("two") } });
  await stack.up();
  assert.deepEqual(await setuid(own), []);
  assert.equal((await get(fleet, `http://${host.address}:81/`)).body, "two");
  // The search does find such a file.
  await host.sh(`cp /bin/true ${own}/planted && chmod 4755 ${own}/planted`);
  assert.deepEqual(await setuid(own), [`${own}/planted`]);
  await host.run(["rm", `${own}/planted`]);
});

test("a device, a FIFO or a link in the place of a file: neither read nor followed", async () => {
  for (const trap of ["ln -s /dev/zero", "mkfifo", "ln -s /etc/shadow"]) {
    await host.sh(`cd ${configuration} && rm default.conf && ${trap} default.conf`, { user: "test" });
    configure({ example3: { ...example3, nginx: page(trap) } });
    const { code, stdout } = await stack.up({ check: false });
    assert.notEqual(code, 0, trap);
    assert.match(stdout, /default\.conf is (a symbolic link|not a regular file)/, trap);
    const { stdout: size } = await host.run([
      "du",
      "--summarize",
      "--block-size=1M",
      "/var/lib/quadlet-fleet",
    ]);
    assert.ok(Number.parseInt(size, 10) < 5, `${trap}: ${size}`);
  }
  assert.equal((await host.read("/etc/shadow")).includes("root:"), true);
  await host.sh(`rm ${configuration}/default.conf`, { user: "test" });
  configure({ example3: { ...example3, nginx: page("three") } });
  await stack.up();
  assert.equal((await get(fleet, `http://${host.address}:81/`)).body, "three");
});

test("a directory of root's that leads into the account's: root does not write there", async () => {
  await host.sh("mkdir -p /home/test/site && chown test: /home/test/site && ln -s /home/test/site /srv/site");
  const untouched = await listing(host);
  configure({
    example3: { ...example3, nginx: page("three") },
    rooted: {
      hosts: ["web-1"],
      manager: "system",
      image,
      listen: ["0.0.0.0:85"],
      configurationDirectory: "/srv/site/conf.d",
    },
  });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(stdout, /\/home\/test\/site can be changed by an account other than root/);
  assert.deepEqual(difference(untouched, await listing(host)), []);
  // If root owns the whole path, it is accepted.
  await host.sh("rm /srv/site && mkdir /srv/site");
  await stack.up();
  assert.equal((await get(fleet, `http://${host.address}:85/`)).status, 200);
});

test("a refresh removes no account, whatever is missing in its home", async () => {
  const made = { ...example1, user: "made", createUser: true, listen: ["0.0.0.0:8085"] };
  configure({ made });
  await stack.up();
  await host.sh("echo precious >/home/made/data && mv /home/made/.local/state /home/made/elsewhere");
  await stack.run(["refresh", "--yes", "--skip-preview"], { check: false });
  assert.equal(await host.read("/home/made/data"), "precious\n");
  await host.sh("mv /home/made/elsewhere /home/made/.local/state");
  await stack.run(["refresh", "--yes", "--skip-preview"]);
  await stack.up();
});

test("an account that was made stays as long as any set is its, and goes with the last", async () => {
  const made = { ...example1, user: "made", createUser: true, listen: ["0.0.0.0:8085"] };
  const other = { ...example3, user: "made", listen: ["0.0.0.0:86"] };
  configure({ made, other });
  await stack.up();
  configure({ other });
  await stack.up();
  assert.equal((await get(fleet, `http://${host.address}:86/`)).status, 200);
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  assert.notEqual((await host.run(["id", "made"], { check: false })).code, 0);
  assert.equal((await host.run(["ls", "/home"])).stdout.includes("made"), false);
});

test("an account that somebody has removed: what the host's own manager has of its set still goes", async () => {
  const untouched = await listing(host);
  await host.run(["useradd", "--create-home", "gone"]);
  configure({ gone: { ...example3, user: "gone", listen: ["0.0.0.0:87"] } });
  await stack.up();
  assert.equal((await get(fleet, `http://${host.address}:87/`)).status, 200);
  await host.sh("systemctl stop gone.socket gone.service; loginctl disable-linger gone");
  await host.sh("systemctl stop user@$(id -u gone).service; userdel --remove gone", { check: false });
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const left = difference(untouched, await listing(host)).filter((line) => line.includes(": absent → "));
  assert.deepEqual(left, []);
  const { stdout } = await host.run(["systemctl", "list-unit-files", "gone*", "--no-legend", "--plain"], {
    check: false,
  });
  assert.equal(stdout.trim(), "");
});
