import assert from "node:assert/strict";
import { type TestContext, before, test } from "node:test";
import { eventually } from "./support/eventually.ts";
import { openScene } from "./support/scene.ts";
import { difference, example1, example2, failedUnits, get, listing } from "./support/stack.ts";
import { touched, units } from "./support/units.ts";

// Hosts in trouble: an `up` repairs what it can. Otherwise it says what is wrong, and leaves the host as it was.

const scene = await openScene("trouble");
const { fleet, host, stack } = scene;
let page = 0;

const nginx = (port: number, text: string) => ({
  "default.conf": `server { listen ${port}; location / { return 200 "${text}"; } }\n`,
});

/** Another page for both sites, and other changes of a test. */
function configure(
  changes: { example1?: object; example2?: object; more?: Record<string, object> } = {},
): void {
  page += 1;
  scene.configure({
    sites: {
      example1: { ...example1, nginx: nginx(8080, `page ${page}`), ...changes.example1 },
      example2: { ...example2, nginx: nginx(80, `page ${page}`), ...changes.example2 },
      ...changes.more,
    },
  });
}

/** Waits until both sites serve that page: a reload takes a moment. */
async function serves(number = page): Promise<void> {
  for (const port of [80, 8080])
    await eventually(async () =>
      assert.deepEqual(await get(fleet, `http://${host.address}:${port}/`), {
        status: 200,
        body: `page ${number}`,
      }),
    );
  assert.deepEqual(await failedUnits(host), []);
}

const managers = [
  {
    name: "example1",
    port: 8080,
    flags: "--user",
    user: "test",
    directory: "/home/test/.config/systemd/user",
  },
  { name: "example2", port: 80, flags: "--system", user: "root", directory: "/etc/systemd/system" },
] as const;

/** By default, systemd stops starting a unit after this many starts in a short time (systemd-system.conf(5), DefaultStartLimitBurst=). */
const startLimit = 5;

for (const { name, user, flags, port, directory } of managers) {
  test(`${name}: nginx killed again and again, and podman gone for a while: nobody is refused`, async (t) => {
    const url = `http://${host.address}:${port}/`;
    const show = async (property: string) =>
      (
        await host.run(["systemctl", flags, "show", `--property=${property}`, "--value", `${name}.service`], {
          user,
        })
      ).stdout.trim();
    const restarts = async () => Number(await show("NRestarts"));
    let killed = "";
    for (let kills = 1; kills <= 6; kills += 1) {
      // nginx answers before podman has reported its process ID.
      await eventually(async () => {
        const inspect = ["podman", "inspect", "--format", "{{.State.Pid}}", `systemd-${name}`];
        const { stdout } = await host.run(inspect, { user, check: false });
        assert.match(stdout, /^[1-9]\d*$/m);
        assert.notEqual(stdout.trim(), killed);
        killed = stdout.trim();
      });
      await host.run(["kill", "-9", killed], { user });
      // Workers accept connections until the kernel has ended them, too.
      await host.run(["tail", `--pid=${killed}`, "--sleep-interval=0.1", "--follow", "/dev/null"], { user });
      assert.equal((await get(fleet, url)).body, `page ${page}`, `kill ${kills}`);
    }
    await eventually(async () => assert.equal(await show("ActiveState"), "active"));
    const before = await restarts();
    await host.run(["mv", "/usr/bin/podman", "/usr/bin/podman.away"]);
    await host.run(["kill", "-9", await show("MainPID")], { user });
    // By then the former nginx is gone.
    await eventually(async () => assert.ok((await restarts()) > before));
    const waits = get(fleet, url);
    await eventually(async () => assert.ok((await restarts()) > before + 2 * startLimit));
    await host.run(["mv", "/usr/bin/podman.away", "/usr/bin/podman"]);
    assert.equal((await waits).body, `page ${page}`);
    t.diagnostic(`restarts: ${await restarts()}`);
    await serves();
  });

  test(`${name}: a start limit of somebody's that is exhausted`, async (t) => {
    // More than StartLimitBurst= in StartLimitIntervalSec= (systemd.unit(5)).
    const limit = `${directory}/${name}.service.d/limit.conf`;
    await host.write(limit, "[Unit]\nStartLimitIntervalSec=1h\n", { user });
    await host.sh(
      `systemctl ${flags} daemon-reload
      for i in 1 2 3 4 5 6 7 8; do systemctl ${flags} stop ${name}.service; systemctl ${flags} start ${name}.service; done
      rm -r ${directory}/${name}.service.d; systemctl ${flags} daemon-reload`,
      { user, check: false },
    );
    const { stdout } = await host.sh(
      `systemctl ${flags} show --property=Result --value ${name}.service; systemctl ${flags} is-active ${name}.socket`,
      { user, check: false },
    );
    t.diagnostic(`service and socket: ${stdout.trim().split("\n").join(", ")}`);
    assert.match(stdout, /start-limit-hit/);
    await settled();
  });

  test(`${name}: a trigger limit that is exhausted`, async (t) => {
    // A failed condition makes the socket start its service again and again (systemd.socket(5), TriggerLimitBurst=).
    const condition = `${directory}/${name}.service.d/condition.conf`;
    const limit = `${directory}/${name}.socket.d/limit.conf`;
    await host.write(condition, "[Unit]\nConditionPathExists=/nowhere\n", { user });
    await host.write(limit, "[Socket]\nTriggerLimitIntervalSec=1h\n", { user });
    await host.sh(`systemctl ${flags} daemon-reload; systemctl ${flags} stop ${name}.service`, { user });
    await get(fleet, `http://${host.address}:${port}/`);
    await host.sh(
      `rm -r ${directory}/${name}.service.d ${directory}/${name}.socket.d; systemctl ${flags} daemon-reload`,
      { user },
    );
    const { stdout } = await host.sh(
      `systemctl ${flags} show --property=Result --property=ActiveState ${name}.socket`,
      { user },
    );
    t.diagnostic(`the socket: ${stdout.trim().split("\n").join(", ")}`);
    assert.match(stdout, /Result=trigger-limit-hit/);
    assert.match(stdout, /ActiveState=failed/);
    await settled();
  });
}

