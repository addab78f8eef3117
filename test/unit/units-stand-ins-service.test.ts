import assert from "node:assert/strict";
import { test } from "node:test";
import { handoverUnit, rehearsalUnit } from "../../units/stand-ins.ts";

// Stand-ins for a .service that runs podman.

function handover(text: string, sockets = ["web.socket"]): string | undefined {
  return handoverUnit("web.service", text, sockets);
}

function rehearsal(text: string, moved: [string, string][] = []): string | undefined {
  return rehearsalUnit("web.service", text, new Map(moved));
}

function lines(text: string | undefined, key: string): string[] {
  return (text ?? "").split("\n").filter((line) => line.startsWith(`${key}=`));
}

/** Example 3 of podman-nginx-socket-activation. */
const example = (options: string) => `[Unit]
Requires=web.socket
After=web.socket

[Service]
User=test
Environment=PODMAN_SYSTEMD_UNIT=%n
ExecStop=/usr/bin/podman rm -f -i --cidfile=/run/user/1006/%N.cid
Type=notify
NotifyAccess=all
Restart=on-failure
ExecStart=/usr/bin/podman run \\
     --cidfile=/run/user/1006/%N.cid \\
     --env "NGINX=3:4;" \\
     ${options} \\
     docker.io/library/nginx

[Install]
WantedBy=multi-user.target
`;
const right = example("--replace --name systemd-%N --network none");
const of = (options: string) => [handover(example(options)), rehearsal(example(options))];

test("handover: the same command, with the descriptors that it is handed", () => {
  const text = handover(right);
  assert.deepEqual(lines(text, "Sockets"), ["Sockets=web.socket"]);
  assert.deepEqual(lines(text, "Restart"), ["Restart=no"]);
  assert.equal(text?.includes("[Install]"), false);
  assert.equal(text?.includes("[Container]"), false);
  assert.match(lines(text, "ExecStart").join(), /--env "NGINX=3;" .*--name systemd-%N --network none/);
});

test("rehearsal: no sockets, the new files, and nginx told of no descriptors", () => {
  const text = rehearsal(example("--name systemd-%N -v /srv/conf:/etc/nginx/conf.d"), [
    ["/srv/conf", "@STAGE@/srv/conf"],
  ]);
  assert.deepEqual([...lines(text, "Requires"), ...lines(text, "Sockets")], []);
  assert.match(lines(text, "ExecStart").join(), / -v @STAGE@\/srv\/conf:\/etc\/nginx\/conf\.d /);
  assert.doesNotMatch(lines(text, "ExecStart").join(), /NGINX=\d/);
});

test("a label would take the files from the one that runs: left out as well", () => {
  for (const text of of("--name systemd-%N -v /srv/conf:/etc/nginx/conf.d:ro,Z"))
    assert.doesNotMatch(lines(text, "ExecStart").join(), /,Z/);
});

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
  "--name web",
  "--replace --name=web",
];
for (const options of onlyOne)
  test(`none with ${options}: there can't be two`, () =>
    assert.deepEqual(of(options), [undefined, undefined]));
for (const options of ["--network=none", "--network web", "--pull never", "--network=host-2"])
  test(`one with ${options}`, () => assert.ok(of(options).every((text) => text !== undefined)));
