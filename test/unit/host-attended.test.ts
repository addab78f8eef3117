import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AccessLogReader, timeOf } from "../../host/attended/access-log.ts";
import type { Entry, Query, Reading } from "../../host/attended/entry.ts";
import { execErrand } from "../../host/attended/exec.ts";
import { JournalReader } from "../../host/attended/journal.ts";
import type { Line } from "../../host/attended/lines.ts";
import { containerUnits, sourcesOf, unitNamed, unitsOf } from "../../host/attended/sources.ts";
import { desired, site, unit } from "./host-plan-facts.ts";

// What `quadlet-fleet logs` and `exec` ask of a host, and how they read its lines.

const line = (text: string | Buffer, cut = 0): Line => ({ bytes: Buffer.from(text), cut });
const take = (reading: Reading, ...lines: (string | Line)[]): (Entry | undefined)[] =>
  lines.map((one) => reading.take(typeof one === "string" ? line(one) : one));
const messages = (entries: readonly (Entry | undefined)[]) => entries.map((entry) => entry?.message);

describe("where the lines of a set are", () => {
  const logged = unit("web.container", "[Container]\nImage=x\n[Service]\nLogsDirectory=quadlet-fleet/web\n");

  test("the journal of all its units and stand-ins, and an access log that is a file", () => {
    const web = site(["0.0.0.0:80"]);
    const journal = {
      ...{ kind: "journal", manager: "system", account: undefined },
      units: ["web.service", "web-handover.service", "web-rehearsal.service", "web.socket"],
    };
    assert.deepEqual(sourcesOf(web), [journal]);
    assert.deepEqual(sourcesOf({ ...web, files: [logged] }), [
      { ...journal, units: journal.units.slice(0, 3) },
      {
        ...{ kind: "access log", manager: "system", account: undefined, unit: "web.service" },
        files: ["/var/log/quadlet-fleet/web/access.log"],
      },
    ]);
  });

  test("an account's are in its home directory, which systemd 254 has moved", () => {
    const [, log] = sourcesOf(desired({ manager: "user", account: "test", files: [logged] }));
    assert.deepEqual(log?.kind === "access log" && [log.account, log.files], [
      "test",
      ["~/.local/state/log/quadlet-fleet/web/access.log", "~/.config/log/quadlet-fleet/web/access.log"],
    ]);
  });

  test("one unit only, of a set that has it", () => {
    const of = (only: string) => sourcesOf({ ...site(["0.0.0.0:80"]), files: [logged] }, only);
    assert.deepEqual(
      of("web.service").map(({ kind }) => kind),
      ["journal", "access log"],
    );
    assert.deepEqual(of("other.service"), []);
  });

  test("units by their names, and those that have a container", () => {
    const own = "[Service]\nExecStart=/usr/bin/podman run --rm nginx\n";
    const files = [
      unit("web.container", "[Container]\nImage=x\n"),
      unit("back.network", "[Network]\n"),
      unit("run.service", own),
      unit("true.service", "[Service]\nExecStart=/bin/true\n"),
      unit("many@.container", "[Container]\nImage=x\n"),
      unit("web.socket", "[Socket]\n"),
    ];
    const set = desired({ files });
    assert.deepEqual(unitsOf(set), [
      "web.service",
      "back-network.service",
      "run.service",
      "true.service",
      "web.socket",
    ]);
    assert.deepEqual(containerUnits(set), ["web.service", "run.service"]);
    const named = (name: string) => unitNamed(name, unitsOf(set));
    assert.deepEqual(["web", "web.socket", "web.container", "nope"].map(named), [
      "web.service",
      "web.socket",
      "web.service",
      undefined,
    ]);
  });
});

const system = {
  kind: "journal",
  manager: "system",
  account: undefined,
  units: ["web.service", "web.socket"],
} as const;
const user = { ...system, manager: "user", account: "test", units: ["web.service"] } as const;

const entry = (more: object) =>
  JSON.stringify({
    ...{ __CURSOR: "c1", __REALTIME_TIMESTAMP: "1795976353430508", _SYSTEMD_UNIT: "web.service" },
    ...more,
  });