/** If the last test has failed, there is something left to do. */
async function settled(): Promise<void> {
  configure();
  await stack.up();
  await serves();
}

/** Runs an `up` that fails and changes nothing: no byte and no process changes, and both sites serve what they did. */
async function refused(
  t: TestContext,
  changes: Parameters<typeof configure>[0],
  ...messages: RegExp[]
): Promise<void> {
  const [served, before, files] = [page, await units(host), await listing(host)];
  configure(changes);
  const { code, stdout, stderr } = await stack.up({ check: false });
  page = served;
  const error = /^Diagnostics:\n[^]*?(?=^\S|(?![^]))/m.exec(stdout + stderr)?.[0] ?? stdout + stderr;
  for (const line of error.split("\n").slice(1))
    if (/^\s+\S/.test(line)) t.diagnostic(line.trimEnd().slice(0, 300));
  assert.notEqual(code, 0, "the up has not failed");
  for (const message of messages) assert.match(error, message);
  assert.deepEqual(difference(files, await listing(host)), []);
  assert.deepEqual(touched(before, await units(host)), []);
  await serves();
  assert.match(error, /Nothing was changed|It was rolled back/);
}

/** Changes only the site of the system's manager. */
const onlySystem = (change: object = {}) => ({
  example1: { nginx: nginx(8080, `page ${page}`) },
  ...change,
});
const onlyUser = () => ({ example2: { nginx: nginx(80, `page ${page}`) } });

before(async () => {
  configure();
  await stack.up();
  await serves();
});

test("a masked service in the way of a change", async (t) => {
  await settled();
  await host.run(["systemctl", "mask", "--runtime", "example2.service"]);
  try {
    await refused(t, onlySystem(), /example2\.service[^]*masked/, /systemctl unmask/);
  } finally {
    await host.run(["systemctl", "unmask", "--runtime", "example2.service"]);
  }
  await settled();
});

test("a masked socket in the way of a new site", async (t) => {
  await settled();
  await host.run(["systemctl", "mask", "third.socket"]);
  try {
    const third = { ...example2, listen: ["0.0.0.0:83"] };
    await refused(
      t,
      { ...onlySystem({ example2: { nginx: nginx(80, `page ${page}`) } }), more: { third } },
      /third\.socket[^]*masked/,
      /systemctl unmask/,
    );
  } finally {
    await host.run(["systemctl", "unmask", "third.socket"]);
  }
  await settled();
});

