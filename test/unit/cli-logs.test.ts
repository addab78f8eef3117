import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type TestContext, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { lastOf, merged } from "../../cli/logs/merge.ts";
import { type Followed, Follower } from "../../cli/logs/follow.ts";
import { type HostEntry, jsonOf, textOf } from "../../cli/logs/print.ts";
import { sinceOf } from "../../cli/logs/since.ts";
import { Window } from "../../cli/logs/window.ts";
import { Output, prefixed, widthOf } from "../../cli/output.ts";
import { host, moment, text, whole } from "../../cli/options.ts";
import { Report } from "../../cli/report.ts";
import { HostError } from "../../host/errors.ts";

// The pure parts of `quadlet-fleet logs` and `exec`: options, order, what is printed.

describe("--since", () => {
  const now = new Date(2026, 10, 29, 15, 30, 0);
  const local = (...parts: [number, number, number, number?, number?, number?]) =>
    new Date(...(parts as [number, number, number])).getTime() / 1000;
  const ago = (seconds: number) => now.getTime() / 1000 - seconds;

  for (const [word, seconds] of [
    ["1h", ago(3600)],
    ["10 min ago", ago(600)],
    ["-90s", ago(90)],
    ["1h 30min ago", ago(5400)],
    ["1h30m", ago(5400)],
    ["2 days", ago(172_800)],
    ["1 week ago", ago(604_800)],
    ["0.5h", ago(1800)],
    ["now", ago(0)],
    ["today", local(2026, 10, 29)],
    ["yesterday", local(2026, 10, 28)],
    ["2026-11-29", local(2026, 10, 29)],
    ["2026-11-29 10:05", local(2026, 10, 29, 10, 5)],
    ["2026-11-29T10:05:07.5", local(2026, 10, 29, 10, 5, 7)],
    ["9:05", local(2026, 10, 29, 9, 5)],
    ["2026-11-29T15:00Z", Date.parse("2026-11-29T15:00:00Z") / 1000],
    ["2026-11-29 15:00 UTC", Date.parse("2026-11-29T15:00:00Z") / 1000],
    ["2026-11-29T15:00:00+0230", Date.parse("2026-11-29T12:30:00Z") / 1000],
    ["@1795976353", 1795976353],
  ] as const)
    test(word, () => assert.equal(sinceOf(word, now), seconds));

  for (const word of [
    "",
    "soon",
    "10",
    "1x",
    "1h tomorrow",
    "2026-13-01",
    "2026-11-29 25:00",
    "ago",
    "--help",
    "1hour2",
  ])
    test(`not ${JSON.stringify(word)}`, () => {
      assert.throws(() => sinceOf(word, now), /^Error: --since ".*" is not a time\. Times are: 1h, /);
    });
});

test("options: the last of several counts, numbers are whole, hosts are a list", () => {
  assert.equal(text("").coerce(["a", "b"]), "b");
  const lines = whole("lines", 0, "").coerce;
  assert.deepEqual([lines("0"), lines(["1", "20"]), lines(undefined)], [0, 20, undefined]);
  for (const wrong of ["-1", "1.5", "x", "", "1e3", "99999999999"])
    assert.throws(() => lines(wrong), /^Error: --lines ".*" is not a whole number of 0 or more\.$/);
  assert.throws(() => whole("parallel", 1, "").coerce("0"), /of 1 or more/);
  assert.equal(moment("").coerce(["x", "@5"]), 5);
  assert.equal(moment("").coerce(undefined), undefined);
  assert.deepEqual(
    [host.coerce("a"), host.coerce(["a", "b"]), host.coerce(undefined)],
    [["a"], ["a", "b"], []],
  );
});

const at = (time: number, message = String(time)) => ({ time, message });
async function* stream<T>(...all: T[]): AsyncGenerator<T, void> {
  for (const one of all) yield await Promise.resolve(one);
}
async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

