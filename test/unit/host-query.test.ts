import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sha256 } from "../../host/digest.ts";
import { writeQuery } from "../../host/facts/facts.ts";
import { addFacts, furtherQuery, queryFor, reloadable } from "../../host/plan/query.ts";
import {
  conf,
  container,
  desired,
  empty,
  service,
  settled,
  socket,
  unit,
  unitFact,
} from "./host-plan-facts.ts";

test("what is looked at for a set: its files, its units, and who has its ports", () => {
  const { files, units, ports } = queryFor(desired(), []);
  assert.deepEqual(
    [...files],
    [
      [conf, sha256("server { listen 80; }")],
      ["/etc/containers/systemd/web.container", sha256(container)],
      ["/etc/systemd/system/web.socket", sha256(socket)],
    ],
  );
  assert.deepEqual(units, ["web.service", "web.socket"]);
  assert.deepEqual(ports, [["web.socket", 80]]);
});

test("the containers that are looked at: of services that reload and of which there can be two", () => {
  const services = [
    service("a.socket"),
    service("a.service", { handover: true, reloadOn: [conf] }),
    service("b.service", { handover: true, restartOn: [conf] }),
    service("c.service", { reloadOn: [conf] }),
  ];
  assert.deepEqual(reloadable(desired({ services })), ["a.service"]);
});

describe("what was the set's own before", () => {
  test("is there or not; a socket's text says which port it leaves", () => {
    const { files, units } = queryFor(desired(), [
      "/etc/old.conf",
      "/etc/systemd/system/old.socket",
      "/etc/containers/systemd/old.container",
      conf,
    ]);
    assert.deepEqual(
      [...files].filter(([path]) => path.includes("old")),
      [
        ["/etc/old.conf", "any"],
        ["/etc/systemd/system/old.socket", "none"],
        ["/etc/containers/systemd/old.container", "none"],
      ],
    );
    assert.equal(files.get(conf), sha256("server { listen 80; }"));
    assert.deepEqual(units, ["web.service", "web.socket", "old.socket", "old.service"]);
  });

  test("of a delete: only that it is there", () => {
    const gone = desired({ files: [], services: [], images: [] });
    assert.deepEqual(queryFor(gone, [conf]), {
      files: new Map([[conf, "any"]]),
      units: [],
      ports: [],
      labels: [],
      real: ["/etc/containers/systemd", "/etc/systemd/system"],
    });
  });
});

test("the unit that ServiceName= makes of a quadlet is looked at in place of that of its file's name, and a template by an instance", () => {
  const files = [unit("web.container", `${container}ServiceName=nginx\n`), unit("job@.container", container)];
  const query = queryFor(desired({ files, services: [] }), []);
  assert.deepEqual(query.units, ["nginx.service", "job@.service"]);
  assert.match(writeQuery(query), /\nunit\tnginx\.service\nunit\tjob@quadlet-fleet\.service\n/);
});

describe("what only the first facts tell", () => {
  const nothing = { files: new Map(), units: [], containers: [] };

  test("nothing, where all is there already, or as it was", () => {
    assert.equal(furtherQuery(settled(desired()), desired()), undefined);
    assert.equal(furtherQuery(empty(), desired({ files: [], services: [], images: [] })), undefined);
  });

  test("containers that are in the way of a new one", () => {
    assert.deepEqual(furtherQuery(empty(), desired()), { ...nothing, containers: ["manager"] });
  });

  test("units that only the mark knows of, as nobody has seen their files any more", () => {
    const paths = ["/etc/containers/systemd/web.container", "/etc/containers/systemd/old.container", conf];
    const facts = { ...settled(desired()), set: { owner: "urn:web", paths, unfinished: false } };
    assert.deepEqual(furtherQuery(facts, desired()), { ...nothing, units: ["old.service"] });
    const gone = { ...facts, units: new Map() };
    assert.deepEqual(furtherQuery(gone, desired({ files: [], services: [], images: [] }))?.units, [
      "web.service",
      "old.service",
      "web.socket",
    ]);
  });

  test("the unit that ServiceName= has made of a quadlet until now", () => {
    const before = desired({ files: [unit("web.container", `${container}ServiceName=old\n`)] });
    assert.deepEqual(furtherQuery(settled(before), desired())?.units, ["old.service"]);
  });

  test("is added to what is known", () => {
    const facts = settled(desired());
    const found = { name: "systemd-web", unit: "", running: true, image: "x" };
    addFacts(facts, {
      ...empty(),
      units: new Map([["old.service", unitFact()]]),
      containers: new Map([["manager", [found]]]),
    });
    assert.deepEqual([...facts.units.keys()], ["web.socket", "web.service", "old.service"]);
    assert.deepEqual([...facts.containers], [["manager", [found]]]);
  });
});

describe("ports", () => {
  const lines = (text: string) =>
    writeQuery(queryFor(desired({ files: [unit("web.socket", `[Socket]\n${text}`)], services: [] }), []))
      .split("\n")
      .filter((line) => line.startsWith("port\t"));

  test("of a unix socket: none", () => assert.deepEqual(lines("ListenStream=/run/web.sock\n"), []));

  test("of a socket with several addresses: each", () => {
    assert.deepEqual(lines("ListenStream=0.0.0.0:80\nListenStream=0.0.0.0:81\n"), [
      "port\tweb.socket\t0050",
      "port\tweb.socket\t0051",
    ]);
  });
});
