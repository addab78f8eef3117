import { type Machine, machineLines } from "../machine.ts";
import { table } from "../table.ts";

export interface Row {
  readonly what: string;
  readonly seconds: number;
  /** SSH logins a host. */
  readonly logins: number;
}

export interface RolloutResults {
  readonly many: number;
  readonly rows: readonly Row[];
  readonly requests: number;
  readonly failed: number;
  readonly kills: number;
  readonly problems: readonly string[];
}

export function rolloutReport(
  { many, rows, requests, failed, kills, problems }: RolloutResults,
  machine: Machine,
): string {
  return `## A rollout over many hosts

A site as Example 2 on ${many} hosts, with the default policy unless the row says otherwise. ${requests} requests went to the hosts from the
failing image on, ${failed} of them failed. Engine and plugin were killed at ${kills} random moments; after each, the next \`up\` had to
bring all hosts to the version that was asked for.

${table([
  ["", "seconds", "SSH logins a host"],
  ...rows.map(({ what, seconds, logins }) => [what, seconds.toFixed(1), logins.toFixed(2)]),
])}

${problems.length === 0 ? "Every host was as it had to be after each of them." : problems.map((one) => `- **${one}**`).join("\n")}

${machineLines(machine)}
`;
}