describe("order", () => {
  test("streams are merged by time, each in its own order", async () => {
    const streams = [
      stream(at(1), at(5), at(4, "4, after 5"), at(9)),
      stream<ReturnType<typeof at>>(),
      stream(at(2), at(5, "5, second"), at(6)),
    ];
    assert.deepEqual(
      (await all(merged(streams))).map(({ message }) => message),
      ["1", "2", "5", "4, after 5", "5, second", "6", "9"],
    );
  });

  test("nothing is asked for before it is needed", async () => {
    let asked = 0;
    const endless = async function* () {
      for (;;) yield await Promise.resolve(at((asked += 1)));
    };
    const both = merged([endless(), stream(at(3.5))]);
    for (let taken = 0; taken < 10; taken += 1) await both.next();
    assert.equal(asked, 9);
  });

  test("the last ones", async () => {
    const numbers = Array.from({ length: 5000 }, (_, index) => index);
    assert.deepEqual(await all(lastOf(stream(...numbers), 3)), [4997, 4998, 4999]);
    assert.deepEqual(await all(lastOf(stream(1, 2), 3)), [1, 2]);
    assert.deepEqual(await all(lastOf(stream(1, 2), 0)), []);
  });
});

describe("the window of --follow", () => {
  const open = (most = 100, emit: (message: string) => unknown = () => undefined) => {
    const out: string[] = [];
    const window = new Window<ReturnType<typeof at>>(
      async ({ message }) => {
        out.push(message);
        await emit(message);
      },
      500,
      most,
    );
    return { out, window };
  };

  test("puts what comes within half a second in order, and keeps nothing back for longer", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const { out, window } = open();
    const tick = async (milliseconds: number) => {
      t.mock.timers.tick(milliseconds);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    };
    await window.put(at(20));
    await tick(300);
    await window.put(at(10));
    await window.put(at(30));
    await tick(199);
    assert.deepEqual(out, []);
    await tick(1);
    // Older entries come first, and an entry that came later still has time left.
    assert.deepEqual(out, ["10", "20"]);
    await window.put(at(5, "5, too late"));
    await tick(300);
    assert.deepEqual(out, ["10", "20", "5, too late", "30"]);
    await window.put(at(1));
    await tick(500);
    assert.deepEqual(out.at(-1), "1");
  });

  test("what is always older does not keep back what is due", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const { out, window } = open();
    await window.put(at(1000, "due"));
    for (let time = 1; time <= 5; time += 1) {
      t.mock.timers.tick(99);
      await window.put(at(time));
    }
    t.mock.timers.tick(5);
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
    assert.equal(out.at(-1), "due");
  });

  test("equal times keep the order in which they came", async () => {
    const { out, window } = open();
    for (const message of ["a", "b", "c"]) await window.put(at(1, message));
    await window.flush();
    assert.deepEqual(out, ["a", "b", "c"]);
  });

  test("a reader that is slow makes whoever has more wait", async () => {
    let go: () => void = () => undefined;
    const { out, window } = open(2, () => new Promise<void>((resolve) => (go = resolve)));
    await window.put(at(1));
    await window.put(at(2));
    let isIn = false;
    const third = window.put(at(3)).then(() => (isIn = true));
    await sleep(20);
    assert.equal(isIn, false);
    while (out.length === 0) await sleep(20);
    await third;
    assert.deepEqual(out, ["1"]);
    go();
  });
});

