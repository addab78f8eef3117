import { setTimeout as sleep } from "node:timers/promises";
import { execErrand } from "../../host/attended/exec.ts";
import { containerUnits, unitsOf } from "../../host/attended/sources.ts";
import { Gate } from "../../host/ssh/gate.ts";
import { Pool } from "../../host/ssh/pool.ts";
import { interrupted } from "../interrupted.ts";
import { Output, prefixed, widthOf } from "../output.ts";
import { Report } from "../report.ts";
import { chosenHosts, setsOf, waysTo } from "../sites.ts";
import { type DeployedSet, readStack } from "../stack.ts";
import { Stop } from "../stop.ts";
import { chosenUnit } from "../units.ts";
import { type Print, run } from "./run.ts";

export interface ExecOptions {
  /** Default: the selected stack. */
  readonly stack?: string | undefined;
  readonly site: string;
  /** Empty for all hosts. */
  readonly hosts: readonly string[];
  /** Default: the unit of the site's nginx. */
  readonly unit?: string | undefined;
  readonly command: readonly string[];
  /** How many hosts at a time. */
  readonly parallel: number;
  /** Seconds that the command may take on a host; 0 for no limit. */
  readonly timeout: number;
}

/**
 * `quadlet-fleet exec`: runs a command in a container of a site, on its hosts.
 *
 * @returns the exit status: 0 if the command exited with 0 on every host, otherwise 3
 * @throws Stop when there is no such stack, site, host or unit
 */
export async function exec(options: ExecOptions): Promise<number> {
  const { site, command, parallel, timeout: seconds } = options;
  const all = setsOf(await readStack(options.stack), [site]);
  const unit = chosenUnit(all, options.unit ?? nginxOf(site, all), containerUnits);
  const sets = all.filter(({ desired }) => unitsOf(desired).includes(unit));
  const hosts = chosenHosts(sets, options.hosts);
  const width = widthOf(hosts);
  const outputs = { stdout: new Output(process.stdout), stderr: new Output(process.stderr) };
  const stop = new AbortController();
  const report = new Report();
  const [pool, gate] = [new Pool(), new Gate(parallel)];
  void Promise.race([interrupted(), outputs.stdout.ended()]).then(() => stop.abort());
  try {
    await Promise.all(
      waysTo(sets, hosts, report).map(({ set, host, target }) =>
        gate.pass(async () => {
          const print: Print = (output, text) => outputs[output].print(prefixed(host, width, text));
          const errand = execErrand(set.desired, unit, command);
          const outcome = await run(pool, target, errand, { seconds, stop: stop.signal, print });
          if (outcome !== undefined) report.failed(host, outcome);
        }),
      ),
    );
    report.say();
    return report.hasFailures ? 3 : 0;
  } finally {
    // A connection that is still being opened may take long.
    await Promise.race([pool.close(), sleep(500)]);
  }
}

/** The unit of the site's nginx, or the only container unit. */
function nginxOf(site: string, sets: readonly DeployedSet[]): string {
  const units = sets.flatMap(({ desired }) => containerUnits(desired));
  const [first, ...others] = units.includes(`${site}.service`) ? [`${site}.service`] : units;
  if (first === undefined) throw new Stop(`"${site}" has no container.`);
  if (others.length > 0)
    throw new Stop(
      `"${site}" has more than one container: choose one with --unit.\nIt has: ${units.join(", ")}`,
    );
  return first;
}
