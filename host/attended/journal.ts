import { type Errand, scriptOf } from "./attend.ts";
import { type Entry, type Query, type Reader, type Reading, bounded } from "./entry.ts";
import type { Line } from "./lines.ts";
import type { Source } from "./sources.ts";

type Journal = Extract<Source, { kind: "journal" }>;

const script = scriptOf("journal");

/** Bytes of a line of JSON that are kept. A message that is no UTF-8 is a list of numbers, of up to five characters each. */
const longest = 256 * 1024;

/** Reads the journal of some units (journalctl(1)). */
export class JournalReader implements Reader {
  readonly #source: Journal;
  readonly #query: Query;
  /** Where to go on: after the newest entry that was taken, or after what was there before the history. */
  #cursor: string | undefined;
  /** Of the last entry. */
  #time = Date.now() * 1000;

  constructor(source: Journal, query: Query) {
    this.#source = source;
    this.#query = query;
  }

  history(): Reading {
    const { lines } = this.#query;
    // With `--grep` journalctl turns the order of the last lines by itself, so it is the same without.
    const isReversed = lines !== undefined;
    let isOlder = false;
    return {
      // The end is said first, where there is nothing to take.
      errand: this.#errand([
        "yes",
        ...(isReversed ? [`--lines=${lines}`, "--reverse"] : []),
        ...this.#since(),
      ]),
      isReversed,
      isResumable: !isReversed,
      take: (line) => {
        const end = /^-- cursor: (\S+)$/.exec(line.bytes.toString("latin1"));
        if (end) this.#cursor = end[1];
        const { entry, cursor } = this.#read(line);
        if (!isOlder) this.#cursor = cursor;
        isOlder ||= isReversed && entry !== undefined;
        return entry;
      },
    };
  }

  follow(): Reading {
    const since = this.#cursor === undefined ? this.#since() : [`--after-cursor=${this.#cursor}`];
    return {
      errand: this.#errand(["no", "--follow", "--no-tail", ...since]),
      isReversed: false,
      isResumable: true,
      take: (line) => {
        const { entry, cursor } = this.#read(line);
        this.#cursor = cursor;
        return entry;
      },
    };
  }

  #errand(argv: string[]): Errand {
    const { manager, account } = this.#source;
    const { grep } = this.#query;
    return {
      // Without root, an account may read the journal of its own manager.
      ...(manager === "user" ? { account, as: "either" } : { account: undefined, as: "root" }),
      ...{ script, longest },
      argv: [...argv, ...(grep === undefined ? [] : [`--grep=${grep}`]), ...matches(this.#source)],
    };
  }

  #since(): string[] {
    return this.#query.since === undefined ? [] : [`--since=@${this.#query.since}`];
  }

  /** An entry, and the place after it; where the line is none, the place is as before. */
  #read({ bytes, cut }: Line): { entry?: Entry; cursor: string | undefined } {
    const text = bytes.toString("utf8");
    const found = cut === 0 ? readEntry(text) : tooLong(text);
    if (found === undefined) return { cursor: this.#cursor };
    const { cursor = this.#cursor, time = this.#time, message, units } = found;
    this.#time = time;
    const unit = units.find((name) => this.#source.units.includes(name)) ?? "?";
    return { entry: { time, unit, message: bounded(message) }, cursor };
  }
}

/**
 * What `journalctl --unit` matches for units: what they say themselves, and what their manager says of them. The option for units of a
 * user manager is for the units of whoever calls it, so root can't use it for those of an account.
 *
 * @see add_matches_for_unit() in systemd's src/shared/logs-show.c; systemd.journal-fields(7)
 */
function matches({ manager, units }: Journal): string[] {
  const of = (field: string) => units.map((unit) => `${field}=${unit}`);
  return manager === "system"
    ? [...of("_SYSTEMD_UNIT"), "+", "_PID=1", ...of("UNIT")]
    : [
        // attend.sh has the number.
        ...["_UID=@UID@", ...of("_SYSTEMD_USER_UNIT")],
        ...["+", "_UID=@UID@", ...of("USER_UNIT")],
      ];
}

interface Found {
  cursor?: string;
  time?: number;
  message: string;
  units: string[];
}

/** Reads a line of `journalctl --output=json` (https://systemd.io/JOURNAL_EXPORT_FORMATS). */
function readEntry(text: string): Found | undefined {
  if (!text.startsWith("{")) return undefined;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const time = Number(fields.__REALTIME_TIMESTAMP);
  const cursor = fields.__CURSOR;
  if (!Number.isSafeInteger(time) || typeof cursor !== "string") return undefined;
  const units = ["_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT", "UNIT", "USER_UNIT"].flatMap((name) =>
    fields[name] === undefined ? [] : [textOf(fields[name])],
  );
  // conmon leaves the end of a line in it.
  return { cursor, time, units, message: textOf(fields.MESSAGE).replace(/\n+$/, "") };
}

/** A field: a text, or its bytes where it is no UTF-8 or has control characters; a list of these where an entry has it more than once. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  if (value.every((byte) => typeof byte === "number")) return Buffer.from(value).toString("utf8");
  return value.map(textOf).join("\n");
}

/** An entry that is too long to be taken: what is known of it stands anywhere in it. */
function tooLong(text: string): Found | undefined {
  return text.startsWith("{")
    ? { units: [], message: `(a message of more than ${longest / 1024} KiB is left out)` }
    : undefined;
}
