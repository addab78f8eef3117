import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Facts, type FileFact, type Query, noFacts } from "../../host/facts/facts.ts";
import type { UnitFact } from "../../host/facts/unit-facts.ts";
import type { Identity } from "../../provider/identity.ts";
import { secret } from "../../provider/wire.ts";
import { importedInputs, nextQuery } from "../../provider/import.ts";

/** The content of a made-up host. */
interface Host {
  files: Record<string, string>;
  modes?: Record<string, string>;
  units: Record<string, Partial<UnitFact>>;
  set?: Facts["set"];
  lingers?: boolean;
}

/** The host's answer to a query: only the facts that were asked for. */
function answer(host: Host, query: Query): Facts {
  const file = (path: string): FileFact => {
    const text = host.files[path];
    if (text === undefined) return { type: "absent", mode: "", uid: -1, modified: 0, sha256: "" };
    return {
      type: "file",
      mode: host.modes?.[path] ?? "0644",
      uid: 0,
      modified: 0,
      sha256: "",
      content: Buffer.from(text),
    };
  };
  const within = (directory: string) =>
    Object.keys(host.files).flatMap((path) => {
      const at = path.lastIndexOf("/");
      return path.slice(0, at) === directory ? [path.slice(at + 1)] : [];
    });
  return {
    ...noFacts(),
    home: "/root",
    lingers: host.lingers ?? false,
    files: new Map([...query.files.keys()].map((path) => [path, file(path)])),
    units: new Map(
      query.units.map((unit) => [
        unit,
        {
          load: "loaded",
          active: "active",
          restarting: false,
          enabled: "disabled",
          needsReload: false,
          dropIns: [],
          changed: 0,
          ...host.units[unit],
        },
      ]),
    ),
    names: new Map((query.directories ?? []).map((directory) => [directory, within(directory)])),
    set: host.set,
  };
}

/** The queries one after the other, as lists of paths, and the inputs at the end. */
function walk(identity: Identity, host: Host) {
  const asked: { directories: readonly string[]; files: string[]; units: readonly string[] }[] = [];
  let facts = answer(host, { files: new Map(), units: [] });
  for (let next = nextQuery(identity, facts); next; next = nextQuery(identity, facts)) {
    asked.push({
      directories: next.directories ?? [],
      files: [...next.files.keys()].sort(),
      units: [...next.units].sort(),
    });
    assert.ok(asked.length < 10, "it does not end");
    facts = answer(host, next);
  }
  return { asked, inputs: importedInputs(identity, facts) };
}

const hosts = { "web-1": { address: "192.0.2.11", port: 22, user: "root" } };

test("a quadlet with ServiceName=: its service is asked about by that name, once its text is known", () => {
  const container = "/etc/containers/systemd/web.container";
  const text = "[Container]\nImage=docker.io/library/nginx\nServiceName=front\n";
  const host: Host = { files: { [container]: text }, units: { "front.service": { active: "inactive" } } };
  const { asked, inputs } = walk({ hosts, manager: "system", name: "web" }, host);
  assert.deepEqual(
    asked.map(({ units }) => units),
    [[], ["web.service"], ["front.service"]],
  );
  assert.deepEqual(inputs?.services, { "front.service": { active: false } });
});

describe("Example 2, made by hand", () => {
  const identity: Identity = { hosts, manager: "system", name: "example2" };
  const container = "/etc/containers/systemd/example2.container";
  const socket = "/etc/systemd/system/example2.socket";
  const host: Host = {
    files: {
      [container]:
        "[Unit]\nRequires=example2.socket\n[Container]\nImage=docker.io/library/nginx\nEnvironment=NGINX=3;\n",
      [socket]: "[Socket]\nListenStream=0.0.0.0:80\n",
      "/etc/systemd/system/example2-81.socket":
        "[Socket]\nListenStream=0.0.0.0:81\nService=example2.service\n",
      "/etc/systemd/system/example22.socket": "[Socket]\nListenStream=0.0.0.0:82\n",
      "/etc/systemd/system/example2.org.socket": "[Socket]\nListenStream=0.0.0.0:83\n",
      "/etc/containers/systemd/other.container": "[Container]\nImage=other\n",
    },
    units: { "example2.socket": { enabled: "enabled" }, "example2.service": { enabled: "generated" } },
  };
  const { asked, inputs } = walk(identity, host);

  test("first the names, then the set's own units", () => {
    const files = [container, "/etc/systemd/system/example2-81.socket", socket];
    const units = ["example2-81.socket", "example2.service", "example2.socket"];
    assert.deepEqual(asked, [
      { directories: ["/etc/containers/systemd", "/etc/systemd/system"], files: [], units: [] },
      { directories: [], files, units },
    ]);
  });

  test("the inputs", () => {
    assert.deepEqual(inputs, {
      hosts: secret(hosts),
      name: "example2",
      manager: "system",
      units: {
        "example2.container": host.files[container],
        "example2.socket": host.files[socket],
        "example2-81.socket": host.files["/etc/systemd/system/example2-81.socket"],
      },
      services: {
        "example2.service": {},
        "example2.socket": { enabled: true },
        "example2-81.socket": {},
      },
      images: { "docker.io/library/nginx": { pull: "missing" } },
    });
  });
});

