import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Listeners } from "../../provider/listeners.ts";
import { type PlainObject, unknown } from "../../provider/wire.ts";

function set(listen: string, connection: PlainObject = { address: "web-1" }, unit = "a.socket"): PlainObject {
  return { hosts: { "web-1": connection }, units: { [unit]: `[Socket]\nListenStream=${listen}\n` } };
}

/** The failures of the last set. The sets are checked one after the other. */
function claims(...sets: [string, PlainObject][]): string[] {
  const listeners = new Listeners();
  let failures: string[] = [];
  for (const [owner, inputs] of sets) {
    failures = [];
    listeners.claim(owner, inputs, (path, reason) => failures.push(`${path}: ${reason}`));
  }
  return failures;
}

test("two sets on one port of one host", () => {
  assert.deepEqual(claims(["one", set("0.0.0.0:80")], ["two", set("0.0.0.0:80", undefined, "b.socket")]), [
    "units: b.socket listens on 0.0.0.0:80, and so does a.socket of one (0.0.0.0:80) on the same host: web-1",
  ]);
});

test("two sets that share some of many hosts: those are named in short", () => {
  const on = (first: number, last: number) =>
    Object.fromEntries(
      Array.from({ length: last - first + 1 }, (_, index) => [
        `web-${first + index}`,
        { address: `192.0.2.${first + index}` },
      ]),
    );
  const units = { "a.socket": "[Socket]\nListenStream=0.0.0.0:80\n" };
  assert.deepEqual(claims(["one", { hosts: on(1, 6), units }], ["two", { hosts: on(4, 9), units }]), [
    "units: a.socket listens on 0.0.0.0:80, and so does a.socket of one (0.0.0.0:80) on the same host: web-[4-6]",
  ]);
});

test("two units of one set", () => {
  const units = { "a.socket": "[Socket]\nListenStream=80\n", "b.socket": "[Socket]\nListenStream=[::]:80\n" };
  assert.deepEqual(claims(["one", { hosts: { "web-1": { address: "web-1" } }, units }]), [
    "units: b.socket listens on [::]:80, and so does a.socket of one ([::]:80) on the same host: web-1",
  ]);
});

describe("one port, however it is written", () => {
  const pairs: [string, string][] = [
    ["80", "[::]:80"],
    ["[0:0::0]:80", "[::]:80"],
    ["/run/a.sock", "/run/a.sock"],
    ["0.0.0.0:80", "192.0.2.1:80"],
    ["127.0.0.1:80", "0.0.0.0:80"],
    ["80", "0.0.0.0:80"],
    ["192.0.2.1:80", "[::]:80"],
    ["0.0.0.0:81\nListenStream=\nListenStream=0.0.0.0:80", "0.0.0.0:80"],
  ];
  for (const [left, right] of pairs)
    test(`${left} and ${right}`, () => {
      assert.equal(claims(["one", set(left)], ["two", set(right)]).length, 1);
    });
});

describe("port 22 of the host is its default", () => {
  test("written and left out are the same host", () => {
    const written = set("80", { address: "web-1", port: 22 });
    assert.equal(claims(["one", set("80")], ["two", written]).length, 1);
  });
});

describe("no conflict", () => {
  const other: Record<string, PlainObject> = {
    "another port": set("0.0.0.0:81"),
    "another family": set("[::1]:80"),
    "a wildcard of another family alone": set("[::]:80\nBindIPv6Only=ipv6-only"),
    "another host behind a jump host": set("0.0.0.0:80", { address: "web-1", jump: { address: "gate" } }),
    "an address that was taken back": set("0.0.0.0:80\nListenStream="),
    "another host": set("0.0.0.0:80", { address: "web-2" }),
    "a host that is retired": set("0.0.0.0:80", { address: "web-1", state: "retired" }),
    "a host behind another port": set("0.0.0.0:80", { address: "web-1", port: 2222 }),
    "a host that is not known yet": set("0.0.0.0:80", { address: unknown }),
    "units that are not known yet": { hosts: { "web-1": { address: "web-1" } }, units: unknown },
    "hosts that are not known yet": {
      hosts: unknown,
      units: { "a.socket": "[Socket]\nListenStream=0.0.0.0:80\n" },
    },
    "a unit that is not known yet": {
      hosts: { "web-1": { address: "web-1" } },
      units: { "a.socket": unknown },
    },
    "an address that is not understood": set("vsock:2:80"),
    "an empty list": set(""),
    "a unit that is no socket": {
      hosts: { "web-1": { address: "web-1" } },
      units: { "a.service": "[Service]\nListenStream=0.0.0.0:80\n" },
    },
  };
  for (const [what, inputs] of Object.entries(other))
    test(what, () => assert.deepEqual(claims(["one", set("0.0.0.0:80")], ["two", inputs]), []));

  test("another address of the same port", () => {
    assert.deepEqual(claims(["one", set("192.0.2.1:80")], ["two", set("192.0.2.2:80")]), []);
  });

  test("the same set, checked twice", () => {
    assert.deepEqual(claims(["one", set("0.0.0.0:80")], ["one", set("0.0.0.0:80")]), []);
  });

  test("an address that a set has given up", () => {
    const sets: [string, PlainObject][] = [
      ["one", set("0.0.0.0:80")],
      ["one", set("0.0.0.0:81")],
      ["two", set("0.0.0.0:80")],
    ];
    assert.deepEqual(claims(...sets), []);
  });
});
