import { lastOf, merged } from "./merge.ts";
import type { Part } from "./part.ts";
import type { HostEntry } from "./print.ts";

/**
 * What the sources have up to now, merged by time.
 *
 * @param lines the last ones of each host only
 * @param failures gets why a source could not be read, or not to its end
 */
export function history(
  parts: readonly Part[],
  lines: number | undefined,
  failures: Map<Part, unknown>,
): AsyncGenerator<HostEntry, void> {
  const streams = [...Map.groupBy(parts, ({ host }) => host).values()].map((ofHost) => {
    const all = merged(ofHost.map((part) => withoutFailure(part, failures)));
    return lines === undefined ? all : lastOf(all, lines);
  });
  return merged(streams);
}

async function* withoutFailure(part: Part, failures: Map<Part, unknown>): AsyncGenerator<HostEntry, void> {
  try {
    yield* part.history();
  } catch (thrown) {
    failures.set(part, thrown);
  }
}
