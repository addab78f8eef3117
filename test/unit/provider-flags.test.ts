import assert from "node:assert/strict";
import { test } from "node:test";
import { withFlags } from "../../provider/flags.ts";
import { type WireObject, secret } from "../../provider/wire.ts";

test("texts that stand for true and false, also in jump hosts and in secrets", () => {
  const login = { address: "true", agent: "false", sshConfig: "true" };
  const settled = { address: "true", agent: false, sshConfig: true };
  assert.deepEqual(withFlags("UnitSetInputs", { hosts: { a: { ...login, jump: login } } }), {
    hosts: { a: { ...settled, jump: settled } },
  });
  assert.deepEqual(withFlags("UnitSetInputs", { hosts: secret({ a: login }) }), {
    hosts: secret({ a: settled }),
  });
});

test("nothing else changes", () => {
  const inputs: WireObject = {
    name: "true",
    hosts: {
      a: { address: "a", agent: "~/agent.sock", sshConfig: false, passphrase: "true", sudo: true },
    },
    units: { agent: "true" },
    probes: { "0.0.0.0:80": { body: "true" } },
  };
  assert.deepEqual(withFlags("UnitSetInputs", inputs), inputs);
});
