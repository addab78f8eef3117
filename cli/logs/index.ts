import { setTimeout as sleep } from "node:timers/promises";
import type { Query } from "../../host/attended/entry.ts";
import { readerOf } from "../../host/attended/read.ts";
import { sourcesOf } from "../../host/attended/sources.ts";
import { Pool } from "../../host/ssh/pool.ts";
import { fold } from "../../rollout/fold.ts";
import { interrupted } from "../interrupted.ts";
import { Output, widthOf } from "../output.ts";
import { Report } from "../report.ts";
import { chosenHosts, setsOf, waysTo, whyNot } from "../sites.ts";
import { readStack } from "../stack.ts";
import { chosenUnit } from "../units.ts";
import { Follower } from "./follow.ts";
import { history } from "./history.ts";
import { Part } from "./part.ts";
import { type HostEntry, jsonOf, textOf } from "./print.ts";
import { Window } from "./window.ts";

export interface LogsOptions {
  /** Default: the selected stack. */
  readonly stack?: string | undefined;
  readonly site: string;
  /** Empty for all hosts. */
  readonly hosts: readonly string[];
  readonly unit?: string | undefined;
  readonly follow: boolean;
  readonly json: boolean;
  readonly query: Query;
}

/** Milliseconds within which a host should answer. */
const silence = 3000;

/** How many milliseconds a line waits for older lines of other hosts, and how many lines may wait. */
const [patience, most] = [500, 5000];

/**
 * `quadlet-fleet logs`: prints what a site logged on its hosts.
 *
 * @returns the exit status: 0 if every host was read or Ctrl-C ended `--follow`, otherwise 3
 * @throws Stop when there is no such stack, site, host or unit
 */
export async function logs(options: LogsOptions): Promise<number> {
  const { site, query, follow, json } = options;
  const sets = setsOf(await readStack(options.stack), [site]);
  const hosts = chosenHosts(sets, options.hosts);
  const only = options.unit === undefined ? undefined : chosenUnit(sets, options.unit);
  const out = new Output(process.stdout);
  const width = widthOf(hosts);
  const print = (entry: HostEntry) => out.print(json ? jsonOf(entry) : textOf(entry, width));
  const report = new Report();
  const pool = new Pool();
  const parts = waysTo(sets, hosts, report).flatMap(({ set, host, target }) =>
    sourcesOf(set.desired, only).map((source) => new Part(host, pool, target, readerOf(source, query))),
  );
  const stop = new AbortController();
  const window = new Window(print, patience, most);
  const work = async () => {
    const [failures, waiting] = [new Map<Part, unknown>(), new Set<string>()];
    if (process.stderr.isTTY) setTimeout(() => sayWaiting(waiting), silence).unref();
    for await (const entry of history(parts, query.lines, failures, waiting)) await print(entry);
    if (follow) await new Follower((entry) => window.put(entry), report, stop.signal).all(parts, failures);
    // The report keeps only the first failure of a host.
    else
      for (const part of parts) if (failures.has(part)) report.failed(part.host, whyNot(failures.get(part)));
    return "done";
  };
  try {
    const how = await Promise.race([work(), out.ended(), ...(follow ? [interrupted()] : [])]);
    stop.abort();
    // The reader of the output may have stopped reading.
    await Promise.race([window.flush(), sleep(patience)]);
    report.say();
    return how === "interrupted" || !report.hasFailures ? 0 : 3;
  } finally {
    // A connection that is still being opened may take long.
    await Promise.race([pool.close(), sleep(patience)]);
  }
}

/** Tells a user at a terminal why there is no output yet. */
function sayWaiting(hosts: ReadonlySet<string>): void {
  if (hosts.size > 0) console.error(`quadlet-fleet: waiting for ${fold([...hosts])}`);
}