describe("following", () => {
  const passing = new HostError("web-1", "the connection was lost.", { reason: "lost", state: "" });

  /** A source with these turns: it gives entries, fails, or goes on forever. After the last turn it ends everything. */
  function source(stop: AbortController, host: string, ...turns: (number[] | Error | "on")[]): Followed {
    return {
      host,
      isPast: true,
      history: () => stream(),
      mayComeBack: (thrown) => thrown === passing,
      follow: async function* (begun) {
        const turn = await Promise.resolve(turns.shift());
        if (turn === undefined) stop.abort();
        if (turn instanceof Error) throw turn;
        begun();
        if (turn === "on") await once(stop.signal, "abort");
        else for (const time of turn ?? []) yield { host, unit: "u", ...at(time) };
        throw passing;
      },
    };
  }

  const follow = async (
    t: TestContext,
    make: (stop: AbortController) => Followed[],
    failures: (sources: Followed[]) => Map<Followed, unknown> = () => new Map(),
  ) => {
    const said: unknown[] = [];
    t.mock.method(console, "error", (text: unknown) => said.push(text));
    const got: string[] = [];
    const stop = new AbortController();
    const sources = make(stop);
    const put = ({ host, message }: HostEntry) => Promise.resolve(void got.push(`${host} ${message}`));
    await new Follower(put, new Report(), stop.signal).all(sources, failures(sources));
    return { said, got };
  };

  test("a host that goes away is named once, however often it is asked, and again when all of it is back", async (t) => {
    const { said, got } = await follow(t, (stop) => [
      source(stop, "web-1", [1], passing, [2]),
      source(stop, "web-1", [3], "on"),
      source(stop, "web-1", passing, new Error("gone for good")),
    ]);
    assert.deepEqual(got, ["web-1 1", "web-1 3", "web-1 2"]);
    const lost = "quadlet-fleet: web-1: the connection was lost.\n  It is asked again until it answers.";
    const back = "quadlet-fleet: web-1: it answers again.";
    assert.deepEqual(said, [lost, "quadlet-fleet: web-1: gone for good", back, lost, back]);
  });

  test("what has failed for good is told for all hosts at once, and is not asked again", async (t) => {
    const bad = new Error("bad pattern");
    const { said, got } = await follow(
      t,
      (stop) => [source(stop, "web-1", [1]), source(stop, "web-2", [2])],
      (sources) => new Map(sources.map((one) => [one, bad])),
    );
    assert.deepEqual([said, got], [["quadlet-fleet: web-[1-2]: bad pattern"], []]);
  });
});

describe("what is printed", () => {
  const entry = { host: "web-1", time: 1795976353430508, unit: "web.service", message: "hello" };

  test("a line with its host and its time, for people and for programs", () => {
    assert.equal(textOf(entry, 6), "web-1  | 2026-11-29 18:19:13.430 web.service: hello\n");
    assert.equal(
      jsonOf(entry),
      '{"time":"2026-11-29T18:19:13.430508Z","host":"web-1","unit":"web.service","message":"hello"}\n',
    );
    assert.match(jsonOf({ ...entry, time: 5 }), /1970-01-01T00:00:00.000005Z/);
  });

  const hostile = "a\u001b[2Jb\r\u0007\u009b31m\nweb-2 | forged\u2028web-2\u202eevil\u0000";

  test("no message steers the terminal, or looks like a line of another host", () => {
    assert.equal(
      textOf({ ...entry, message: hostile }, 5),
      "web-1 | 2026-11-29 18:19:13.430 web.service: a[2Jb31m\nweb-1 | web-2 | forgedweb-2evil\n",
    );
    const { message } = JSON.parse(jsonOf({ ...entry, message: hostile })) as typeof entry;
    assert.equal(message, "a[2Jb31m\nweb-2 | forgedweb-2evil");
    assert.equal(jsonOf({ ...entry, message: hostile }).split("\n").length, 2);
  });

  test("prefixes are as wide as the longest name", () => {
    assert.equal(prefixed("a", widthOf(["a", "abc"]), "1\n\n2"), "a   | 1\na   | \na   | 2\n");
  });
});

test("output: it waits for a slow reader, and for none that has gone", async () => {
  let written = "";
  const stream = Object.assign(new EventEmitter(), {
    write: (text: string) => {
      written += text;
      return false;
    },
  });
  const output = new Output(stream as unknown as NodeJS.WritableStream);
  let isDone = false;
  const first = output.print("a").then(() => (isDone = true));
  await sleep(5);
  assert.equal(isDone, false);
  stream.emit("drain");
  await first;
  const second = output.print("b");
  stream.emit("error", new Error("EPIPE"));
  await second;
  assert.equal(await output.ended(), "ended");
  await output.print("c");
  assert.equal(written, "ab");
});
