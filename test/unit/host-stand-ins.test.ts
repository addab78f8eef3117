import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Action } from "../../host/plan/changes.ts";
import type { Desired, DesiredFile } from "../../host/desired.ts";
import { type Handover, type Rehearsal, handovers, rehearsals } from "../../host/plan/stand-ins.ts";
import { conf, service, site, unit } from "./host-plan-facts.ts";

/** nginx -t, whose mount shows the site's configuration directory. */
const checks = (directory: string) => [
  {
    name: "nginx -t",
    image: "x",
    command: ["nginx"],
    mounts: { [directory]: "/etc/nginx/conf.d" },
    volumes: [],
  },
];
const two = {
  ...site(["0.0.0.0:80", "0.0.0.0:81"]),
  checks: checks("/etc/quadlet-fleet/web/conf.d"),
};

function todo(actions: Record<string, Action> = {}): Map<string, Action> {
  return new Map(
    Object.entries({
      "web.socket": "none",
      "web-81.socket": "none",
      "web.service": "restart",
      ...actions,
    } satisfies Record<string, Action>),
  );
}

function only(desired: Desired, actions: Record<string, Action> = {}): Handover {
  const [first, ...rest] = handovers(desired, todo(actions));
  assert.ok(first && rest.length === 0);
  return first;
}

function rehearsal(desired: Desired, actions: Record<string, Action> = {}, home = "/root"): Rehearsal {
  const sockets = desired.files.flatMap(({ unit }) => (unit?.endsWith(".socket") ? [unit] : []));
  const [first, ...rest] = rehearsals(desired, todo(actions), sockets, home);
  assert.ok(first && rest.length === 0);
  return first;
}

function sockets({ standIn }: Handover): string | undefined {
  return /^Sockets=(.*)$/m.exec(standIn.text)?.[1];
}

describe("which services", () => {
  test("one that restarts and wants it", () => {
    const { service, standIn } = only(two);
    const { unit, path, container } = rehearsal(two);
    assert.deepEqual(
      [service, standIn.unit, standIn.path, rehearsal(two).service, unit, path, container],
      [
        "web.service",
        "web-handover.service",
        "%t/containers/systemd/web-handover.container",
        "web.service",
        "web-rehearsal.service",
        "%t/containers/systemd/web-rehearsal.container",
        "systemd-web-rehearsal",
      ],
    );
  });

  test("none that is not restarted", () => {
    for (const action of ["none", "start", "reload"] as const)
      assert.deepEqual(handovers(two, todo({ "web.service": action })), [], action);
    assert.deepEqual(handovers(two, new Map()), []);
  });

  test("none that does not want it", () => {
    const plain = { ...two, services: two.services.map((one) => ({ ...one, handover: false })) };
    assert.deepEqual(handovers(plain, todo()), []);
  });

  test("none whose unit is not of the set, or of which there can't be two", () => {
    const other = { ...two, files: two.files.filter(({ key }) => key !== "web.container") };
    assert.deepEqual(handovers(other, todo()), []);
    const published = withContainer((text) => text.replace("[Service]", "PublishPort=90:90\n[Service]"));
    assert.deepEqual(handovers(published, todo()), []);
  });

  test("none of several containers: a pod", () => {
    const pod = { ...two, files: [unit("web.kube", "[Kube]\nYaml=web.yml\n"), ...two.files.slice(2)] };
    assert.deepEqual(handovers(pod, todo()), []);
  });

  test("one of two, by its own sockets", () => {
    const both = {
      ...two,
      files: [
        ...two.files,
        unit("api.container", "[Container]\nImage=x\n"),
        unit("api.socket", "[Socket]\nListenStream=90\n"),
      ],
      services: [...two.services, service("api.socket"), service("api.service", { handover: true })],
    };
    const found = handovers(both, todo({ "api.socket": "none", "api.service": "restart" }));
    assert.deepEqual(
      found.map((one) => [one.service, sockets(one)]),
      [
        ["web.service", "web.socket web-81.socket"],
        ["api.service", "api.socket"],
      ],
    );
  });

  test("a plain .service that runs podman", () => {
    const text =
      "[Service]\nExecStart=/usr/bin/podman run --name systemd-%N --env NGINX=3; docker.io/library/nginx\n";
    const plain = { ...two, files: [unit("web.service", text), ...two.files.slice(2)] };
    const { standIn } = only(plain);
    assert.deepEqual(
      [standIn.unit, standIn.path],
      ["web-handover.service", "%t/systemd/system/web-handover.service"],
    );
  });
});

