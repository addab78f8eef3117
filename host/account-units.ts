import { madeUnit as made } from "../units/made.ts";

/**
 * Units of the account's manager in a set of the host's manager are written "~NAME": "~" can't be in a unit's name (systemd.unit(5)). This
 * tells units of the same name apart, and tells the scripts which manager to ask (ctl in transaction/scripts/managers.sh).
 */
export function isAccounts(unit: string): boolean {
  return unit.startsWith("~");
}

/** A unit's name as systemd and people write it, without "~". */
export function plainName(unit: string): string {
  return isAccounts(unit) ? unit.slice(1) : unit;
}

/** A name, written for the manager of another unit: with "~" if that is the account's manager. */
export function besides(other: string, name: string): string {
  return isAccounts(other) ? `~${name}` : name;
}

/** The unit that a file makes ({@link made} of units/made.ts), written for the file's manager. */
export function madeUnit(fileName: string, text: string | undefined): string {
  return besides(fileName, made(plainName(fileName), text));
}

/** The service managers of a set: its own and, in a set of the host's manager, the account's. */
export type Whose = "own" | "account";

/** The managers that have at least one of these units, the account's first. */
export function managersOf(units: readonly string[]): Whose[] {
  const all: Whose[] = ["account", "own"];
  return all.filter((whose) => units.some((unit) => isAccounts(unit) === (whose === "account")));
}