describe("the journal", () => {
  test("what is asked for: root of the system's units, and of an account's whoever may", () => {
    const query = { lines: 5, grep: "GET" };
    assert.deepEqual(new JournalReader(system, query).history().errand, {
      ...new JournalReader(user, query).history().errand,
      ...{ account: undefined, as: "root" },
      argv: [
        ...["yes", "--lines=5", "--reverse", "--grep=GET"],
        ...["_SYSTEMD_UNIT=web.service", "_SYSTEMD_UNIT=web.socket"],
        ...["+", "_PID=1", "UNIT=web.service", "UNIT=web.socket"],
      ],
    });
    const { as, account, argv } = new JournalReader(user, { since: 1795976353 }).history().errand;
    assert.deepEqual([as, account], ["either", "test"]);
    assert.deepEqual(argv, [
      ...["yes", "--since=@1795976353", "_UID=@UID@", "_SYSTEMD_USER_UNIT=web.service"],
      ...["+", "_UID=@UID@", "USER_UNIT=web.service"],
    ]);
  });

  test("an entry: its time, the unit of it that is the set's, and its message without its end", () => {
    const of = (more: object) => take(new JournalReader(system, {}).history(), entry(more))[0];
    assert.deepEqual(of({ MESSAGE: "hello\n" }), {
      ...{ time: 1795976353430508, unit: "web.service", message: "hello" },
    });
    assert.equal(of({ MESSAGE: "", _SYSTEMD_UNIT: "init.scope", UNIT: "web.socket" })?.unit, "web.socket");
    // A program that may write to the journal of an account may name any unit.
    assert.equal(of({ _SYSTEMD_UNIT: "other.service" })?.unit, "?");
  });

  test("messages of bytes, of several values, of none", () => {
    const of = (MESSAGE: unknown) =>
      take(new JournalReader(system, {}).history(), entry({ MESSAGE }))[0]?.message;
    assert.equal(of([...Buffer.from("a\u001b[31mé")]), "a\u001b[31mé");
    assert.equal(of([0x41, 0xff, 0x42]), "A\ufffdB");
    assert.equal(of(["one", [0x74, 0x77, 0x6f]]), "one\ntwo");
    assert.equal(of(null), "");
    assert.equal(of(undefined), "");
  });

  test("a long message is bounded, and one that is too long to be read is told", () => {
    const reading = new JournalReader(system, {}).history();
    const [long] = take(reading, entry({ MESSAGE: "x".repeat(10_000) }));
    assert.equal(long?.message, `${"x".repeat(8192)}… (1808 more)`);
    const [huge] = take(reading, line('{"MESSAGE":"xxx', 1e6));
    assert.deepEqual(huge && [huge.message, huge.time], [
      "(a message of more than 256 KiB is left out)",
      1795976353430508,
    ]);
  });

  test("what is no entry is passed over", () => {
    const reading = new JournalReader(system, {}).history();
    for (const text of [
      "",
      "Welcome!",
      "{",
      "{}",
      '{"__CURSOR":"c"}',
      entry({ __REALTIME_TIMESTAMP: "soon" }),
    ])
      assert.deepEqual(take(reading, text), [undefined], text);
  });

  const after = (reader: JournalReader) =>
    reader.follow().errand.argv.filter((word) => /^--(after|since)/.test(word));

  test("it goes on after the newest entry, or after the end that was there before", () => {
    const forwards = new JournalReader(system, {});
    take(forwards.history(), "-- cursor: end", entry({ __CURSOR: "c1" }), entry({ __CURSOR: "c2" }));
    assert.deepEqual(after(forwards), ["--after-cursor=c2"]);
    const backwards = new JournalReader(system, { lines: 2 });
    const reading = backwards.history();
    take(reading, "-- cursor: end", entry({ __CURSOR: "c2" }), entry({ __CURSOR: "c1" }));
    assert.deepEqual(after(backwards), ["--after-cursor=c2"]);
    assert.deepEqual([reading.isReversed, reading.isResumable], [true, false]);
    const none = new JournalReader(system, { lines: 2 });
    take(none.history(), "-- cursor: end");
    assert.deepEqual(after(none), ["--after-cursor=end"]);
  });

  test("without any entry it begins where the query does", () => {
    assert.deepEqual(after(new JournalReader(system, { since: 5 })), ["--since=@5"]);
    assert.deepEqual(after(new JournalReader(system, {})), []);
  });

  test("after a loss it goes on after the last line that was taken", () => {
    const reader = new JournalReader(system, { lines: 1 });
    take(reader.follow(), entry({ __CURSOR: "c7" }), "half an ent");
    assert.deepEqual(after(reader), ["--after-cursor=c7"]);
  });
});

describe("times of an access log", () => {
  const utc = (text: string) => Date.parse(text) * 1000;

  test("nginx's own field, of either format", () => {
    const combined = '192.0.2.1 - - [29/Nov/2026:18:19:38 +0100] "GET / HTTP/1.1" 200 3 "-" "curl"';
    assert.equal(timeOf(combined), utc("2026-11-29T17:19:38Z"));
    assert.equal(timeOf('"GET /" 2026-11-29T18:19:38-02:30 200'), utc("2026-11-29T20:49:38Z"));
    assert.equal(timeOf('{"at":"2026-11-29T18:19:38+00:00"}'), utc("2026-11-29T18:19:38Z"));
  });

  test("not what a client writes: a user's name before it, a header after it", () => {
    const forged = "[01/Jan/2000:00:00:00 +0000]";
    const real = "[29/Nov/2026:18:19:38 +0000]";
    assert.equal(
      timeOf(`192.0.2.1 - x ${forged} ${real} "GET /${forged}" 200 3 "-" "${forged}"`),
      utc("2026-11-29T18:19:38Z"),
    );
  });

  test("none, and none that there is", () => {
    assert.equal(timeOf("hello"), undefined);
    assert.equal(timeOf("[29/Foo/2026:18:19:38 +0000]"), undefined);
    assert.equal(timeOf("[29/Nov/2026:28:19:38 +0000]"), undefined);
  });
});