describe("Example 1, made by hand, with a directory that is mounted", () => {
  const identity: Identity = { hosts, manager: "user", user: "test", name: "example1" };
  const container = "~/.config/containers/systemd/example1.container";
  const socket = "~/.config/systemd/user/example1.socket";
  const conf = "~/nginx_conf_d/default.conf";
  const host: Host = {
    files: {
      [container]:
        "[Container]\nImage=localhost/myimage\nVolume=%h/nginx_conf_d:/etc/nginx/conf.d:Z\nVolume=/srv/www:/usr/share/nginx/html\n",
      [socket]: "[Socket]\nListenStream=0.0.0.0:8080\n",
      // Not a unit, and it must not be read as one.
      [conf]: "server {\n  listen 8080;\n}\n",
      "~/nginx_conf_d/htpasswd": "u:x\n",
      "/srv/www/index.html": "hello\n",
    },
    modes: { "~/nginx_conf_d/htpasswd": "0640" },
    units: { "example1.service": { active: "inactive" } },
    lingers: true,
  };
  const { asked, inputs } = walk(identity, host);

  test("the directory comes third, its files fourth", () => {
    const units = ["example1.service", "example1.socket"];
    assert.deepEqual(
      asked.map(({ directories, files }) => ({ directories, files })),
      [
        { directories: ["~/.config/containers/systemd", "~/.config/systemd/user"], files: [] },
        { directories: [], files: [container, socket] },
        { directories: ["~/nginx_conf_d"], files: [container, socket] },
        { directories: ["~/nginx_conf_d"], files: [container, socket, conf, "~/nginx_conf_d/htpasswd"] },
      ],
    );
    assert.deepEqual(asked.at(-1)?.units, units);
  });

  test("the inputs", () => {
    assert.deepEqual(inputs, {
      hosts: secret(hosts),
      name: "example1",
      manager: "user",
      user: "test",
      linger: true,
      units: { "example1.container": host.files[container], "example1.socket": host.files[socket] },
      files: {
        [conf]: { content: host.files[conf] },
        "~/nginx_conf_d/htpasswd": { content: "u:x\n", mode: "0640" },
      },
      services: { "example1.service": { active: false }, "example1.socket": {} },
      images: { "localhost/myimage": { pull: "missing" } },
    });
  });
});

describe("a quadlet as only podman reads it", () => {
  const identity: Identity = { hosts, manager: "system", name: "web" };
  const container = "/etc/containers/systemd/web.container";
  const of = (lines: string) => walk(identity, { files: { [container]: lines }, units: {} });

  test("the last image, without its quotes; the volumes after an empty one", () => {
    const { asked, inputs } = of(
      '[Container]\nImage=old\nImage="docker.io/library/\\\n# of Debian\n  nginx"\nVolume=/old:/etc/nginx/conf.d\nVolume=\nVolume=/new:/etc/nginx/conf.d\n',
    );
    assert.deepEqual(inputs?.images, { "docker.io/library/nginx": { pull: "missing" } });
    assert.deepEqual(asked.at(-1)?.directories, ["/new"]);
  });

  test("one that can't be read is taken as it is, and the next preview says what is wrong", () => {
    const { asked, inputs } = of("[Container]\nImage=nginx\nnonsense\n");
    assert.deepEqual(inputs?.units, { "web.container": "[Container]\nImage=nginx\nnonsense\n" });
    assert.equal(inputs.images, undefined);
    assert.equal(asked.length, 2);
  });
});

describe("a set that this project made", () => {
  const identity: Identity = { hosts, manager: "system", name: "web" };
  const container = "/etc/containers/systemd/web.container";
  const conf = "/etc/quadlet-fleet/web/conf.d/default.conf";
  const host: Host = {
    files: {
      [container]: "[Container]\nImage=nginx\nVolume=/etc/quadlet-fleet/web/conf.d:/etc/nginx/conf.d:ro,Z\n",
      [conf]: "server { listen 80; }\n",
      "/etc/quadlet-fleet/web/conf.d/stranger.conf": "",
    },
    units: {},
    set: { owner: "urn:web", paths: [container, conf], unfinished: false },
  };

  test("its mark says what belongs to it: no directory is searched", () => {
    const { asked, inputs } = walk(identity, host);
    assert.equal(asked.length, 2);
    assert.deepEqual(inputs?.files, { [conf]: { content: host.files[conf] } });
  });
});

test("nothing there: undefined", () => {
  const identity: Identity = { hosts, manager: "system", name: "web" };
  const { asked, inputs } = walk(identity, { files: {}, units: {} });
  assert.equal(asked.length, 1);
  assert.equal(inputs, undefined);
});
