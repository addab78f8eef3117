import assert from "node:assert/strict";
import { test } from "node:test";
import { withFlags } from "../../provider/flags.ts";
import { type WireObject, secret } from "../../provider/wire.ts";

test("texts that stand for true and false, also in jump hosts and in secrets", () => {
  const login = { address: "true", agent: "false", sshConfig: "true" };
  const settled = { address: "true", agent: false, sshConfig: true };
  assert.deepEqual(withFlags("UnitSetInputs", { connection: { ...login, jump: login } }), {
    connection: { ...settled, jump: settled },
  });
  assert.deepEqual(withFlags("UnitSetInputs", { connection: secret(login) }), {
    connection: secret(settled),
  });
});

test("nothing else changes", () => {
  const inputs: WireObject = {
    name: "true",
    connection: { address: "a", agent: "~/agent.sock", sshConfig: false, passphrase: "true", sudo: true },
    units: { agent: "true" },
    probes: { "0.0.0.0:80": { body: "true" } },
  };
  assert.deepEqual(withFlags("UnitSetInputs", inputs), inputs);
});
