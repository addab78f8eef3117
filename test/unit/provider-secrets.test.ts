import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withSecrets } from "../../provider/secrets.ts";
import { type WireObject, reveal, secret } from "../../provider/wire.ts";

describe("what the contract calls secret is so", () => {
  const login = { address: "a", privateKey: "k", passphrase: "p" };

  test("in objects within objects", () => {
    const hidden = { address: "a", privateKey: secret("k"), passphrase: secret("p") };
    const way = { ...login, sudo: { password: "s" }, jump: { ...login, jump: login } };
    assert.deepEqual(withSecrets("Host", way), {
      ...hidden,
      sudo: { password: secret("s") },
      jump: { ...hidden, jump: hidden },
    });
  });

  test("in maps, and maps as a whole, and the rest is as it was", () => {
    const inputs: WireObject = {
      name: "web",
      hosts: { "web-1": login },
      registries: { a: { username: "u", password: "p" }, b: { password: "q" } },
      units: { password: "[Unit]\n" },
    };
    const before = structuredClone(inputs);
    assert.deepEqual(withSecrets("UnitSetInputs", inputs), {
      name: "web",
      hosts: secret({ "web-1": login }),
      registries: { a: { username: "u", password: secret("p") }, b: { password: secret("q") } },
      units: { password: "[Unit]\n" },
    });
    assert.deepEqual(inputs, before);
    assert.deepEqual(reveal(withSecrets("UnitSetInputs", inputs)), before);
  });

  const unchanged: Record<string, WireObject> = {
    "nothing secret": { name: "web", units: { "a.service": "[Service]\n" } },
    "a null": { hosts: null },
    "what is secret already": { hosts: secret({ a: { address: "a", privateKey: "k" } }) },
    "a part of a secret": { registries: secret({ a: { password: "k" } }) },
    "no registry": { registries: {} },
    "what the contract does not know": { toString: "a", passwords: { password: "p" } },
    "what is of another kind": { files: "a", registries: ["p"] },
  };
  for (const [what, inputs] of Object.entries(unchanged))
    test(`leaves ${what}`, () => assert.deepEqual(withSecrets("UnitSetInputs", inputs), inputs));
});
