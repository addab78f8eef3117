import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SocketActivatedNginxArgs } from "../../components/site/arguments.ts";
import { render } from "../../components/site/render.ts";
import { handoverUnit, rehearsalUnit, withoutLabel } from "../../units/stand-ins.ts";

/** The .container that a component makes. */
function container(listen: string[], change: Partial<SocketActivatedNginxArgs> = {}): string {
  const text = render("web", {
    connection: { address: "192.0.2.11" },
    manager: "system",
    image: "docker.io/library/nginx:latest",
    listen,
    ...change,
  }).units["web.container"];
  assert.ok(typeof text === "string");
  return text;
}

/** A container with additional lines in its own section. */
function withLines(...lines: string[]): string {
  return container(["0.0.0.0:80"]).replace("StopSignal=", `${lines.join("\n")}\nStopSignal=`);
}

function handover(text: string, sockets = ["web.socket"], file = "web.container"): string | undefined {
  return handoverUnit(file, text, sockets, []);
}

function rehearsal(text: string, moved: [string, string][] = [], file = "web.container"): string | undefined {
  return rehearsalUnit(file, text, new Map(moved), ["ipv4", "ipv6"]);
}

function lines(text: string | undefined, key: string): string[] {
  return (text ?? "").split("\n").filter((line) => line.startsWith(`${key}=`));
}

describe("what takes the requests meanwhile", () => {
  test("of one socket", () => {
    assert.equal(
      handover(container(["0.0.0.0:80"])),
      `[Unit]
Description=nginx web, socket-activated
Requires=web.socket
After=web.socket
StartLimitIntervalSec=0

[Container]
Image=docker.io/library/nginx:latest
Environment=NGINX=3;
Volume=/etc/quadlet-fleet/web/conf.d:/etc/nginx/conf.d:ro
StopSignal=SIGQUIT
StopTimeout=60
SecurityLabelDisable=true

[Service]
NonBlocking=true
ExecReload=/usr/bin/podman kill --signal=HUP systemd-%N
TimeoutStopSec=70
Restart=no
Sockets=web.socket

[Quadlet]
DefaultDependencies=false
`,
    );
  });

  const two = container(["0.0.0.0:80", "[::]:81"], { environment: { A: "NGINX 3;" } });
  const names = ["web.socket", "web-ipv6-81.socket"];

  test("of two sockets: it is handed both", () => {
    const text = handover(two, names);
    for (const key of ["Requires", "After", "Sockets"])
      assert.deepEqual(lines(text, key), [`${key}=web.socket web-ipv6-81.socket`]);
    assert.deepEqual(lines(text, "Environment"), ["Environment=NGINX=3:4;", 'Environment="A=NGINX 3;"']);
  });

  for (const kept of names) {
    test(`of two sockets, of which only ${kept} stays: nginx is told of one descriptor`, () => {
      const text = handover(two, [kept]);
      for (const key of ["Requires", "After", "Sockets"])
        assert.deepEqual(lines(text, key), [`${key}=${kept}`]);
      assert.deepEqual(lines(text, "Environment"), ["Environment=NGINX=3;", 'Environment="A=NGINX 3;"']);
    });
  }

  test("of no socket: there is nothing to share", () => {
    assert.equal(handover(two, []), undefined);
  });
});

test("where no address of the host is bound, the kernel's rule for them is left alone", () => {
  const text = rehearsalUnit("web.container", "[Container]\nImage=x\n", new Map(), []);
  const ports = "PodmanArgs=--sysctl=net.ipv4.ip_unprivileged_port_start=0";
  assert.deepEqual(lines(text, "PodmanArgs"), [ports]);
  assert.deepEqual(
    lines(rehearsalUnit("web.container", "[Container]\nImage=x\n", new Map(), ["ipv6"]), "PodmanArgs"),
    ["PodmanArgs=--sysctl=net.ipv6.ip_nonlocal_bind=1", ports],
  );
});