describe("an access log", () => {
  const web = { kind: "access log", manager: "user", account: "test", unit: "web.service" } as const;
  const source = { ...web, files: ["~/a/access.log", "~/b/access.log"] };
  const reader = (query: Query) => new AccessLogReader(source, query);
  const tokenOf = ({ errand }: Reading) => errand.argv[0] ?? "";
  const at = (second: number) => `192.0.2.1 - - [29/Nov/2026:18:19:0${second} +0000] "GET /${second}"`;

  test("what is asked for, as the account", () => {
    const { errand } = reader({ lines: 5 }).history();
    assert.deepEqual([errand.as, errand.account], ["account", "test"]);
    assert.match(errand.argv[0] ?? "", /^[0-9a-f]{32}$/);
    assert.deepEqual(errand.argv.slice(1), ["", "history", "5", "", ...source.files]);
    const since = reader({ since: 5, grep: "GET" }).history().errand.argv;
    assert.deepEqual(since.slice(1, 5), ["GET", "history", "all", "5"]);
    // Like journalctl(1), it ignores case if the pattern is in lower case.
    assert.equal(reader({ grep: "get" }).history().errand.argv[1], "(?i)get");
  });

  test("a line has the time of its own, or that of the line before it", () => {
    const reading = reader({}).history();
    const entries = take(reading, at(1), "no time", at(2), "", `${tokenOf(reading)} 7 100`);
    assert.deepEqual(
      entries.map((one) => one && [one.message, one.unit, new Date(one.time / 1000).getUTCSeconds()]),
      [
        undefined,
        [at(1), "web.service", 1],
        ["no time", "web.service", 1],
        [at(2), "web.service", 2],
        undefined,
      ],
    );
  });

  test("lines before `since` are left out", () => {
    const since = Date.parse("2026-11-29T18:19:02Z") / 1000;
    const reading = reader({ since }).history();
    assert.deepEqual(messages(take(reading, at(1), at(2), at(3), "", `${tokenOf(reading)} 7 100`)), [
      undefined,
      undefined,
      at(2),
      at(3),
      undefined,
    ]);
  });

  const place = (one: AccessLogReader) => one.follow().errand.argv.slice(3, 5);

  test("it goes on where it was read to, and before a line that was not whole yet", () => {
    const one = reader({ lines: 1 });
    assert.deepEqual(place(one), ["", ""]);
    let reading = one.history();
    take(reading, "old", "", `${tokenOf(reading)} 6 4`, at(1), "", `${tokenOf(reading)} 7 100`);
    assert.deepEqual(place(one), ["7", "100"]);
    reading = one.history();
    assert.deepEqual(messages(take(reading, at(1), "half", `${tokenOf(reading)} 7 100`)), [
      undefined,
      at(1),
      undefined,
    ]);
    assert.deepEqual(place(one), ["7", "96"]);
  });

  test("a history since a time that is broken off goes on after the last line; one of the last lines does not", () => {
    const since = reader({ since: 5 });
    const reading = since.history();
    take(reading, "", `${tokenOf(reading)} 7 100`, at(1), at(2), "ha");
    assert.deepEqual(
      [reading.isResumable, ...place(since)],
      [true, "7", String(100 + 2 * (at(1).length + 1))],
    );
    assert.equal(reader({ since: 5, lines: 5 }).history().isResumable, false);
  });

  test("it counts what it takes, from each mark, and no log line can make one", () => {
    const one = reader({ lines: 1 });
    const reading = one.follow();
    const token = tokenOf(reading);
    take(reading, "", `${token} 7 100`, "12345", line("é"), `${"0".repeat(32)} 9 0`);
    assert.deepEqual(place(one), ["7", String(100 + 6 + 3 + 37)]);
    take(reading, "", `${token} 8 0`, "a", "", "b", line("cut", 10));
    assert.deepEqual(place(one), ["8", String(2 + 1 + 2 + 14)]);
  });

  test("with a pattern grep says where a line is", () => {
    const one = reader({ grep: "GET" });
    const reading = one.follow();
    const [, , entry] = take(reading, "", `${tokenOf(reading)} 7 100`, `40:${at(1)}`);
    assert.equal(entry?.message, at(1));
    assert.deepEqual(place(one), ["7", String(100 + 40 + at(1).length + 1)]);
  });
});

test("a command in a container, by the podman that has it", () => {
  const of = (change: object) => {
    const { as, account, argv } = execErrand(desired(change), "web.service", ["a b", "-c"]);
    assert.match(argv[3] ?? "", /^[0-9a-f]{32}$/);
    return [as, account, ...argv.slice(0, 3), ...argv.slice(4)];
  };
  assert.deepEqual(of({}), ["root", undefined, "system", "-", "web.service", "a b", "-c"]);
  assert.deepEqual(of({ account: "test" }).slice(0, 4), ["root", "test", "system", "test"]);
  assert.deepEqual(of({ account: "test", manager: "user" }).slice(0, 4), ["either", "test", "user", "test"]);
});
