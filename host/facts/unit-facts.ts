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
  /** The file that it is loaded from; of one that a generator has made, what it was made from. Left out where there is none. */
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
 * How systemctl is asked about a unit. A template is no unit (systemd.unit(5)): one of its instances says what all are made of.
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
    // NRestarts counts when the wait is over: one that starts for the first time has none.
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

/** systemd.generator(7): what a generator has made is in one of three directories. Any other file may say SourcePath= as well. */
function fileOf(fragment: string, source: string): string {
  const isGenerated = /^\/run\/(user\/\d+\/)?systemd\/generator(\.early|\.late)?\//.test(fragment);
  return isGenerated && source !== "" ? source : fragment;
}
