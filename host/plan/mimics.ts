import { assignmentsOf } from "../../units/values.ts";
import type { Desired } from "../desired.ts";
import type { Facts, Live } from "../facts/facts.ts";
import type { Action } from "./changes.ts";
import { mimicConfig } from "./mimic-config.ts";
import type { Rehearsal } from "./stand-ins.ts";

/** A rehearsal without a unit, in a container like the running one. */
export interface Mimic extends Pick<Rehearsal, "service" | "probes" | "text"> {
  runtime: Live["runtime"];
}

/**
 * The rehearsals that need no unit: those of reloads for which only files change that the container sees.
 *
 * @param paths of files that are written or go
 */
export function mimics(
  facts: Facts,
  { manager, account }: Desired,
  todo: ReadonlyMap<string, Action>,
  rehearsals: readonly Rehearsal[],
  paths: readonly string[],
): Mimic[] {
  const touched = paths.map((path) => path.replace(/^~(?=\/)/, () => facts.home));
  return rehearsals.flatMap((rehearsal): Mimic[] => {
    const { service, probes, moved, hostOnly } = rehearsal;
    const live = facts.live.get(service);
    if (todo.get(service) !== "reload" || live === undefined || isHeldByUnit(rehearsal, facts)) return [];
    const ownCgroup = manager === "user" || account === undefined;
    const text = mimicConfig(live, { moved, touched, hostOnly, ownCgroup });
    return text === undefined ? [] : [{ service, probes, text, runtime: live.runtime }];
  });
}

/** Keys of [Service] that do not restrict the service, or that restrict only what a mimic does not do, either. */
const harmless = new Set([
  ...["Delegate", "Environment", "ExecCondition", "ExecReload", "ExecStart", "ExecStartPost", "ExecStartPre"],
  ...["ExecStop", "ExecStopPost", "KillMode", "LogsDirectory", "LogsDirectoryMode", "NonBlocking"],
  ...["NotifyAccess", "Restart", "RestartSec", "RuntimeDirectory", "RuntimeDirectoryMode"],
  ...["RuntimeDirectoryPreserve", "Sockets", "SyslogIdentifier", "TimeoutStartSec", "TimeoutStopSec", "Type"],
  "User",
  // A mimic always has no new privileges, and opens its sockets itself, as each rehearsal does.
  ...["NoNewPrivileges", "RestrictAddressFamilies"],
]);

/** Whether the unit may confine the service further than the container does (systemd.exec(5), "Sandboxing"). */
function isHeldByUnit({ service, key, text }: Rehearsal, { units }: Facts): boolean {
  // A drop-in for all services also applies to the transaction's own unit.
  const dropIns = units.get(service)?.dropIns.filter((path) => !path.includes("/service.d/")) ?? [];
  return dropIns.length > 0 || assignmentsOf(text, key, "Service").some(({ key }) => !harmless.has(key));
}
