import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Splitter, readLines } from "../../host/attended/lines.ts";
import type { Channel } from "../../host/ssh/connection.ts";

// The lines of a command's output.

test("are cut out of chunks, bounded, and the last one needs no end", () => {
  const found: string[] = [];
  const splitter = new Splitter(5, ({ bytes, cut }) => found.push(`${bytes.toString()}+${cut}`));
  for (const chunk of ["ab", "c\n\nlonger than", " five\n12345\nend"]) splitter.take(Buffer.from(chunk));
  splitter.end();
  splitter.end();
  assert.deepEqual(found, ["abc+0", "+0", "longe+11", "12345+0", "end+0"]);
});

for (const [what, chunk] of [
  ["many", "x\n".repeat(1001)],
  ["long", `${"x".repeat(300_000)}\n`.repeat(4)],
] as const)
  test(`${what} lines that wait make the command wait`, async () => {
    const log: string[] = [];
    let give: (chunk: Buffer) => void = () => undefined;
    const channel = {
      onStdout: (listener: typeof give) => (give = listener),
      over: () => new Promise(() => undefined),
      pause: (output: string) => log.push(`pause ${output}`),
      resume: (output: string) => log.push(`resume ${output}`),
    } as unknown as Channel;
    const lines = readLines(channel, "stdout", 1_000_000);
    give(Buffer.from("x\n"));
    assert.deepEqual(log, []);
    give(Buffer.from(chunk));
    assert.deepEqual(log, ["pause stdout"]);
    for (let left = chunk.split("\n").length; left > 0; left -= 1) await lines.next();
    assert.deepEqual(log, ["pause stdout"]);
    void lines.next();
    await turn();
    assert.deepEqual(log, ["pause stdout", "resume stdout"]);
  });