describe("what tries the new version out", () => {
  const two = container(["0.0.0.0:80", "[::]:81"], { environment: { A: "b" } });

  test("no sockets, no descriptors, the new files; addresses of the host may be bound", () => {
    assert.equal(
      rehearsal(two, [["/etc/quadlet-fleet/web/conf.d", "@STAGE@/etc/quadlet-fleet/web/conf.d"]]),
      `[Unit]
Description=nginx web, socket-activated
StartLimitIntervalSec=0

[Container]
Image=docker.io/library/nginx:latest
Environment=A=b
Volume=@STAGE@/etc/quadlet-fleet/web/conf.d:/etc/nginx/conf.d:ro
StopSignal=SIGQUIT
StopTimeout=60
SecurityLabelDisable=true
PodmanArgs=--sysctl=net.ipv4.ip_nonlocal_bind=1
PodmanArgs=--sysctl=net.ipv6.ip_nonlocal_bind=1
PodmanArgs=--sysctl=net.ipv4.ip_unprivileged_port_start=0

[Service]
NonBlocking=true
ExecReload=/usr/bin/podman kill --signal=HUP systemd-%N
TimeoutStopSec=70
Restart=no

[Quadlet]
DefaultDependencies=false
`,
    );
  });

  test("in a home directory, with an environment file", () => {
    const base = "%h/.config/quadlet-fleet/web";
    const text = container(["0.0.0.0:80"], { manager: "user", user: "test" }).replace(
      "Volume=",
      `EnvironmentFile=${base}/environment\nVolume=`,
    );
    const staged = "@STAGE@/home/.config/quadlet-fleet/web";
    for (const moved of [
      [
        [base, staged],
        [`${base}/conf.d`, `${staged}/conf.d`],
      ],
      [
        [`${base}/conf.d`, `${staged}/conf.d`],
        [base, staged],
      ],
    ] as [string, string][][]) {
      const found = rehearsal(text, moved);
      assert.deepEqual(lines(found, "EnvironmentFile"), [`EnvironmentFile=${staged}/environment`]);
      assert.deepEqual(lines(found, "Volume"), [`Volume=${staged}/conf.d:/etc/nginx/conf.d:ro`]);
    }
  });

  test("a directory is moved at the boundaries of a path only", () => {
    const staged = (...volumes: string[]) =>
      lines(
        rehearsal(withLines(...volumes.map((one) => `Volume=${one}`)), [["/srv/www", "@STAGE@/srv/www"]]),
        "Volume",
      )
        .slice(1)
        .map((line) => line.slice("Volume=".length));
    const same = ["/srv/www2:/a", "/srv/www.old:/a", "/srv/www-2:/a", "/mnt/srv/www:/a", "%h/srv/www:/a"];
    assert.deepEqual(staged(...same), same);
    assert.deepEqual(staged("/srv/www:/a", "/srv/www/img:/b:ro"), [
      "@STAGE@/srv/www:/a",
      "@STAGE@/srv/www/img:/b:ro",
    ]);
  });

  test("where the container sees it is not moved", () => {
    const text = container(["0.0.0.0:80"], { configurationDirectory: "/etc/nginx/conf.d" });
    assert.deepEqual(lines(rehearsal(text, [["/etc/nginx/conf.d", "@STAGE@/etc/nginx/conf.d"]]), "Volume"), [
      "Volume=@STAGE@/etc/nginx/conf.d:/etc/nginx/conf.d:ro",
    ]);
  });

  test("a text that only looks like a pattern is none", () => {
    const text = withLines("Volume=/srv/wwwxd:/a", "Volume=/srv/www.d:/b");
    assert.deepEqual(lines(rehearsal(text, [["/srv/www.d", "$&@STAGE@"]]), "Volume").slice(1), [
      "Volume=/srv/wwwxd:/a",
      "Volume=$&@STAGE@:/b",
    ]);
  });
});

