import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseIdentity } from "../../provider/identity.ts";
import type { Connection } from "../../resources/contract.ts";

test("login, port and the host's name may be left out", () => {
  assert.deepEqual(parseIdentity("web-1.example.com/system/web"), {
    hosts: { "web-1.example.com": { address: "web-1.example.com" } },
    manager: "system",
    name: "web",
  });
});

test("several hosts, each with what it has", () => {
  assert.deepEqual(parseIdentity("web-1=root@192.0.2.11:22, a@[fd00::2]:2222,192.0.2.13/user/test/web"), {
    hosts: {
      "web-1": { address: "192.0.2.11", port: 22, user: "root" },
      "fd00::2": { address: "fd00::2", port: 2222, user: "a" },
      "192.0.2.13": { address: "192.0.2.13" },
    },
    manager: "user",
    user: "test",
    name: "web",
  });
});

/** The identity as a user would write it. */
function written(hosts: Record<string, Connection>, end: string): string {
  const places = Object.entries(hosts).map(([name, { user, address, port }]) => {
    const at = address.includes(":") ? `[${address}]` : address;
    return `${name}=${user === undefined ? "" : `${user}@`}${at}${port === undefined ? "" : `:${port}`}`;
  });
  return `${places.join(",")}/${end}`;
}

test("what is written is parsed", () => {
  const ipv6 = fc.ipV6().filter((address) => !address.includes("."));
  const account = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,20}\$?$/);
  const connection = fc.record(
    {
      address: fc.oneof(fc.ipV4(), ipv6, fc.domain(), fc.constant("fe80::1%eth0")),
      port: fc.integer({ min: 1, max: 65535 }),
      user: account,
    },
    { noNullPrototype: true, requiredKeys: ["address"] },
  );
  const host = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,20}$/).filter((name) => name !== "__proto__");
  const hosts = fc.dictionary(host, connection, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
  const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/);
  fc.assert(
    fc.property(hosts, name, fc.option(account, { nil: undefined }), (hosts, name, user) => {
      const end = user === undefined ? `system/${name}` : `user/${user}/${name}`;
      const manager = user === undefined ? { manager: "system" } : { manager: "user", user };
      assert.deepEqual(parseIdentity(written(hosts, end)), { hosts, name, ...manager });
    }),
  );
});

describe("what says nothing to import, and what does", () => {
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
    // A host that is named twice, and a missing one.
    "web-1=192.0.2.11,web-1=192.0.2.12/system/web",
    "192.0.2.11,192.0.2.11/system/web",
    "192.0.2.11,/system/web",
    "a b=192.0.2.11/system/web",
  ];
  for (const text of bad) {
    test(JSON.stringify(text), () => {
      assert.throws(() => parseIdentity(text), {
        message: `"${text}" is not valid as the ID of an import. Write [HOST=]LOGIN@ADDRESS:PORT/system/NAME or …/user/ACCOUNT/NAME, with commas between several hosts, for example web-1=root@192.0.2.11:22,web-2=root@192.0.2.12:22/system/example2`,
      });
    });
  }
});
