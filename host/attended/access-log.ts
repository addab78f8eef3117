import { randomBytes } from "node:crypto";
import { type Errand, scriptOf } from "./attend.ts";
import { type Entry, type Query, type Reader, type Reading, bounded } from "./entry.ts";
import type { Line } from "./lines.ts";
import type { Source } from "./sources.ts";

type AccessLog = Extract<Source, { kind: "access log" }>;

const script = scriptOf("access-log");

/** Bytes of a line that are kept. */
const longest = 64 * 1024;

/** A place in a file that may have another name by now. */
interface Place {
  inode: string;
  position: number;
}

/** Reads nginx's access log if it is a file on the host, and continues after the file is renamed (scripts/access-log.sh). */
export class AccessLogReader implements Reader {
  readonly #source: AccessLog;
  readonly #query: Query;
  /** The place after the last line that was taken. */
  #place: Place | undefined;
  /** The time of the last line that had one. */
  #time: number | undefined;

  constructor(source: AccessLog, query: Query) {
    this.#source = source;
    this.#query = query;
  }

  history(): Reading {
    const { lines, since } = this.#query;
    const { token, errand } = this.#errand("history", String(lines ?? "all"), String(since ?? ""));
    const take = this.#taking(token);
    // A line is held back until the next one is there: a file may end within a line, which comes as a whole later.
    let held: Line | undefined;
    return {
      errand,
      ...{ isReversed: false, isResumable: lines === undefined },
      // The last lines of two files.
      most: 2 * (lines ?? Infinity),
      take: (line) => {
        const last = held;
        const isMark = placeIn(line.bytes, token) !== undefined;
        held = isMark ? undefined : line;
        const entry = last && !isMark ? take(last) : undefined;
        if (!isMark) return entry;
        take(line);
        if (this.#place && last) this.#place.position -= sizeOf(last);
        return undefined;
      },
    };
  }

  follow(): Reading {
    const words = [this.#place?.inode ?? "", String(this.#place?.position ?? "")] as const;
    const { token, errand } = this.#errand("follow", ...words);
    return { errand, ...{ isReversed: false, isResumable: true, most: Infinity }, take: this.#taking(token) };
  }

  /** Takes lines, and counts their bytes from the last mark on to know the place. */
  #taking(token: string): Reading["take"] {
    let mark: Place | undefined;
    // Empty lines since the last other line. The empty line before a mark does not belong to the file.
    let empty = 0;
    return (line) => {
      const place = placeIn(line.bytes, token);
      if (place) {
        [mark, this.#place] = [place, { ...place }];
        empty = 0;
        return undefined;
      }
      if (sizeOf(line) === 0) {
        empty += 1;
        return undefined;
      }
      if (mark && this.#place) {
        const { distance, text } = this.#parts(line.bytes);
        const start = distance === undefined ? this.#place.position + empty : mark.position + distance;
        this.#place.position = start + text.length + line.cut + 1;
      }
      empty = 0;
      return this.#entry(line);
    };
  }

  #errand(
    mode: "history" | "follow",
    ...words: readonly [string, string]
  ): { token: string; errand: Errand } {
    const { account, files } = this.#source;
    const { grep } = this.#query;
    // Random, so that no line of a log can contain it.
    const token = randomBytes(16).toString("hex");
    const pattern = grep === undefined ? "" : withCase(grep);
    return {
      token,
      errand: {
        // Not as root: the account owns the directory, and could put a link to any file there.
        ...{ account, as: account === undefined ? "root" : "account" },
        ...{ script, longest },
        argv: [token, pattern, mode, ...words, ...files],
      },
    };
  }

  /** With a pattern, grep writes the distance from the mark before each line. */
  #parts(bytes: Buffer): { distance?: number; text: Buffer } {
    if (this.#query.grep === undefined) return { text: bytes };
    const [all = "", digits = ""] = /^(\d{1,15}):/.exec(bytes.toString("latin1", 0, 20)) ?? [];
    return { distance: Number(digits), text: bytes.subarray(all.length) };
  }

  #entry({ bytes, cut }: Line): Entry | undefined {
    const text = this.#parts(bytes).text.toString("utf8");
    const own = timeOf(text);
    if (own !== undefined && this.#query.since !== undefined && own < this.#query.since * 1e6)
      return undefined;
    this.#time = own ?? this.#time;
    return { time: this.#time ?? Date.now() * 1000, unit: this.#source.unit, message: bounded(text, cut) };
  }
}

/** Like journalctl(1), which ignores case if the pattern has no capital letter. */
function withCase(pattern: string): string {
  return /\p{Lu}/u.test(pattern) ? pattern : `(?i)${pattern}`;
}

function sizeOf({ bytes, cut }: Line): number {
  return bytes.length + cut;
}

function placeIn(bytes: Buffer, token: string): Place | undefined {
  const [, inode = "", position = ""] =
    new RegExp(`^${token} (\\d{1,20}) (\\d{1,15})$`).exec(bytes.toString("latin1", 0, 100)) ?? [];
  return inode === "" ? undefined : { inode, position: Number(position) };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** nginx's $time_local and $time_iso8601 (https://nginx.org/en/docs/http/ngx_http_core_module.html#variables). */
const times =
  /(?<day>\d\d)\/(?<month>[A-Z][a-z][a-z])\/(?<year>\d{4}):(?<local>\d\d:\d\d:\d\d) (?<hours>[+-]\d\d)(?<minutes>\d\d)|(?<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d)/g;

/**
 * Returns when nginx wrote a line of an access log, in microseconds. Clients write the text in quotes, in which nginx allows no quote, and
 * the user's name before the time. So the last time outside quotes counts, if there is one.
 *
 * @returns undefined for a line without a time
 */
export function timeOf(line: string): number | undefined {
  const outside = [...line.replaceAll(/"[^"]*"/g, '""').matchAll(times)].at(-1);
  const { groups } = outside ?? [...line.matchAll(times)].at(0) ?? {};
  if (!groups) return undefined;
  const { day, month = "", year, local, hours, minutes, iso } = groups;
  const number = String(months.indexOf(month) + 1).padStart(2, "0");
  const time = Date.parse(iso ?? `${year}-${number}-${day}T${local}${hours}:${minutes}`);
  return Number.isNaN(time) ? undefined : time * 1000;
}
