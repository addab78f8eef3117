import { fold, naturally } from "../../rollout/fold.ts";
import { folded } from "../report.ts";
import type { Row } from "./row.ts";

/**
 * The table, in which all hosts of a site with the same values share a line. Below it is what differs, is pending or has failed, once for
 * all sites of a host. Pure.
 */
export function printed(rows: readonly Row[]): string {
  const groups = [...Map.groupBy(rows, alike).values()];
  const header = ["SITE", "HOSTS", "STATE", "VERSION", "IMAGE", "ACTIVE", "LAST DEPLOY", "BY", "ENDED"];
  const lines = groups.map((same) => {
    const [{ site, state, version, images, by }] = same as [Row];
    const hosts = fold(same.map(({ host }) => host));
    return [
      site,
      hosts,
      state,
      version ?? "-",
      images.join(", ") || "-",
      activeOf(same[0] as Row),
      timesOf(same),
      by ?? "-",
      endOf(same[0] as Row),
    ];
  });
  const table = columns([header, ...lines]);
  const sections = (["problem", "pending", "drift"] as const).flatMap((kind) => {
    const said = rows.filter((row) => row[kind] !== null);
    if (said.length === 0) return [];
    const bySites = [...Map.groupBy(said, (row) => JSON.stringify([row.host, row[kind]])).values()];
    const lines = bySites.map((same) => {
      const { host, [kind]: why } = same[0] as Row;
      return { name: host, why: `${same.map(({ site }) => site).join(", ")}: ${why}` };
    });
    return ["", `${titles[kind]}:`, ...folded(lines).map((text) => `  ${text.replaceAll("\n", "\n  ")}`)];
  });
  return [...table, ...sections, ""].join("\n");
}

const titles = { problem: "Not seen", pending: "Pending", drift: "Differs from what was deployed" };

/** Rows in the order of the table. */
export function sorted(rows: readonly Row[]): Row[] {
  return rows.toSorted((one, other) => naturally(one.site, other.site) || naturally(one.host, other.host));
}

/** A key that is equal for hosts that share a line. Times may differ, and so may the texts below the table. */
function alike(row: Row): string {
  const { site, state, version, images, by } = row;
  return JSON.stringify([site, state, version, images, by, activeOf(row), endOf(row)]);
}

function activeOf({ active }: Row): string {
  const units = Object.values(active);
  if (units.length === 0) return "-";
  const running = units.filter(Boolean).length;
  return running === units.length ? "yes" : `${running} of ${units.length}`;
}

/** "reverted (failed)" */
function endOf({ outcome, cause }: Row): string {
  if (outcome === null) return "-";
  return cause === null || cause === "" || cause === "asked" ? outcome : `${outcome} (${cause})`;
}

/** The time of the last deploy, or the first and the last of several hosts: UTC, to the minute. */
function timesOf(rows: readonly Row[]): string {
  const times = rows.map(({ at }) => Date.parse(at ?? "")).filter((time) => !Number.isNaN(time));
  if (times.length === 0) return "-";
  const shown = (time: number) => new Date(time).toISOString().slice(0, 16).replace("T", " ");
  const [first, last] = [shown(Math.min(...times)), shown(Math.max(...times))];
  return first === last ? first : `${first} to ${last}`;
}

function columns(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
