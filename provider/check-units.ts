import { unitName } from "../units/names.ts";
import { parse } from "../units/parse.ts";
import { parseListenStream } from "../units/nginx/address.ts";
import { toListenStream } from "../units/nginx/address.ts";
import { type Plain, type PlainObject, isObject, unknown } from "./wire.ts";

/** One unit of `units`: its name and that its text can be read. */
export function checkUnit(
  value: Plain,
  path: string,
  fail: (path: string, reason: string) => void,
  key: string,
): void {
  attempt(path, fail, () => unitName(key));
  if (value === unknown) return;
  if (typeof value === "string") attempt(path, fail, () => parse(value, key));
  else fail(path, "must be text");
}

function attempt(path: string, fail: (path: string, reason: string) => void, action: () => unknown): void {
  try {
    action();
  } catch (thrown) {
    fail(path, (thrown as Error).message);
  }
}

/**
 * Two sockets on one port work until the next boot, when the wrong one wins: so it is refused at preview, for all sets
 * that one run checks. Remembers what each set listens on.
 */
export class Listeners {
  /** host → address → who has it */
  readonly #taken = new Map<string, Map<string, { owner: string; unit: string }>>();

  /** Says which sockets of a set listen where another set's do. */
  claim(owner: string, inputs: PlainObject, fail: (path: string, reason: string) => void): void {
    const { connection, units } = inputs as Record<string, Plain | undefined>;
    const { address, port } = isObject(connection) ? (connection as PlainObject) : {};
    if (typeof address !== "string" || !isObject(units)) return;
    const host = `${address}:${typeof port === "number" ? port : 22}`;
    const taken = this.#taken.get(host) ?? new Map<string, { owner: string; unit: string }>();
    this.#taken.set(host, taken);
    for (const [listen, claim] of taken) if (claim.owner === owner) taken.delete(listen);
    for (const [unit, text] of Object.entries(units)) {
      for (const listen of typeof text === "string" && unit.endsWith(".socket") ? listens(text, unit) : []) {
        const other = taken.get(listen);
        if (other)
          fail(
            `units["${unit}"]`,
            `listens on ${listen}, and so does ${other.unit} of ${other.owner} on the same host`,
          );
        else taken.set(listen, { owner, unit });
      }
    }
  }
}

function listens(text: string, unit: string): string[] {
  const entries = parse(text, unit).sections.flatMap((section) => section.entries);
  return entries.flatMap((entry) => {
    if (!("key" in entry) || entry.key !== "ListenStream" || entry.value === "") return [];
    try {
      return [toListenStream(parseListenStream(entry.value))];
    } catch {
      // An address that this project does not know is systemd's to judge.
      return [];
    }
  });
}
