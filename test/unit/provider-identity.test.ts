import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatId, parseId } from "../../provider/identity.ts";
import type { UnitSetInputs } from "../../resources/contract.ts";

function inputs(part: Partial<UnitSetInputs>): UnitSetInputs {
  return { connection: { address: "192.0.2.11" }, name: "web", manager: "system", units: {}, ...part };
}

test("an id says host, manager, account and name", () => {
  assert.equal(formatId(inputs({})), "root@192.0.2.11:22/system/web");
  assert.equal(
    formatId(
      inputs({ connection: { address: "::1", port: 2222, user: "a" }, manager: "user", user: "test" }),
    ),
    "a@[::1]:2222/user/test/web",
  );
});

test("login and port may be left out", () => {
  assert.deepEqual(parseId("web-1.example.com/system/web"), {
    connection: { address: "web-1.example.com" },
    manager: "system",
    name: "web",
  });
});

test("what is formatted is parsed", () => {
  const ipv6 = fc.ipV6().filter((address) => !address.includes("."));
  const account = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,20}\$?$/);
  const connection = fc.record(
    {
      address: fc.oneof(fc.ipV4(), ipv6, fc.domain(), fc.constant("fe80::1%eth0")),
      port: fc.integer({ min: 1, max: 65535 }),
      user: account,
    },
    { noNullPrototype: true },
  );
  const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/);
  const place = fc.oneof(
    fc.record({ manager: fc.constant("system" as const) }),
    fc.record({ manager: fc.constant("user" as const), user: account }),
  );
  fc.assert(
    fc.property(connection, name, place, (connection, name, place) => {
      const set = { connection, name, ...place };
      assert.deepEqual(parseId(formatId(inputs(set))), set);
    }),
  );
});

describe("no id, and what one looks like", () => {
  const bad = [
    "",
    "web",
    "192.0.2.11/web",
    "root@192.0.2.11:22/system",
    "root@192.0.2.11:22/system/",
    "root@192.0.2.11:22/user/web",
    "root@192.0.2.11:22/system/test/web",
    "root@192.0.2.11:22/root/web",
    "root@192.0.2.11:70000/system/web",
    "root@192.0.2.11:0/system/web",
    "root@192.0.2.11:ssh/system/web",
    "root@::1/system/web",
    "@192.0.2.11/system/web",
    // The name becomes a directory on the host.
    "root@192.0.2.11:22/system/..",
    "root@192.0.2.11:22/system/a b",
  ];
  for (const id of bad) {
    test(JSON.stringify(id), () => {
      assert.throws(() => parseId(id), {
        message: `"${id}" is no id of a UnitSet. It is LOGIN@ADDRESS:PORT/system/NAME or LOGIN@ADDRESS:PORT/user/ACCOUNT/NAME, for example root@192.0.2.11:22/system/example2`,
      });
    });
  }
});
