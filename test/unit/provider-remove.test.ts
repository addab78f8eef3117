import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { after, test } from "node:test";
import { Pool } from "../../host/ssh/pool.ts";
import { remove } from "../../provider/operations.ts";
import { newRun } from "../../provider/rollout.ts";
import { Survey } from "../../provider/survey.ts";
import { waysOf, whereOf } from "../../provider/where.ts";
import type { WireObject } from "../../provider/wire.ts";
import { Keyring } from "./ssh-keys.ts";

// Only a host that is gone for good may be forgotten: after any other failure its units would still run.

const ring = new Keyring();
after(() => ring[Symbol.dispose]());
ring.make("host");
ring.make("locked", { passphrase: "sesame" });
ring.make("open");
const hostKey = readFileSync(ring.path("host.pub"), "utf8");

/** A port of this machine on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function refusal(connection: object): Promise<string> {
  const nothing = () => undefined;
  const context = {
    pool: new Pool(),
    connection: {},
    progress: { doing: nothing, note: nothing },
    warn: nothing,
    survey: new Survey(),
    run: newRun({ cancel: new AbortController().signal, gone: new AbortController().signal }),
  };
  const where = { "web-1": whereOf(waysOf({ a: connection } as WireObject)).a ?? "" };
  const properties = { name: "web", manager: "system", units: {}, where };
  const inputs = { ...properties, hosts: { "web-1": { hostKey, ...connection } } };
  const thrown = await remove(context, "urn:web", { inputs, properties }).then(
    () => assert.fail("it was removed"),
    (error: Error) => error,
  );
  return thrown.message;
}

const advice =
  "If web-1 is gone for good, forget what it had: QUADLET_FLEET_FORGET=web-1 pulumi destroy (or pulumi up)";

test("a host that can't be reached", async () => {
  const port = await closedPort();
  const text = await refusal({ address: "127.0.0.1", port, identityFile: ring.path("open") });
  assert.match(text, /^web-1 \(root@127\.0\.0\.1:\d+\): no SSH connection: connect ECONNREFUSED/);
  assert.equal(text.split("\n").at(-1), advice);
});

test("a host that is forgotten is not contacted", async () => {
  const port = await closedPort();
  process.env.QUADLET_FLEET_FORGET = "web-1, other";
  await assert.rejects(
    refusal({ address: "127.0.0.1", port, identityFile: ring.path("open") }),
    /it was removed/,
  );
  delete process.env.QUADLET_FLEET_FORGET;
});

test("a problem of this machine, or of a jump host, gets no advice to forget the host", async () => {
  const port = await closedPort();
  const address = "192.0.2.11";
  for (const [connection, problem] of [
    [{ identityFile: ring.path("locked") }, /has a passphrase, and none was given/],
    [
      { identityFile: ring.path("locked"), passphrase: "wrong" },
      /can't be decrypted with the given passphrase/,
    ],
    [{ identityFile: ring.path("open.pub") }, /is a public key/],
    [{ privateKey: "CANARY" }, /privateKey is not a private key/],
    [{ agent: "/nonexistent" }, /the agent at \/nonexistent does not answer/],
    [{}, /there is no key to log in with/],
    [
      {
        identityFile: ring.path("open"),
        jump: { address: "127.0.0.1", port, hostKey, identityFile: ring.path("open") },
      },
      /^web-1 \(root@192\.0\.2\.11:22\): its jump host could not be logged in to\.\nroot@127\.0\.0\.1:\d+: no SSH connection: connect ECONNREFUSED/,
    ],
  ] as const) {
    const text = await refusal({ address, ...connection });
    assert.match(text, problem);
    assert.doesNotMatch(text, /FORGET|CANARY/);
  }
});