describe("the sockets that the stand-in is handed", () => {
  const cases: [Record<string, Action>, string][] = [
    [{}, "web.socket web-81.socket"],
    [{ "web-81.socket": "restart" }, "web.socket"],
    [{ "web.socket": "restart" }, "web-81.socket"],
    [{ "web-81.socket": "start" }, "web.socket"],
  ];
  for (const [actions, kept] of cases)
    test(`${JSON.stringify(actions)}: ${kept}`, () => assert.equal(sockets(only(two, actions)), kept));

  test("none is left: a restart", () => {
    assert.deepEqual(handovers(two, todo({ "web.socket": "restart", "web-81.socket": "restart" })), []);
  });
});

describe("the rehearsal", () => {
  test("of what restarts and of what reads a new configuration, even where there is no handover", () => {
    const probes = [{ listen: "0.0.0.0:80", path: "/", hostName: "localhost" }];
    for (const action of ["restart", "reload"] as const)
      assert.equal(rehearsal({ ...two, probes }, { "web.service": action }).unit, "web-rehearsal.service");
    assert.deepEqual(rehearsals(two, todo({ "web.service": "reload" }), [], "/root"), [], "nothing to ask");
    for (const action of ["none", "start"] as const)
      assert.deepEqual(rehearsals(two, todo({ "web.service": action }), [], "/root"), [], action);
    assert.equal(
      rehearsal(two, { "web.socket": "restart", "web-81.socket": "restart" }).unit,
      "web-rehearsal.service",
    );
  });

  test("none of what does not want it, or of which there can't be two", () => {
    const plain = { ...two, services: two.services.map((one) => ({ ...one, handover: false })) };
    const published = withContainer((text) => text.replace("[Service]", "PublishPort=90:90\n[Service]"));
    for (const state of [plain, published]) assert.deepEqual(rehearsals(state, todo(), [], "/root"), []);
  });

  test("none beside a unix socket, whose path it would take away; the handover is made all the same", () => {
    const state = site(["0.0.0.0:80", "/run/web.sock"]);
    assert.deepEqual(rehearsals(state, todo(), [], "/root"), []);
    assert.equal(only(state).standIn.unit, "web-handover.service");
  });

  test("is asked nothing where something else restarts, which may have to answer; its sockets are no matter", () => {
    const probes = [{ listen: "0.0.0.0:80", path: "/", hostName: "localhost" }];
    const asked = (actions: Record<string, Action>) => rehearsal({ ...two, probes }, actions).probes;
    assert.deepEqual(asked({ "api.service": "restart" }), []);
    for (const action of ["none", "reload"] as const) assert.deepEqual(asked({ "api.service": action }), [0]);
    assert.deepEqual(asked({ "web-81.socket": "start" }), [0]);
  });

  test("none where it may need what is not there yet", () => {
    assert.deepEqual(rehearsals(two, todo({ "web-usernamespace.service": "start" }), [], "/root"), []);
    assert.deepEqual(rehearsals(two, todo(), ["web.network"], "/root"), []);
    assert.equal(rehearsals(two, todo(), [], "/root").length, 1);
  });

  test("is asked by wildcards and loopback only: another address is not there", () => {
    const listens = [
      "192.0.2.11:80",
      "0.0.0.0:80",
      "127.0.0.1:82",
      "[2001:db8::1]:80",
      "[::]:80",
      "[::1]:80",
      "80",
    ];
    // The last two belong to another service.
    const probes = [...listens, "0.0.0.0:83", "/run/other.sock"].map((listen) => ({
      listen,
      path: "/",
      hostName: "localhost",
    }));
    assert.deepEqual(rehearsal({ ...site(listens), probes }).probes, [1, 2, 4, 5, 6]);
    assert.deepEqual(rehearsal(two).probes, []);
  });

  const volume = ({ text }: Rehearsal) => /^Volume=(.*)$/m.exec(text)?.[1];

  test("reads the new files, where they are staged", () => {
    assert.equal(volume(rehearsal(two)), "@STAGE@/etc/quadlet-fleet/web/conf.d:/etc/nginx/conf.d:ro");
  });

  test("of a user manager: by %h", () => {
    const path = "~/conf.d/a.conf";
    const user = withContainer(
      (text) => text.replace(/Volume=.*/, "Volume=%h/conf.d:/etc/nginx/conf.d:ro,Z"),
      [{ key: path, path, content: "", mode: "0644" }],
    );
    const found = rehearsal({ ...user, manager: "user", account: "test", checks: checks("~/conf.d") });
    assert.equal(volume(found), "@STAGE@/home/conf.d:/etc/nginx/conf.d:ro");
    assert.equal(found.path, "%t/containers/systemd/web-rehearsal.container");
  });

  test("of the system manager: by the home directory", () => {
    const path = "~/conf.d/a.conf";
    const state = withContainer(
      (text) => text.replace(/Volume=.*/, "Volume=/root/conf.d:/etc/nginx/conf.d:ro"),
      [{ key: path, path, content: "", mode: "0644" }],
    );
    const checked = { ...state, checks: checks("~/conf.d") };
    assert.equal(volume(rehearsal(checked)), "@STAGE@/home/conf.d:/etc/nginx/conf.d:ro");
    assert.equal(volume(rehearsal(checked, {}, "/srv")), "/root/conf.d:/etc/nginx/conf.d:ro");
  });

  test("a home directory with a %, which a unit writes twice", () => {
    const state = withContainer(
      (text) => text.replace(/Volume=.*/, "Volume=/srv/50%%/conf.d:/etc/nginx/conf.d:ro"),
      [{ key: "~/conf.d/a.conf", path: "~/conf.d/a.conf", content: "", mode: "0644" }],
    );
    const found = rehearsal({ ...state, checks: checks("~/conf.d") }, {}, "/srv/50%");
    assert.equal(volume(found), "@STAGE@/home/conf.d:/etc/nginx/conf.d:ro");
  });

  test("a file in a directory that is mounted for more than it: the directory stays, as it is not staged", () => {
    const path = "/srv/www/index.html";
    const state = withContainer(
      (text) => text.replace(/Volume=.*/, `Volume=/srv/www:/www:ro\nVolume=${path}:/index.html:ro`),
      [{ key: path, path, content: "", mode: "0644" }],
    );
    assert.match(
      rehearsal(state).text,
      /^Volume=\/srv\/www:\/www:ro\nVolume=@STAGE@\/srv\/www\/index\.html:\/index\.html:ro$/m,
    );
  });
});

/** The site with another container, and other files. */
function withContainer(change: (text: string) => string, files: DesiredFile[] = []): Desired {
  const text = two.files.find(({ key }) => key === "web.container")?.content ?? "";
  const kept = two.files.filter(({ key }) => key !== "web.container" && (files.length === 0 || key !== conf));
  return { ...two, files: [...files, unit("web.container", change(text)), ...kept] };
}

test("a stand-in that has not all sockets may bind an address of the host in its own namespace", () => {
  const state = site(["0.0.0.0:80", "192.0.2.11:81"]);
  const second = state.services.map(({ unit }) => unit).find((unit) => unit.startsWith("web-")) ?? "";
  const text = (actions: Record<string, Action>) => only(state, actions).standIn.text;
  assert.match(text({ [second]: "start" }), /^PodmanArgs=--sysctl=net\.ipv4\.ip_nonlocal_bind=1$/m);
  assert.doesNotMatch(text({ [second]: "none" }), /ip_nonlocal_bind/);
});
