import { type Machine, machineLines } from "../machine.ts";
import { table } from "../table.ts";

export interface Row {
  readonly what: string;
  readonly seconds: number;
  /** SSH logins per host. */
  readonly logins: number;
  /** Seconds of processor time of all that the action started on this machine. */
  readonly controller: number;
  /** The same of all hosts together; a host that was booted in between counts from its boot. */
  readonly hosts: number;
}

export interface RolloutResults {
  readonly many: number;
  readonly rows: readonly Row[];
  readonly requests: number;
  readonly failed: number;
  readonly problems: readonly string[];
}

export function rolloutReport(
  { many, rows, requests, failed, problems }: RolloutResults,
  machine: Machine,
): string {
  return `## A rollout over many hosts

A site as Example 2 on ${many} hosts, with the default policy unless the row says otherwise. ${requests} requests went to the hosts from the
failing image on, ${failed} of them failed.

${rowsTable(rows)}

${conclusion(problems)}

${machineLines(machine)}
`;
}

export function dayTwoReport({ many, rows, requests, failed, problems }: RolloutResults, machine: Machine) {
  return `## The command line on a fleet

\`quadlet-fleet status\` and \`rollback\` of a site as Example 2 on ${many} hosts. ${requests} requests went to the hosts from the rollback to the
end of the next \`up\`, ${failed} of them failed. A dead host is one whose sshd is stopped, or a black hole, which takes its connectTimeout
of 15 s.

${rowsTable(rows)}

${conclusion(problems)}

${machineLines(machine)}
`;
}

export interface DeadResults {
  readonly many: number;
  readonly rows: readonly Row[];
  readonly line: { readonly delay: number; readonly loss: number };
  /** How much the dead hosts slow the others down. */
  readonly verdict: string;
  /** Bytes: the greatest resident set of the plugin. */
  readonly plugin: number;
  readonly problems: readonly string[];
}

export function deadReport(results: DeadResults, machine: Machine): string {
  const { many, rows, line, verdict, plugin, problems } = results;
  return `## A rollout with dead hosts

A site as Example 2 on ${many} hosts, with \`offline: skip\` and \`maxFailures: 6\`. Seven of them: sshd is stopped; a black hole; another host
key; the transaction is frozen and the cable pulled while it prepares; the power goes while it is held; the disk is full; a line with
${line.delay} ms of delay and ${line.loss} % loss. Until the living hosts had the change it took, compared with the same change while these seven have
\`state: offline\`: ${verdict}. The plugin had ${Math.round(plugin / 2 ** 20)} MiB at most.

${rowsTable(rows)}

${conclusion(problems)}

${machineLines(machine)}
`;
}

function rowsTable(rows: readonly Row[]): string {
  return table([
    ["", "seconds", "SSH logins a host", "processor seconds of the command", "of all hosts"],
    ...rows.map(({ what, seconds, logins, controller, hosts }) => [
      what,
      seconds.toFixed(1),
      logins.toFixed(2),
      controller.toFixed(1),
      hosts.toFixed(1),
    ]),
  ]);
}

function conclusion(problems: readonly string[]): string {
  if (problems.length > 0) return problems.map((one) => `- **${one}**`).join("\n");
  return "Every host was as it had to be after each of them.";
}

export interface KillsResults {
  readonly many: number;
  readonly kills: number;
  readonly requests: number;
  readonly failed: number;
  /** Seconds of an \`up\` after a kill, in order. */
  readonly seconds: readonly number[];
  readonly problems: readonly string[];
}

export function killsReport(
  { many, kills, requests, failed, seconds, problems }: KillsResults,
  machine: Machine,
) {
  const [least = 0, most = 0] = [seconds[0], seconds.at(-1)];
  const middle = seconds[seconds.length >> 1] ?? 0;
  return `## A rollout whose coordinator is killed

A site as Example 2 on ${many} hosts. Engine and plugin were killed at ${kills} random moments of a one-file change; after half of them the change
was taken out of the program. Every host had to serve the old or the new page at once, and after \`refresh\` and \`up\` the one that was
asked for. ${requests} requests went to the hosts meanwhile, ${failed} of them failed. That \`up\` took ${least.toFixed(1)} to ${most.toFixed(1)} s, the median is
${middle.toFixed(1)} s.

${conclusion(problems)}

${machineLines(machine)}
`;
}
