import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sha256 } from "../../host/digest.ts";
import { writeQuery } from "../../host/facts.ts";
import { queryFor } from "../../host/transaction.ts";
import { conf, container, desired, socket, unit } from "./host-plan-facts.ts";

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
        ["/etc/containers/systemd/old.container", "any"],
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
    });
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
