import type { Fleet } from "../tools/fleet/index.ts";
import { controllerTime } from "./controller.ts";
import { hostTimes } from "./processor-time.ts";

/** In the order of the tables. */
export const kinds = ["first up", "unchanged up", "one-file change", "image change", "refresh"] as const;
export type Kind = (typeof kinds)[number];

/** One run of one contestant. */
export interface Run {
  readonly contestant: string;
  readonly kind: Kind;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
  /** Seconds of processor time of all that the contestant started on this machine. */
  readonly controller: number;
  /** Seconds of processor time of a host, on average: sshd, systemd, podman, nginx. */
  readonly host: number;
}

/** A run with the number of SSH logins that each host had, from the hosts' logs. */
export interface CountedRun extends Run {
  readonly logins: readonly number[];
}

export async function timed(
  fleet: Fleet,
  contestant: string,
  kind: Kind,
  work: () => Promise<void>,
): Promise<Run> {
  const [began, used] = [Date.now(), hostTime(fleet)];
  const controller = await controllerTime(work);
  return { contestant, kind, began, ended: Date.now(), controller, host: hostTime(fleet) - used };
}

/** Seconds of processor time of a host on average, since the boot. */
function hostTime({ hosts }: Fleet): number {
  return hostTimes(hosts).reduce((sum, time) => sum + time, 0) / hosts.length;
}

/** Counts the logins of each run from sshd's log of each host, once for all runs: reading the log costs time, too. */
export async function countLogins(fleet: Fleet, runs: readonly Run[]): Promise<CountedRun[]> {
  const hosts = await Promise.all(fleet.hosts.map(loginTimes));
  return runs.map((run) => ({
    ...run,
    logins: hosts.map((times) => times.filter((time) => time >= run.began && time <= run.ended).length),
  }));
}

/** The times of logins, in milliseconds since 1970. A host has the clock of this machine. */
async function loginTimes(host: Fleet["hosts"][number]): Promise<number[]> {
  await host.run(["journalctl", "--sync"]);
  // By name and not by unit: the process of a login leaves the unit of sshd for its own session.
  const names = ["--identifier=sshd", "--identifier=sshd-session"];
  const log = [
    "journalctl",
    ...names,
    "--grep=^Accepted publickey",
    "--output=short-unix",
    "--no-pager",
    "--quiet",
  ];
  const { stdout } = await host.run(log, { check: false });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => Number.parseFloat(line) * 1000);
}
