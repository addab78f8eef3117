import assert from "node:assert/strict";
import { test } from "node:test";
import { readAnswers } from "../../host/transaction/answers.ts";
import type { Channel } from "../../host/ssh/connection.ts";
import type { Answer } from "../../host/facts/facts.ts";

/** The answers that are read from some chunks of a host's standard output. */
async function read(...chunks: (string | Buffer)[]): Promise<Answer[]> {
  let give: (chunk: Buffer) => void = () => undefined;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const channel = { onStdout: (listener: typeof give) => (give = listener), ended } as unknown as Channel;
  const answers = readAnswers(channel);
  const first = answers.next();
  for (const chunk of chunks) {
    give(Buffer.from(chunk));
    await Promise.resolve();
  }
  end();
  const all: Answer[] = [];
  for (let next = await first; !next.done; next = await answers.next()) all.push(next.value);
  return all;
}

test("lines of JSON, in chunks that end anywhere, and nothing of what a login prints besides", async () => {
  const text =
    'Welcome to web-1 ÄÖ\n\n{"event":"ready"}\n{"event":"x","line":1}\n{"event":"broken\n{"other":1}\n{"event":"é"}\nend';
  const expected = [{ event: "ready" }, { event: "x", line: 1 }, { event: "é" }];
  assert.deepEqual(await read(text), expected);
  assert.deepEqual(await read(...[...Buffer.from(text)].map((byte) => Buffer.from([byte]))), expected);
  assert.deepEqual(await read(), []);
});

test("what came before too much was printed is read, and then it is an error", async () => {
  const noise = "x".repeat(1000) + "\n";
  assert.deepEqual(await read(noise.repeat(1000), '{"event":"ready"}\n'), [{ event: "ready" }]);
  await assert.rejects(
    read('{"event":"ready"}\n', noise.repeat(600), noise.repeat(600)),
    /^Error: the host printed more than 1048576 bytes besides its answers$/,
  );
  await assert.rejects(read("\n".repeat(2 * 1024 * 1024)), /besides its answers/);
  const long = Buffer.alloc(65 * 1024 * 1024, "x");
  await assert.rejects(read(long), /^Error: the host answered with a line of more than 67108864 bytes$/);
});
