import { lastOf, merged } from "./merge.ts";
import type { Part } from "./part.ts";
import type { HostEntry } from "./print.ts";

/**
 * What the sources have up to now, merged by time.
 *
 * @param lines the last ones of each host only
 * @param failures gets why a source could not be read, or not to its end
 * @param waiting gets the hosts that have not answered yet
 */
export function history(
  parts: readonly Part[],
  lines: number | undefined,
  failures: Map<Part, unknown>,
  waiting: Set<string>,
): AsyncGenerator<HostEntry, void> {
  const streams = [...Map.groupBy(parts, ({ host }) => host)].map(([host, ofHost]) => {
    waiting.add(host);
    const all = merged(ofHost.map((part) => withoutFailure(part, failures)));
    return answering(lines === undefined ? all : lastOf(all, lines), () => waiting.delete(host));
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

/** @param answered is called when the first is there, or none is */
async function* answering(
  stream: AsyncGenerator<HostEntry, void>,
  answered: () => void,
): AsyncGenerator<HostEntry, void> {
  const first = await stream.next();
  answered();
  if (first.done) return;
  yield first.value;
  yield* stream;
}
