import { lastOf, merged } from "./merge.ts";
import type { Part } from "./part.ts";
import type { HostEntry } from "./print.ts";

/**
 * The entries that the sources have up to now, merged by time.
 *
 * @param lines only this many of the last entries of each host
 * @param failures gets the reasons why sources could not be read, or not to the end
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

/** @param answered is called when the first entry arrives, or when there is none */
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
