import { type Errand, scriptOf } from "./attend.ts";
import { type Entry, type Query, type Reader, type Reading, bounded } from "./entry.ts";
import type { Line } from "./lines.ts";
import type { Source } from "./sources.ts";

type Journal = Extract<Source, { kind: "journal" }>;

const script = scriptOf("journal");

/** Bytes of a line of JSON that are kept. A message that is not UTF-8 is a list of numbers, of up to five characters each. */
const longest = 256 * 1024;

/** Reads the journal of some units (journalctl(1)). */
export class JournalReader implements Reader {
  readonly #source: Journal;
  readonly #query: Query;
  /** Where to continue: after the newest entry that was taken, or at the end that the journal had before the history. */
  #cursor: string | undefined;
  /** The time of the last entry. */
  #time = Date.now() * 1000;

  constructor(source: Journal, query: Query) {
    this.#source = source;
    this.#query = query;
  }

  history(): Reading {
    const { lines } = this.#query;
    // With `--grep`, journalctl reverses the order of the last lines by itself, so the order is the same without it.
    const isReversed = lines !== undefined;
    let isOlder = false;
    return {
      // "yes": the journal's end comes first, in case there are no entries.
      errand: this.#errand([
        "yes",
        ...(isReversed ? [`--lines=${lines}`, "--reverse"] : []),
        ...this.#since(),
      ]),
      isReversed,
      isResumable: !isReversed,
      most: lines ?? Infinity,
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
      most: Infinity,
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

  /** Reads an entry and the place after it. If the line is not an entry, the place stays. */
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
 * Matches what `journalctl --unit` matches for units: their own messages, and those of their manager about them. The option for units of a
 * user manager means the caller's own manager, so root can't use it for an account's units.
 *
 * @see add_matches_for_unit() in systemd's src/shared/logs-show.c; systemd.journal-fields(7)
 */
function matches({ manager, units }: Journal): string[] {
  const of = (field: string) => units.map((unit) => `${field}=${unit}`);
  return manager === "system"
    ? [...of("_SYSTEMD_UNIT"), "+", "_PID=1", ...of("UNIT")]
    : [
        // attend.sh inserts the number.
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
  // conmon leaves the newline in the message.
  return { cursor, time, units, message: textOf(fields.MESSAGE).replace(/\n+$/, "") };
}

/** Reads a field: a text, its bytes if it is not UTF-8 or has control characters, or a list of these if the entry has it more than once. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  if (value.every((byte) => typeof byte === "number")) return Buffer.from(value).toString("utf8");
  return value.map(textOf).join("\n");
}

/** An entry that is too long to be read: its fields can be anywhere in it, also in the part that was cut off. */
function tooLong(text: string): Found | undefined {
  return text.startsWith("{")
    ? { units: [], message: `(a message of more than ${longest / 1024} KiB is left out)` }
    : undefined;
}
