import assert from "node:assert/strict";
import { test } from "node:test";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type { CheckRequest, CheckResponse } from "@pulumi/pulumi/proto/provider_pb.js";
import type { Lifetime } from "../../provider/lifetime.ts";
import { provider } from "../../provider/service.ts";
import type { Engine } from "../../provider/status.ts";
import {
  type WireObject,
  fromStruct,
  isSecretAt,
  secret,
  toStruct,
  wireUnknown,
} from "../../provider/wire.ts";

// The service, called as the engine calls it.

const engine = { flushed: () => Promise.resolve() } as unknown as Engine;
const lifetime = { onEnd: () => undefined, during: (work: () => unknown) => work(), cancelled: false };
const service = provider(engine, lifetime as unknown as Lifetime) as unknown as {
  check: (
    call: { request: CheckRequest },
    done: (error: Error | null, answer: CheckResponse) => void,
  ) => void;
};

function check(host: WireObject): Promise<CheckResponse> {
  const request = new messages.CheckRequest();
  request.setUrn("urn:pulumi:s::p::quadlet:index:UnitSet::web");
  request.setNews(toStruct({ hosts: { "web-1": host }, name: "web", manager: "system", units: {} }));
  return new Promise((resolve, reject) => {
    service.check({ request }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

test("a failure names no property, as the engine prints its value: <nil> for a path, a key for a whole", async () => {
  const failures = async (host: WireObject) =>
    (await check(host)).getFailuresList().map((failure) => [failure.getProperty(), failure.getReason()]);
  assert.deepEqual(await failures({ address: "web-1" }), []);
  assert.deepEqual(await failures({ address: "root@web-1", port: 0 }), [
    ["", 'hosts["web-1"].address: must be the host alone. Write address: "web-1", user: "root".'],
    ["", 'hosts["web-1"].port: must be a whole number from 1 to 65535'],
  ]);
});

test("all of the hosts is a secret, and where they are is shown beside it", async () => {
  const jump = { address: "b", privateKey: "k" };
  const inputs = fromStruct((await check({ address: "a", port: 2222, privateKey: "k", jump })).getInputs());
  assert.equal(isSecretAt(inputs, ["hosts"]), true);
  assert.deepEqual(inputs.where, { "web-1": "a:2222 via b" });
});

test("an address that is a secret or not known yet stays so where it is shown", async () => {
  const shown = async (address: WireObject[string]) =>
    fromStruct((await check({ address })).getInputs()).where;
  assert.deepEqual(await shown(secret("a")), { "web-1": secret("a") });
  assert.deepEqual(await shown(wireUnknown), { "web-1": wireUnknown });
});
