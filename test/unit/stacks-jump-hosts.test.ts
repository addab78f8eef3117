import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError } from "../../components/arguments/problems.ts";
import { placeFleet } from "../../stacks/fleet.ts";

// Hosts of a stack file that are reached through other hosts of it.

const site = { manager: "system", image: "docker.io/library/nginx:latest", listen: ["0.0.0.0:80"] };

function problems(hosts: object): string[] {
  try {
    placeFleet({ hosts });
  } catch (thrown) {
    assert.ok(thrown instanceof ArgumentError);
    return thrown.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

test("a jump host by its name: its way in, and not its labels", () => {
  const gate = {
    address: "203.0.113.1",
    port: 2222,
    hostKey: "ssh-ed25519 AAAA",
    labels: { a: "b" },
    sudo: true,
  };
  const [placement] = placeFleet({
    hosts: { gate, web: { address: "10.0.0.1", jump: "gate" } },
    sites: { s: { ...site, hosts: ["web"] } },
  }).sites;
  assert.deepEqual(JSON.parse(JSON.stringify(placement?.args.hosts?.web)), {
    address: "10.0.0.1",
    jump: { address: "203.0.113.1", port: 2222, hostKey: "ssh-ed25519 AAAA" },
  });
});

test("jump hosts behind one another, by their names", () => {
  const outer = { address: "203.0.113.1", sshConfig: false };
  const [placement] = placeFleet({
    hosts: {
      web: { address: "10.0.0.1", jump: "inner" },
      inner: { address: "10.0.0.2", sshConfig: "./ssh_config", jump: "gate" },
      gate: { address: "192.0.2.1", jump: outer },
    },
    sites: { s: { ...site, hosts: ["web"] } },
  }).sites;
  assert.deepEqual(JSON.parse(JSON.stringify(placement?.args.hosts?.web)), {
    address: "10.0.0.1",
    jump: {
      ...{ address: "10.0.0.2", sshConfig: "./ssh_config" },
      jump: { address: "192.0.2.1", jump: outer },
    },
  });
});

test("a jump host that is written out, with its own", () => {
  const web = { address: "10.0.0.1", jump: { address: "203.0.113.1", jump: { address: "203.0.113.2" } } };
  const [placement] = placeFleet({ hosts: { web }, sites: { s: { ...site, hosts: ["web"] } } }).sites;
  assert.deepEqual(placement?.args.hosts?.web, web);
});

test("a way in a circle, at each host that is in it", () => {
  const hosts = {
    one: { address: "a", jump: "two" },
    two: { address: "b", jump: "one" },
    behind: { address: "c", jump: "one" },
    alone: { address: "d", jump: "alone" },
  };
  assert.deepEqual(problems(hosts), [
    "hosts.one.jump: goes round in a circle: one → two → one",
    "hosts.two.jump: goes round in a circle: two → one → two",
    "hosts.alone.jump: goes round in a circle: alone → alone",
  ]);
});

test("three jump hosts, and no more, by name and written out", () => {
  const hosts = {
    a: { address: "a", jump: "b" },
    b: { address: "b", jump: "c" },
    c: { address: "c", jump: { address: "d" } },
  };
  assert.deepEqual(problems(hosts), []);
  const tooFar = { ...hosts, c: { address: "c", jump: { address: "d", jump: { address: "e" } } } };
  assert.deepEqual(problems(tooFar), [
    "hosts.a.jump: is the first of 4 jump hosts, and at most 3 are possible",
  ]);
});
