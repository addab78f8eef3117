import { HostError } from "../errors.ts";
import { type Target, endpointName } from "../ssh/endpoint.ts";
import type { Pool } from "../ssh/pool.ts";
import { AccessLogReader } from "./access-log.ts";
import { attend } from "./attend.ts";
import type { Entry, Query, Reader, Reading } from "./entry.ts";
import type { Line } from "./lines.ts";
import { JournalReader } from "./journal.ts";
import type { Source } from "./sources.ts";

export function readerOf(source: Source, query: Query): Reader {
  return source.kind === "journal" ? new JournalReader(source, query) : new AccessLogReader(source, query);
}

/**
 * The entries of a reading, in the order in which they arrive. If the caller takes no more of them, the errand on the host ends, too.
 *
 * @param begun is called when the host has begun
 * @throws HostError if the host can't be reached, or does not send the entries. Its reason is "lost" if the connection was lost, and
 *   "failed" if the host can't read the log.
 */
export async function* read(
  pool: Pool,
  target: Target,
  { errand, take, most }: Reading,
  begun: () => void = () => undefined,
): AsyncGenerator<Entry, void> {
  const attended = await attend(pool, target, errand);
  const said = beginningOf(attended.errors);
  begun();
  let count = 0;
  try {
    for await (const line of attended.lines) {
      const entry = take(line);
      if (!entry) continue;
      count += 1;
      if (count > most)
        throw new HostError(endpointName(target), `it sent more than the ${most} lines that it may send.`, {
          reason: "failed",
          state: "",
        });
      yield entry;
    }
  } finally {
    attended.leave();
  }
  const code = await attended.ended;
  const why = await said;
  // journalctl ends with 1 if nothing matches.
  if (code === 0 || (code === 1 && why === "")) return;
  // A signal ended it: the host did not hear from this process for a while, or an administrator sent the signal.
  const isLost = code === null || code > 128;
  const problem = isLost ? "the connection was lost." : why || `reading the log ended with ${code}.`;
  const cure = /insufficient permissions/.test(why) ? unreadable : undefined;
  throw new HostError(endpointName(target), problem, { reason: isLost ? "lost" : "failed", state: "", cure });
}

/** In a journal that is in memory only, an account has no file of its own (journald.conf(5), `Storage=` and `SplitMode=`). */
const unreadable =
  "Log in as root, set the connection's sudo to true, or let the host keep its journal: mkdir /var/log/journal";

/** The first lines of a command's standard error. */
async function beginningOf(errors: AsyncIterable<Line>): Promise<string> {
  const said: string[] = [];
  for await (const { bytes } of errors) if (said.length < 10) said.push(bytes.toString("utf8").slice(0, 500));
  return [...new Set(said)].join("\n").trim();
}
