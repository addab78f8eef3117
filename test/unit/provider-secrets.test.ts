import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withSecrets } from "../../provider/secrets.ts";
import { type WireObject, reveal, secret } from "../../provider/wire.ts";

describe("what the contract calls secret is so", () => {
  const login = { address: "a", privateKey: "k", passphrase: "p" };
  const hidden = { address: "a", privateKey: secret("k"), passphrase: secret("p") };

  test("in objects at any depth and in maps, and the rest is as it was", () => {
    const inputs: WireObject = {
      name: "web",
      connection: { ...login, sudo: { password: "s" }, jump: { ...login, jump: login } },
      registries: { a: { username: "u", password: "p" }, b: { password: "q" } },
      units: { password: "[Unit]\n" },
    };
    const before = structuredClone(inputs);
    assert.deepEqual(withSecrets("UnitSetInputs", inputs), {
      name: "web",
      connection: { ...hidden, sudo: { password: secret("s") }, jump: { ...hidden, jump: hidden } },
      registries: { a: { username: "u", password: secret("p") }, b: { password: secret("q") } },
      units: { password: "[Unit]\n" },
    });
    assert.deepEqual(inputs, before);
    assert.deepEqual(reveal(withSecrets("UnitSetInputs", inputs)), before);
  });

  const unchanged: Record<string, WireObject> = {
    "nothing secret": { name: "web", connection: { address: "a", sudo: true } },
    "a null": { connection: { address: "a", privateKey: null } },
    "what is secret already": { connection: { address: "a", privateKey: secret("k") } },
    "a part of a secret": { connection: secret({ privateKey: "k" }) },
    "no registry": { registries: {} },
    "what the contract does not know": { toString: "a", passwords: { password: "p" } },
    "what is of another kind": { connection: "a", registries: ["p"] },
  };
  for (const [what, inputs] of Object.entries(unchanged))
    test(`leaves ${what}`, () => assert.deepEqual(withSecrets("UnitSetInputs", inputs), inputs));
});
