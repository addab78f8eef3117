const seconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** A time span with its unit, as in systemd.time(7). The first letter decides the unit. */
const span =
  /(\d+(?:\.\d+)?)\s*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hr|hrs|hours?|d|days?|w|weeks?)(?![a-z])\s*/y;

const clock = String.raw`\d\d?:\d\d(?::\d\d(?:\.\d+)?)?`;
const date = new RegExp(String.raw`^(\d{4}-\d\d-\d\d)(?:[T ](${clock}))?\s*(Z|UTC|[+-]\d\d:?\d\d)?$`);

/**
 * The moment that `--since` means, in seconds since 1970. It is the same for all hosts, even in different time zones.
 *
 * @throws Error if the text is not a moment
 * @see systemd.time(7), of which this reads the usual forms
 * @example sinceOf("1h", new Date("2026-11-29T15:00:00Z")) // that of 14:00
 */
export function sinceOf(text: string, now: Date): number {
  const word = text.trim();
  const time = wordTime(word, now) ?? ago(word, now) ?? dateTime(word, now);
  if (time === undefined || Number.isNaN(time))
    throw new Error(
      `--since ${JSON.stringify(text)} is not a time. Times are: 1h, "10 min ago", today, "2026-11-29 15:00", 2026-11-29T15:00Z.`,
    );
  return Math.floor(time / 1000);
}

function wordTime(word: string, now: Date): number | undefined {
  if (word === "now") return now.getTime();
  if (word !== "today" && word !== "yesterday") return undefined;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - (word === "today" ? 0 : 1)).getTime();
}

/** "1h 30min", with "-" before it or "ago" after it. */
function ago(word: string, now: Date): number | undefined {
  const text = word.replace(/^-\s*|\s*\bago$/g, "");
  let total = 0;
  span.lastIndex = 0;
  for (let at = 0; at < text.length; at = span.lastIndex) {
    const [, number = "", unit = ""] = span.exec(text) ?? [];
    if (unit === "") return undefined;
    total += Number(number) * seconds[unit[0] as keyof typeof seconds];
  }
  return text === "" ? undefined : now.getTime() - total * 1000;
}

function dateTime(word: string, now: Date): number | undefined {
  if (/^@\d+(\.\d+)?$/.test(word)) return Number(word.slice(1)) * 1000;
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) =>
    String(part).padStart(2, "0"),
  );
  const whole = new RegExp(`^${clock}$`).test(word) ? `${day.join("-")} ${word}` : word;
  const [, on, at = "00:00", zone = ""] = date.exec(whole) ?? [];
  if (on === undefined) return undefined;
  // Without a zone, the time zone is that of this machine.
  return Date.parse(
    `${on}T${at.padStart(at.indexOf(":") === 1 ? at.length + 1 : at.length, "0")}${zone === "UTC" ? "Z" : zone}`,
  );
}
