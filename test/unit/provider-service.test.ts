import assert from "node:assert/strict";
import { test } from "node:test";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type { CheckRequest, CheckResponse } from "@pulumi/pulumi/proto/provider_pb.js";
import type { Lifetime } from "../../provider/lifetime.ts";
import { provider } from "../../provider/service.ts";
import type { Engine } from "../../provider/status.ts";
import { type WireObject, fromStruct, isSecretAt, toStruct } from "../../provider/wire.ts";

// The service as the engine calls it.

const engine = { flushed: () => Promise.resolve() } as unknown as Engine;
const lifetime = { onEnd: () => undefined, during: (work: () => unknown) => work(), cancelled: false };
const service = provider(engine, lifetime as unknown as Lifetime) as unknown as {
  check: (
    call: { request: CheckRequest },
    done: (error: Error | null, answer: CheckResponse) => void,
  ) => void;
};

function check(connection: WireObject): Promise<CheckResponse> {
  const request = new messages.CheckRequest();
  request.setUrn("urn:pulumi:s::p::quadlet:index:UnitSet::web");
  request.setNews(toStruct({ connection, name: "web", manager: "system", units: {} }));
  return new Promise((resolve, reject) => {
    service.check({ request }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

test("a failure names no property, as the engine prints its value: <nil> for a path, a key for a whole", async () => {
  const failures = async (connection: WireObject) =>
    (await check(connection))
      .getFailuresList()
      .map((failure) => [failure.getProperty(), failure.getReason()]);
  assert.deepEqual(await failures({ address: "web-1" }), []);
  assert.deepEqual(await failures({ address: "root@web-1", port: 0 }), [
    ["", 'connection.address: must be the host alone. Write address: "web-1", user: "root".'],
    ["", "connection.port: must be a whole number from 1 to 65535"],
  ]);
});

test("keys and passphrases are secrets, those of every jump host too", async () => {
  const login = (address: string) => ({ address, privateKey: "k", passphrase: "p" });
  const jump = { ...login("b"), jump: login("c") };
  const inputs = fromStruct((await check({ ...login("a"), jump })).getInputs());
  for (const way of [[], ["jump"], ["jump", "jump"]]) {
    const path = ["connection", ...way];
    assert.deepEqual(
      ["privateKey", "passphrase", "address"].map((field) => isSecretAt(inputs, [...path, field])),
      [true, true, false],
      path.join("."),
    );
  }
});
