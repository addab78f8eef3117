import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import { Engine } from "../../provider/status.ts";

// What the engine's display gets, by gRPC. The server answers a line only when a test allows it, so nothing here depends on a clock.

let server: grpc.Server;
let address: string;
let lines: string[] = [];
/** Functions that answer the lines that have no answer yet, the oldest first. */
let answers: (() => void)[] = [];
let mayAnswer = true;

before(async () => {
  server = new grpc.Server();
  const log: grpc.handleUnaryCall<typeof messages.LogRequest.prototype, unknown> = ({ request }, done) => {
    lines.push(`${request.getUrn()}: ${request.getMessage()}${request.getEphemeral() ? "" : " (stays)"}`);
    const answer = () => done(null, new messages.LogRequest());
    if (mayAnswer) answer();
    else answers.push(answer);
  };
  server.addService(
    { log: { ...services.EngineService.log, responseSerialize: () => Buffer.alloc(0) } },
    { log },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  address = `127.0.0.1:${port}`;
});
after(() => server.forceShutdown());
beforeEach(() => {
  lines = [];
  answers = [];
  mayAnswer = true;
});

/** Waits until the engine has that many lines. */
async function until(count: number): Promise<void> {
  while (lines.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("of the lines of a resource within the pause: the first, and then the newest", async () => {
  const engine = new Engine(address, 20);
  for (const says of ["connecting", "pulling", "starting"]) engine.status("web", says);
  engine.status("shop", "connecting");
  await until(3);
  assert.deepEqual(lines, ["web: connecting", "shop: connecting", "web: starting"]);
});

test("of an operation that has ended: the last line at once, and only once", async () => {
  const engine = new Engine(address, 20);
  for (const says of ["1 of 3", "2 of 3", "3 of 3"]) engine.status("web", says);
  engine.done("web");
  engine.done("web");
  await engine.flushed();
  assert.deepEqual(lines, ["web: 1 of 3", "web: 3 of 3"]);
  engine.status("web", "stopping");
  await until(3);
  assert.equal(lines[2], "web: stopping");
});

test("a line that stays comes after the status line that waits, as it was said later", async () => {
  const engine = new Engine(address, 20);
  for (const stays of ["info", "warn"] as const) {
    engine.status(stays, "preparing");
    engine.status(stays, "wave 1 of 1");
    engine[stays](stays, "wave 1 of 1 done");
  }
  await engine.flushed();
  await new Promise((resolve) => setTimeout(resolve, 40));
  await engine.flushed();
  assert.deepEqual(lines, [
    "info: preparing",
    "info: wave 1 of 1",
    "info: wave 1 of 1 done (stays)",
    "warn: preparing",
    "warn: wave 1 of 1",
    "warn: wave 1 of 1 done (stays)",
  ]);
});

test("one line after the other, in their order, all of them before `flushed`", async () => {
  mayAnswer = false;
  const engine = new Engine(address, 20);
  engine.status("web", "connecting");
  engine.info("web", "reloads web.service");
  engine.warn("shop", "passed over");
  const flushed = engine.flushed().then(() => [...lines]);
  for (let count = 1; count <= 3; count += 1) {
    await until(count);
    assert.equal(lines.length, count, "a line was sent before the last one was answered");
    answers.shift()?.();
  }
  assert.deepEqual(await flushed, [
    "web: connecting",
    "web: reloads web.service (stays)",
    "shop: passed over (stays)",
  ]);
});

test("an engine that is gone holds nobody up", async () => {
  const gone = new Engine("127.0.0.1:1", 20);
  gone.info("web", "reloads web.service");
  await gone.flushed();
  assert.deepEqual(lines, []);
});
