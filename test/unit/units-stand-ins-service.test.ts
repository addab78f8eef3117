import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { awaitFirstPodman } from "../../components/site/first-podman.ts";
import { render } from "../../components/site/render.ts";
import { fill } from "../../host/plan/placeholders.ts";
import { handoverUnit, rehearsalUnit } from "../../units/stand-ins.ts";
import { desired, unit } from "./host-plan-facts.ts";

// Stand-ins for a .service that runs podman, as Example 3 does.

const home = "/home/test";

/** The service as it is on the host. */
function example(listen: string[]): string {
  const text = render("web", {
    connection: { address: "192.0.2.11" },
    manager: "system",
    user: "test",
    network: "none",
    image: "docker.io/library/nginx:latest",
    listen,
  }).units["web.service"];
  assert.ok(typeof text === "string");
  const file = { ...unit("web.service", text), placeholders: true };
  const [filled] = fill(desired({ account: "test", files: [file] }), { uid: 1006, home }).files;
  assert.ok(filled);
  return filled.content;
}

const one = example(["0.0.0.0:81"]);
const two = example(["0.0.0.0:81", "192.0.2.11:82"]);
const conf = `${home}/.config/quadlet-fleet/web/conf.d`;
const staged = "@STAGE@/home/.config/quadlet-fleet/web/conf.d";

function handover(text: string, sockets = ["web.socket"]): string | undefined {
  return handoverUnit("web.service", text, sockets, []);
}

function rehearsal(text: string): string | undefined {
  return rehearsalUnit("web.service", text, new Map([[conf, staged]]), ["ipv4", "ipv6"]);
}

const of = (text: string) => [handover(text), rehearsal(text)];

function lines(text: string | undefined, key: string): string[] {
  return (text ?? "").split("\n").filter((line) => line.startsWith(`${key}=`));
}

function command(text: string | undefined): string {
  const [line, ...more] = lines(text, "ExecStart");
  assert.ok(line !== undefined && more.length === 0);
  return line;
}

/** The whole text except the command. */
function rest(text: string | undefined): string | undefined {
  return text?.replace(/^ExecStart=.*\n/m, "");
}

const same = `RequiresMountsFor=/run/user/1006/containers
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
User=test
Environment=PODMAN_SYSTEMD_UNIT=%n
Environment=XDG_RUNTIME_DIR=/run/user/1006
Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1006/bus
NonBlocking=true
ExecStartPre=${awaitFirstPodman("/run/user/1006")}
ExecReload=/usr/bin/podman kill --signal=HUP systemd-%N
ExecStop=/usr/bin/podman rm -v -f -i --cidfile=/run/user/1006/%N.cid
ExecStopPost=-/usr/bin/podman rm -v -f -i --cidfile=/run/user/1006/%N.cid
TimeoutStopSec=70
KillMode=mixed
Delegate=true
SyslogIdentifier=%N
Restart=no
`;

test("handover: the same, with the sockets that it is handed", () => {
  assert.equal(
    rest(handover(one)),
    `[Unit]
Description=nginx web, socket-activated
Requires=web.socket user@1006.service
After=web.socket user@1006.service
${same}Sockets=web.socket
`,
  );
  assert.match(command(handover(one)), / --name systemd-%N --cidfile=\/run\/user\/1006\/%N\.cid /);
  assert.match(command(handover(one)), / --env NGINX=3; --pull=never docker\.io\/library\/nginx:latest$/);
});

test("handover: the descriptors are those that it is handed", () => {
  assert.match(command(handover(two, ["web.socket", "web-192.0.2.11-82.socket"])), / --env NGINX=3:4; /);
  const kept = handover(two, ["web-192.0.2.11-82.socket"]);
  assert.match(command(kept), / --env NGINX=3; /);
  assert.deepEqual(
    [...lines(kept, "Requires"), ...lines(kept, "Sockets")],
    ["Requires=web-192.0.2.11-82.socket user@1006.service", "Sockets=web-192.0.2.11-82.socket"],
  );
});

describe("rehearsal", () => {
  test("the same, without sockets, with the new files", () => {
    assert.equal(
      rest(rehearsal(two)),
      `[Unit]
Description=nginx web, socket-activated
Requires=user@1006.service
After=user@1006.service
${same}`,
    );
    assert.match(command(rehearsal(two)), new RegExp(` --volume ${staged}:/etc/nginx/conf\\.d:ro`));
    assert.match(command(rehearsal(two)), / --network none .*docker\.io\/library\/nginx:latest$/);
  });

  test("nginx is told of no descriptors: it would close one that is not a socket", () => {
    assert.doesNotMatch(command(rehearsal(two)), /NGINX=\d/);
  });

  test("an address of the host is none in there, and nginx may bind it all the same", () => {
    for (const family of ["ipv4", "ipv6"])
      assert.match(command(rehearsal(two)), new RegExp(` --sysctl[= ]net\\.${family}\\.ip_nonlocal_bind=1 `));
  });
});

test("a label would take the files from the one that runs: left out, and nothing is confined by it", () => {
  for (const text of of(one)) {
    assert.doesNotMatch(command(text), /conf\.d:ro,Z/);
    assert.match(command(text), / --security-opt[= ]label=disable /);
  }
});

test("a label of a volume with blanks in its name", () => {
  const text = one.replace(" --volume ", ' -v "/srv/my site:/b:U,ro,Z" -v /srv/Z:/Z:z --volume ');
  assert.match(command(handover(text)), / -v "\/srv\/my site:\/b:ro" -v \/srv\/Z:\/Z --volume /);
});

test("an installed unit is not: no [Install], no Restart= but no", () => {
  const installed = `${one.replace("Type=notify", "Type=notify\nRestart=always")}\n[Install]\nWantedBy=multi-user.target\n`;
  for (const text of of(installed)) {
    assert.deepEqual([...lines(text, "WantedBy"), ...lines(text, "Restart")], ["Restart=no"]);
    assert.equal(text?.includes("[Install]"), false);
    assert.equal(text?.includes("[Container]"), false);
  }
});

const withOption = (option: string) => one.replace(" --network none ", ` ${option} `);
const onlyOne = [
  "-p 90:90",
  "-p90:90",
  "--publish=90:90",
  "--ip 10.88.0.9",
  "--network=host",
  "--network host",
  "--net=host",
  "--network ns:/run/netns/web",
  "--network=container:other",
  "--pod web",
  '--network "lan:ip6=fd00::5"',
  "--network=pasta:-t,8090",
  "--mac-address 02:00:00:00:00:01",
  '"--publish=90:90"',
  "-dp 90:90",
  "--mount type=bind,source=/a,target=/b,relabel=shared",
  '"--volume=/a:/b:Z"',
];
for (const option of onlyOne)
  test(`none with ${option}: there can't be two`, () =>
    assert.deepEqual(of(withOption(option)), [undefined, undefined]));
for (const option of ["--network=none", "--network web", "--network=host-2"])
  test(`one with ${option}`, () => assert.ok(of(withOption(option)).every((text) => text !== undefined)));

test("none with a name of its own: --replace would end the one that runs", () => {
  for (const name of ["--name web", "--name=web"])
    assert.deepEqual(of(one.replace("--name systemd-%N", name)), [undefined, undefined], name);
});

test("a command that is written in several lines", () => {
  const text = one.replaceAll(" --", " \\\n    --");
  assert.match(command(handover(text)), / --name systemd-%N .* --env NGINX=3; /);
});
