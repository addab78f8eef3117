import { madeUnit as made } from "../units/made.ts";

/**
 * Units of the account's own manager in a set of the host's are written "~NAME": "~" can't be in a unit's name (systemd.unit(5)). So units
 * of the same name are told apart, and the scripts know which manager to ask (ctl in transaction/scripts/managers.sh).
 */
export function isAccounts(unit: string): boolean {
  return unit.startsWith("~");
}

/** The name that systemd has, and that people read. */
export function plainName(unit: string): string {
  return isAccounts(unit) ? unit.slice(1) : unit;
}

/** A unit of the same manager as another one. */
export function besides(other: string, name: string): string {
  return isAccounts(other) ? `~${name}` : name;
}

/** As {@link made} of units/made.ts, in the manager that the file is for. */
export function madeUnit(fileName: string, text: string | undefined): string {
  return besides(fileName, made(plainName(fileName), text));
}

/** The service managers of a set: its own, and that of the account of a set of the host's. */
export type Whose = "own" | "account";

/** Those that have one of these units, the account's first. */
export function managersOf(units: readonly string[]): Whose[] {
  const all: Whose[] = ["account", "own"];
  return all.filter((whose) => units.some((unit) => isAccounts(unit) === (whose === "account")));
}
