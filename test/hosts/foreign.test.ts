import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { openScene } from "./support/scene.ts";
import {
  type FleetConfiguration,
  difference,
  example1,
  example2,
  example3,
  example4,
  get,
  getNamed,
  image,
  listing,
} from "./support/stack.ts";

// Names of units and containers that are already used on a host: a deploy leaves their owners as they are and running.

const scene = await openScene("foreign");
const { fleet, host, stack } = scene;

function configure(what: Omit<FleetConfiguration, "hosts">): void {
  scene.configure({ ...what });
}

const example2On = (port: number, change: object = {}) => ({
  ...example2,
  listen: [`0.0.0.0:${port}`],
  ...change,
});

/** Deploys something that has to be refused, and checks that nothing on the host has changed. */
async function refused(
  what: Omit<FleetConfiguration, "hosts">,
  message: RegExp,
  state: () => Promise<string>,
): Promise<void> {
  const files = await listing(host);
  const before = await state();
  configure(what);
  const { code, stdout } = await stack.up({ check: false });
  assert.notEqual(code, 0, "it was not refused");
  assert.match(stdout, message);
  assert.match(stdout, /Nothing was changed on it/);
  assert.equal(await state(), before);
  assert.deepEqual(difference(files, await listing(host)), []);
}

/** The properties of units as systemd shows them, with their processes. */
async function unitState(units: readonly string[], user?: string): Promise<string> {
  const properties = "LoadState,ActiveState,UnitFileState,FragmentPath,MainPID,InvocationID,NeedDaemonReload";
  const manager = user === undefined ? [] : ["--user"];
  return (await host.run(["systemctl", ...manager, "show", `--property=${properties}`, ...units], { user }))
    .stdout;
}

describe("a unit of the host", () => {
  const packaged = (description: string) => `[Unit]
Description=${description}

[Service]
ExecStart=/usr/bin/sleep infinity

[Install]
WantedBy=multi-user.target
`;
  const nginx = () => unitState(["nginx.service"]);

  before(async () => {
    await host.write("/usr/lib/systemd/system/nginx.service", packaged("nginx of a package"));
    await host.write("/usr/lib/systemd/system/idle.service", packaged("neither enabled nor started"));
    await host.write(
      "/etc/init.d/legacy",
      "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: legacy\n# Default-Start: 2 3 4 5\n# Default-Stop: 0 1 6\n### END INIT INFO\nexit 0\n",
      { mode: "0755" },
    );
    await host.write("/usr/share/containers/systemd/shipped.container", `[Container]\nImage=${image}\n`);
    await host.sh("systemctl daemon-reload; systemctl enable --quiet --now nginx.service");
  });

  test("that a package has enabled, and that runs: refused, also with adopt, and it runs on", async () => {
    const message =
      /nginx\.service already exists: systemd has it from \/usr\/lib\/systemd\/system\/nginx\.service, which does not belong to this resource\. Choose another name/;
    for (const adopt of [false, true])
      await refused({ sites: { nginx: example2On(8080, { adopt }) } }, message, nginx);
    assert.match(await nginx(), /ActiveState=active\n[^]*UnitFileState=enabled/);
  });

  const cases: [string, string, RegExp, object?][] = [
    [
      "sshd itself",
      "ssh",
      /ssh\.service already exists: systemd has it from \/usr\/lib\/systemd\/system\/ssh\.service/,
    ],
    [
      "an alias",
      "sshd",
      /sshd\.service already exists: systemd has it from \/usr\/lib\/systemd\/system\/ssh\.service/,
    ],
    [
      "one that is neither enabled nor loaded",
      "idle",
      /idle\.service already exists: .* \/usr\/lib\/systemd\/system\/idle\.service/,
    ],
    ["one of a script of System V", "legacy", /legacy\.service already exists: .* \/etc\/init\.d\/legacy,/],
    [
      "one of a quadlet elsewhere",
      "shipped",
      /shipped\.service already exists: .* \/usr\/share\/containers\/systemd\/shipped\.container,/,
    ],
    [
      "one of the account's manager",
      "podman",
      /podman\.service already exists: systemd has it from \/usr\/lib\/systemd\/user\/podman\.service/,
      example1,
    ],
    [
      "one by Example 3, whose file would win over that of a package",
      "nginx",
      /nginx\.service already exists: .* \/usr\/lib\/systemd\/system\/nginx\.service/,
      example3,
    ],
  ];
  for (const [what, name, message, site] of cases)
    test(`${what}: refused`, async () => {
      const user = site === example1 ? "test" : undefined;
      const units = [`${name}.service`, `${name}.socket`];
      await refused({ sites: { [name]: site ?? example2On(8080) } }, message, () => unitState(units, user));
    });

  test("under another name the site serves beside it, and its removal leaves it as well", async () => {
    const before = await nginx();
    configure({ sites: { "nginx-front": example2On(8080) } });
    await stack.up();
    assert.equal((await get(fleet, `http://${host.address}:8080/`)).status, 200);
    assert.equal(await nginx(), before);
    await stack.expectNoChanges();
    await stack.run(["destroy", "--yes", "--skip-preview"]);
    assert.equal(await nginx(), before);
  });

  test("that somebody installs over one of ours, whose file is gone: no more ours, neither for up nor for destroy", async () => {
    configure({ sites: { late: example2On(8080) } });
    await stack.up();
    await host.run(["rm", "/etc/containers/systemd/late.container"]);
    await host.write("/usr/lib/systemd/system/late.service", packaged("late"));
    await host.sh(
      "systemctl daemon-reload; systemctl stop late.socket late.service; systemctl start late.service",
    );
    const late = () => unitState(["late.service"]);
    const before = await late();
    const { code, stdout } = await stack.run(["up", "--refresh", "--yes", "--skip-preview"], {
      check: false,
    });
    assert.notEqual(code, 0, "it was not refused");
    assert.match(stdout, /late\.service already exists/);
    assert.equal(await late(), before);
    await stack.run(["destroy", "--yes", "--skip-preview"]);
    assert.equal(await late(), before);
    assert.match(before, /ActiveState=active/);
  });
});