/** Mounts a file system with the same content over a directory, during an action. */
async function covered(directory: string, options: string, action: () => Promise<unknown>): Promise<void> {
  await host.sh(
    `set -e; mkdir -p /run/covered; mount -t tmpfs -o ${options} tmpfs /run/covered
    cp -a ${directory}/. /run/covered/; mount --bind /run/covered ${directory}; umount /run/covered`,
  );
  try {
    await action();
  } finally {
    await host.run(["umount", directory]);
  }
}

test("a full disk where the configuration is", async (t) => {
  await settled();
  // Four pages of memory, of which the directory and the file use two.
  await covered("/etc/quadlet-fleet/example2", "size=16k,mode=0700", async () => {
    const big = "# as long as a disk is full\n".repeat(2000);
    await refused(
      t,
      { ...onlySystem(), example2: { nginx: { ...nginx(80, "page"), "big.conf": big } } },
      /the file system of \/etc\/quadlet-fleet\/example2\/conf\.d has only \d+ KiB free/,
      /Nothing was changed/,
    );
  });
  await settled();
});

test("a disk that is found to be full only when it is written to", async (t) => {
  await settled();
  // Enough space, but inodes only for the two directories and the file that are there.
  await covered("/etc/quadlet-fleet/example2", "size=8m,nr_inodes=3,mode=0700", async () => {
    await refused(
      t,
      { ...onlySystem(), example2: { nginx: { ...nginx(80, "page"), "more.conf": "# more\n" } } },
      /preparing the files failed: .*No space left on device/,
      /Nothing was changed/,
    );
  });
  await settled();
});

test("a full disk where the mark and the journal are", async (t) => {
  await settled();
  await covered("/var/lib/quadlet-fleet", "size=256k,mode=0700", async () => {
    await host.sh("cat /dev/zero >/var/lib/quadlet-fleet/full 2>/dev/null; sync", { check: false });
    await refused(
      t,
      onlySystem(),
      /the file system of \/var\/lib\/quadlet-fleet has only \d+ KiB free/,
      /Nothing was changed/,
    );
    await host.run(["rm", "/var/lib/quadlet-fleet/full"]);
  });
  await settled();
});

/** Runs an action while a directory can't be written to. */
async function readOnly(directory: string, action: () => Promise<unknown>): Promise<void> {
  await host.sh(`mount --bind ${directory} ${directory} && mount -o remount,bind,ro ${directory}`);
  try {
    await action();
  } finally {
    await host.run(["umount", directory]);
  }
}

test("a read-only /etc", async (t) => {
  await settled();
  await readOnly("/etc", () =>
    refused(t, onlySystem(), /\/etc\/quadlet-fleet\/example2\/conf\.d/, /Read-only file system|read-only/),
  );
  await settled();
});

test("a read-only ~/.config", async (t) => {
  await settled();
  await readOnly("/home/test/.config", () =>
    refused(t, onlyUser(), /\.config\/quadlet-fleet\/example1\/conf\.d/, /Read-only file system|read-only/),
  );
  await settled();
});

test("a home whose parts are on other file systems", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  await host.sh(
    `for at in /home/test/.config /home/test/.local; do
      mkdir -p $at; mount -t tmpfs -o mode=0755,uid=1000,gid=1000 tmpfs $at
    done
    mkdir /home/test/.config/systemd; mount -t tmpfs -o mode=0755,uid=1000,gid=1000 tmpfs /home/test/.config/systemd`,
  );
  await settled();
  await settled();
  await stack.expectNoChanges();
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const { stdout } = await host.sh("find /home/test/.config -type f", { check: false });
  assert.equal(stdout, "");
});

test("SELinux (a fake of it: its commands, on a kernel without): what containers could not read is refused", async () => {
  const stat = `#!/bin/sh\ncase " $* " in *" %C "*) echo system_u:object_r:etc_t:s0 ;; *) exec /usr/bin/stat "$@" ;; esac\n`;
  await host.write("/usr/local/bin/getenforce", "#!/bin/sh\necho Enforcing\n", { mode: "0755" });
  await host.write("/usr/local/bin/stat", stat, { mode: "0755" });
  configure();
  await stack.up();
  await serves();
  configure({ example2: { selinuxLabel: "none" } });
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0);
  assert.match(
    stdout,
    /\/etc\/quadlet-fleet\/example2\/conf\.d has the SELinux type etc_t, .* selinuxLabel "private"/,
  );
  await host.run(["rm", "/usr/local/bin/getenforce", "/usr/local/bin/stat"]);
});
