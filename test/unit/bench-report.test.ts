import assert from "node:assert/strict";
import { test } from "node:test";
import { format } from "prettier";
import { panels, report, type Results } from "../../bench/runtime/report.ts";
import { isMeasured, order, shapes } from "../../bench/runtime/shapes.ts";
import { configuration, kinds } from "../../bench/runtime/site.ts";
import { median } from "../../bench/statistics.ts";
import { table } from "../../bench/table.ts";

/** A round for each share: the socket-activated shapes have this share of the host's 1000 requests a second, the others half of the 1000. */
function results(shares: readonly number[], failed = 0): Results {
  const rounds = shares.map((share, round) =>
    kinds.flatMap((kind) =>
      shapes
        .filter((shape) => isMeasured(shape, kind))
        .map(({ name }) => ({
          shape: name,
          kind: kind.name,
          requests: 2000,
          perSecond:
            1000 * (name === "host" ? 1 : ["socket-activated", "log in a file"].includes(name) ? share : 0.5),
          p99: 1.5 + round,
          cpu: 12.34,
          journal: 3.21,
          failed: name === "pasta" ? failed : 0,
        })),
    ),
  );
  const machine = { date: "2026-11-24", versions: ["x 1"], cores: 2, model: "M", gibibytes: 24, load: 0 };
  return { rounds, seconds: 2, connections: 32, threads: 1, machine };
}

test("a table of one kind of load", () => {
  const lines = report(results([0.9, 1, 0.97])).split("\n");
  const at = lines.indexOf("## Page, a connection each");
  assert.deepEqual(lines.slice(at + 2, at + 6), [
    "|                  | requests/s             | × host              | p99, ms             | CPU, µs             |",
    "| ---------------- | ---------------------- | ------------------- | ------------------- | ------------------- |",
    "| host             | 1,000 (1,000 to 1,000) | 1                   | 2.50 (1.50 to 3.50) | 12.3 (12.3 to 12.3) |",
    "| socket-activated | 970 (900 to 1,000)     | 0.97 (0.90 to 1.00) | 2.50 (1.50 to 3.50) | 12.3 (12.3 to 12.3) |",
  ]);
});

test("with the access log, the journal's part of the processor time", () => {
  const lines = report(results([1])).split("\n");
  const at = lines.indexOf("## Page, connections kept, access log on");
  assert.match(lines[at + 2] ?? "", /\| CPU, µs +\| of it the journal \|$/);
  assert.match(lines[at + 4] ?? "", /\| 12\.3 \(12\.3 to 12\.3\) \| 3\.2 \(3\.2 to 3\.2\)/);
});

test("the aims are met by the median of the rounds, and not below 0.95, with the log in a file 0.85", () => {
  const cpu = "Processor time of a request: 1.00 (1.00 to 1.00) × the host's.";
  const line = (shares: readonly number[], kind = "Page, connections kept") =>
    report(results(shares))
      .split("\n")
      .find((one) => one.startsWith(`- ${kind}: `));
  assert.equal(line([0.9, 0.95, 1]), `- Page, connections kept: 0.95 (0.90 to 1.00), **met**. ${cpu}`);
  assert.equal(line([0.9, 0.94, 1]), `- Page, connections kept: 0.94 (0.90 to 1.00), **NOT met**. ${cpu}`);
  const logged = "Page, connections kept, access log on";
  assert.equal(line([0.85], logged), `- ${logged}: 0.85 (0.85 to 0.85), **met**. ${cpu}`);
  assert.equal(line([0.84], logged), `- ${logged}: 0.84 (0.84 to 0.84), **NOT met**. ${cpu}`);
});

test("requests that failed are said, with whose they are", () => {
  assert.match(report(results([1])), /^- Requests that failed: none\.$/m);
  assert.match(report(results([1, 1], 3)), /^- Requests that failed: pasta 24 of 16,000\.$/m);
});

test("other work on the machine is said", () => {
  const { machine, ...rest } = results([1]);
  assert.doesNotMatch(report({ ...rest, machine }), /\*\*other work/);
  assert.match(report({ ...rest, machine: { ...machine, load: 0.6 } }), /Load before: 0\.6: \*\*other work/);
});

test("prettier has nothing to change", async () => {
  const text = report(results([0.9, 1]));
  assert.equal(await format(text, { parser: "markdown", printWidth: 110 }), text);
});

test("the bars are the medians of the rounds' shares", () => {
  const [first] = panels(results([0.9, 1.1, 0.97]));
  assert.deepEqual(first?.bars.slice(0, 2), [
    { label: "host", value: 1, least: 1, greatest: 1, text: "1,000/s", accent: false },
    { label: "socket-activated", value: 0.97, least: 0.9, greatest: 1.1, text: "970/s", accent: true },
  ]);
});

test("a round has each once, in another order than the one before, and those of the aims side by side", () => {
  const orders = [0, 1, 2, 3].map((round) => order(round).map(({ name }) => name));
  assert.deepEqual(orders[0], [
    "socket-activated",
    "host",
    "log in a file",
    "pasta",
    "slirp4netns",
    "bridge",
  ]);
  assert.deepEqual(orders[1], [
    "log in a file",
    "host",
    "socket-activated",
    "bridge",
    "slirp4netns",
    "pasta",
  ]);
  assert.equal(new Set(orders.map(String)).size, 4);
  for (const names of orders) {
    assert.deepEqual(names.toSorted(), shapes.map(({ name }) => name).toSorted());
    for (const name of ["socket-activated", "log in a file"])
      assert.equal(Math.abs(names.indexOf("host") - names.indexOf(name)), 1);
  }
});

test("nginx's configuration is the same for all but for the port", () => {
  const texts = shapes.map(({ port }) => configuration(port).replace(`listen ${port};`, ""));
  assert.equal(new Set(texts).size, 1);
  assert.equal(new Set(shapes.map(({ port }) => port)).size, shapes.length);
});

test("a median", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([]), NaN);
});

test("a table is at least three wide, as prettier's are", () => {
  assert.equal(
    table([
      ["", "a"],
      ["bcde", "f"],
    ]),
    "|      | a   |\n| ---- | --- |\n| bcde | f   |",
  );
});