describe("a container of the host", () => {
  const test1 = { user: "test" };
  const containers = async () => {
    const list = [
      "podman",
      "ps",
      "--all",
      "--no-trunc",
      "--format",
      "{{.Names}} {{.ID}} {{.State}} {{.Pid}}",
    ];
    return `${(await host.run(list)).stdout}--\n${(await host.run(list, test1)).stdout}`;
  };
  const byHand = (name: string, user?: string) =>
    host.run(
      [
        "podman",
        "run",
        "--detach",
        "--name",
        name,
        "--network=none",
        "--entrypoint=sleep",
        image,
        "infinity",
      ],
      {
        user,
        timeoutMs: 120_000,
      },
    );
  const text = (unit: string, name: string, whose: string) =>
    new RegExp(
      `${unit}\\.service would replace the container ${name} \\(docker\\.io/library/nginx:latest\\), which ${whose} has already`,
    );

  before(async () => {
    await byHand("apache-container", "test");
    await byHand("systemd-third", "test");
    await byHand("systemd-second");
    await host.run(["podman", "stop", "--time=0", "systemd-second"]);
  });

  test("of the account, by the name of a backend: refused", async () => {
    await refused(
      { proxies: { example4 } },
      text("apache-container", "apache-container", 'the account "test"'),
      containers,
    );
  });

  test("of the account, by the name that Example 3 gives its own: refused", async () => {
    await refused(
      { sites: { third: example3 } },
      text("third", "systemd-third", 'the account "test"'),
      containers,
    );
  });

  test("of root, also one that does not run: refused", async () => {
    await refused(
      { sites: { second: example2On(8080) } },
      text("second", "systemd-second", "root"),
      containers,
    );
  });

  test("under other names both serve, and their removal leaves the containers as they are", async () => {
    const before = await containers();
    const { "apache-container": apache, ...others } = example4.backends;
    const backends = { ...others, "apache-2": apache };
    // A name that root uses is free for the account, and the other way round.
    configure({
      sites: { "site-3": example3, third: example2On(8083) },
      proxies: { example4: { ...example4, backends } },
    });
    await stack.up();
    assert.equal((await get(fleet, `http://${host.address}:81/`)).status, 200);
    assert.equal((await get(fleet, `http://${host.address}:8083/`)).status, 200);
    assert.equal((await getNamed(fleet, host, "apache.example.com")).status, 200);
    const now = await containers();
    for (const line of before.split("\n"))
      assert.ok(now.includes(line), `${line} is not there any more:\n${now}`);
    await stack.expectNoChanges();
    await stack.run(["destroy", "--yes", "--skip-preview"]);
    assert.equal(await containers(), before);
  });

  test("of our own unit, whose file somebody has removed while it runs: it is put back", async () => {
    configure({ sites: { mine: { ...example1, listen: ["0.0.0.0:8088"] } } });
    await stack.up();
    await host.sh("rm ~/.config/containers/systemd/mine.container; systemctl --user daemon-reload", test1);
    await stack.run(["up", "--refresh", "--yes", "--skip-preview"]);
    assert.equal((await get(fleet, `http://${host.address}:8088/`)).status, 200);
    await stack.expectNoChanges();
    await stack.run(["destroy", "--yes", "--skip-preview"]);
  });
});