describe("both", () => {
  const makers: [string, (text: string, file?: string) => string | undefined][] = [
    ["handover", (text, file) => handover(text, undefined, file)],
    ["rehearsal", (text, file) => rehearsal(text, undefined, file)],
  ];

  for (const [what, of] of makers) {
    test(`${what}: no name of its own, no label, not started again, not installed`, () => {
      const text = of(
        withLines(
          "ContainerName=web",
          "Volume=/a:/a:ro,z",
          "Volume=/b:/b:U,rw,Z",
          "Volume=/c:/c:Z",
          "Volume=/d:/d",
          "Volume=data.volume:/e:U",
          "Volume=/anonymous",
        ).replace("[Service]\n", "[Service]\nRestart=always\nSockets=web.socket\n"),
      );
      assert.deepEqual(lines(text, "ContainerName"), []);
      assert.deepEqual(lines(text, "Restart"), ["Restart=no"]);
      assert.deepEqual(lines(text, "WantedBy"), []);
      assert.equal(text?.includes("[Install]"), false);
      assert.deepEqual(lines(text, "SecurityLabelDisable"), ["SecurityLabelDisable=true"]);
      assert.deepEqual(lines(text, "Volume").slice(1), [
        "Volume=/a:/a:ro",
        "Volume=/b:/b:rw",
        "Volume=/c:/c",
        "Volume=/d:/d",
        "Volume=data.volume:/e",
        "Volume=/anonymous",
      ]);
    });

    test(`${what}: other dependencies are kept`, () => {
      const text = of(
        container(["0.0.0.0:80"]).replace(
          "[Container]",
          "Wants=web-network.service\nAfter=network.target\nAfter=\n[Container]",
        ),
      );
      assert.deepEqual(lines(text, "Wants"), ["Wants=web-network.service"]);
      assert.deepEqual(lines(text, "After").slice(-2), ["After=network.target", "After="]);
    });

    const onlyOne = [
      "PublishPort=90:90",
      "IP=10.88.0.9",
      "IP6=fd00::9",
      "Pod=web.pod",
      "Network=host",
      "Network=ns:/run/netns/web",
      "Network=container:other",
      "Network=other.container",
      "Network=none\nNetwork=other.container",
      "PodmanArgs=--network\nPodmanArgs=host",
      'PodmanArgs="--publish=90:90"',
      "PodmanArgs=-dp 90:90",
      "PodmanArgs=--name web",
      "PodmanArgs=--mount=type=bind,source=/a,target=/b,relabel=private",
      'Mount="type=bind,source=/a,target=/b,Z"',
      "Network=lan.network:ip=10.89.0.5",
      "Network=lan:interface_name=eth1,mac=02:00:00:00:00:01",
      "Network=pasta:-t,8090",
      "Network=pasta:--mtu,1500,-U,5353",
      "PodmanArgs=--publish 90:90",
      "PodmanArgs=--network=host",
    ];
    for (const line of onlyOne)
      test(`${what}: none with ${JSON.stringify(line)}: there can't be two`, () =>
        assert.equal(of(withLines(line)), undefined));

    for (const line of [
      "Network=none",
      "Network=web.network",
      "Network=hosting",
      "Network=host-2.network",
      "Network=lan:interface_name=eth1",
      "Network=pasta:--mtu,1500",
      "Network=container.network",
      "Network=other.container\nNetwork=",
      "PublishPort=90:90\nPublishPort=",
      "Pod=web.pod\nPod=",
      "IP=10.88.0.9\nIP=",
      "PodmanArgs=--network=host\nPodmanArgs=",
      "# a comment that ends in a backslash \\",
      "Label=a\\\n# a comment between\n  b",
    ])
      test(`${what}: one with ${JSON.stringify(line)}`, () => assert.ok(of(withLines(line))));

    test(`${what}: none of a text that can't be read, or not be written again`, () => {
      for (const text of ["nonsense", "[Container]\nImage=x\nA b=c\n", "[Container]\nImage=x\u0007\n"])
        assert.equal(of(text), undefined, text);
    });

    test(`${what}: of pods there is none`, () => {
      assert.equal(of("[Kube]\nYaml=web.yml\n", "web.kube"), undefined);
    });
  }
});

test("a rehearsal is told of no descriptors, however that is written", () => {
  for (const [line, left] of [
    ['Environment="NGINX=3;"', []],
    ['Environment=NGINX="3;"', []],
    ["Environment=A=b NGINX=3; 'C=d e'", ['Environment=A=b "C=d e"']],
    ["Environment=MYNGINX=3;", ["Environment=MYNGINX=3;"]],
  ] as const)
    assert.deepEqual(lines(rehearsal(`[Container]\nImage=x\n${line}\n`), "Environment"), left, line);
});

test("a dependency on a socket that is not handed on is left out, in quotes too", () => {
  const text = '[Unit]\nAfter="web.socket" "web-81.socket" dev-a\\x2db.device\n[Container]\nImage=x\n';
  assert.deepEqual(lines(handover(text), "After"), ['After="web.socket" dev-a\\x2db.device']);
});

test("labels of volumes", () => {
  assert.deepEqual(["/a:/b:ro,Z", "/a:/b:z", "/a:/b:U,exec", "/a:/b", "/a"].map(withoutLabel), [
    "/a:/b:ro",
    "/a:/b",
    "/a:/b:exec",
    "/a:/b",
    "/a",
  ]);
});

test("a rehearsal may make sockets, as it is handed none; what stands in may not", () => {
  const text =
    "[Unit]\nRequires=web.socket\n[Container]\nImage=x:1\n[Service]\nRestrictAddressFamilies=AF_UNIX AF_NETLINK\n";
  assert.doesNotMatch(rehearsalUnit("web.container", text, new Map(), []) ?? "", /RestrictAddressFamilies/);
  assert.match(handoverUnit("web.container", text, ["web.socket"], []) ?? "", /RestrictAddressFamilies/);
});
