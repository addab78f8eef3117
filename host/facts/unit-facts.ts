/** What systemd says of a unit (org.freedesktop.systemd1(5)). */
export interface UnitFact {
  load: string;
  active: string;
  /** It has ended, and systemd starts it again by itself (systemd.service(5), Restart=), perhaps for ever. */
  restarting: boolean;
  /** UnitFileState: "enabled", "disabled", "generated", "masked", … */
  enabled: string;
  needsReload: boolean;
  /** Files that change what the unit's own file says (systemd.unit(5), "drop-in"). */
  dropIns: string[];
  /** When it was started, stopped or reloaded last, in seconds since 1970; 0 for never. */
  changed: number;
  /** The file that the unit is loaded from; for a generated unit, the file that it was made from. Left out if there is none. */
  file?: string;
}

/**
 * What systemd says of some units, in their order. Pure.
 *
 * @param shown the output of `systemctl show`, with the properties of transaction/scripts/query.sh
 */
export function readUnits(shown: string, units: readonly string[]): Map<string, UnitFact> {
  const blocks = shown.split(/\n\n+/);
  return new Map(units.map((unit, index) => [unit, unitFact(blocks[index] ?? "")]));
}

/**
 * The name by which systemctl is asked about a unit. A template is not a unit (systemd.unit(5)), so one of its instances is asked about:
 * all instances are made of the same files.
 */
export function askedAs(unit: string): string {
  return unit.replace(/@(?=\.[a-z]+$)/, "@quadlet-fleet");
}

function unitFact(shown: string): UnitFact {
  const values = new Map(
    shown.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const active = values.get("ActiveState") ?? "";
  const file = fileOf(values.get("FragmentPath") ?? "", values.get("SourcePath") ?? "");
  return {
    load: values.get("LoadState") ?? "",
    active,
    // NRestarts is counted when the wait is over, so a unit that starts for the first time has 0.
    restarting:
      active === "activating" &&
      (/^auto-restart/.test(values.get("SubState") ?? "") || Number(values.get("NRestarts") ?? 0) > 0),
    enabled: values.get("UnitFileState") ?? "",
    needsReload: values.get("NeedDaemonReload") === "yes",
    dropIns: (values.get("DropInPaths") ?? "").split(" ").filter(Boolean),
    // With --timestamp=unix: "@1764000000".
    changed: Number((values.get("StateChangeTimestamp") ?? "").replace("@", "")) || 0,
    ...(file === "" ? {} : { file }),
  };
}

/**
 * Generated units are in one of three directories (systemd.generator(7)). SourcePath= counts only there, as any
 * other file may also have it.
 */
function fileOf(fragment: string, source: string): string {
  const isGenerated = /^\/run\/(user\/\d+\/)?systemd\/generator(\.early|\.late)?\//.test(fragment);
  return isGenerated && source !== "" ? source : fragment;
}
