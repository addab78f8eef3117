// Runs the tests on real hosts side by side, as they mostly wait, and then those that need the machine for themselves.
// node tools/test.ts [NAME…]: these files only. --shard 1/3: the first of three parts of them.
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { type TestEvent, spec } from "node:test/reporters";
import { parseArgs } from "node:util";
import { shardOf } from "./shard.ts";

/** These don't run beside the other files, and why. They mostly wait, so they run beside each other. */
const waiting = {
  "proxy-sweep": "stops many transactions at once, each at its moment",
  sweep: "stops many transactions at once, each at its moment",
  ten: "ten hosts, and an order of what they do",
};
/** These run alone, and why. */
const alone = { "zero-failures": "compares times under load" };
const apart = { ...waiting, ...alone };
/** These take longest, so they start first. Otherwise one of them would run alone at the end. */
const longest = ["held", "left-over", "go-back", "format", "drift-job", "decided", "foreign", "workflows"];

const directory = join(import.meta.dirname, "../test/hosts");
const suffix = ".test.ts";
const all = globSync(`*${suffix}`, { cwd: directory })
  .map((file) => file.slice(0, -suffix.length))
  .sort();
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { shard: { type: "string", default: "1/1" } },
});
for (const name of [...wanted, ...Object.keys(apart), ...longest]) {
  if (all.includes(name)) continue;
  console.error(`There is no ${name}${suffix} in test/hosts. There are: ${all.join(", ")}`);
  process.exit(2);
}

// The tests start the engine a thousand times, for a second or two each. With less garbage collection it needs a fifth less
// processor time (runtime, GOGC).
process.env.GOGC ??= "400";

const names = wanted.length > 0 ? wanted : all;
// Each part gets some of the files that take the most time.
const first = [...Object.keys(apart), ...longest].filter((name) => names.includes(name));
const ordered = shardOf([...new Set([...first, ...names])], values.shard);
const lanes = [
  { concurrency: availableParallelism() + 2, names: ordered.filter((name) => !(name in apart)) },
  { concurrency: Object.keys(waiting).length, names: ordered.filter((name) => name in waiting) },
  { concurrency: 1, names: ordered.filter((name) => name in alone) },
];

/** The sums over all lanes, by the words of Node's own summary. */
const counts: Record<string, number> = {};
for (const word of ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo", "duration_ms"])
  counts[word] = 0;
const summary = new RegExp(`^(${Object.keys(counts).join("|")}) ([\\d.]+)$`);
const seconds = (ms: number) => `${(ms / 1000).toFixed(0)} s`;

const reporter = new spec();
reporter.pipe(process.stdout);
const say = (message: string) =>
  reporter.write({ type: "test:diagnostic", data: { message, nesting: 0, level: "info" } });

for (const lane of lanes) {
  // If it gets no files, Node runs all that it finds.
  if (lane.names.length === 0) continue;
  const files = lane.names.map((name) => join(directory, name + suffix));
  const events: AsyncIterable<TestEvent> = run({ files, concurrency: lane.concurrency });
  for await (const event of events) {
    if (event.type === "test:fail") process.exitCode = 1;
    if (event.type === "test:summary" && event.data.file !== undefined)
      say(`${event.data.file.slice(directory.length + 1)}: ${seconds(event.data.duration_ms)}`);
    // A line of Node's summary, which counts only this lane.
    const [, word, count] = (event.type === "test:diagnostic" && summary.exec(event.data.message)) || [];
    if (word === undefined) reporter.write(event);
    else counts[word] = (counts[word] ?? 0) + Number(count);
  }
}
for (const [word, count] of Object.entries(counts)) say(`${word} ${count}`);
reporter.end();
