import type { Desired } from "./desired.ts";
import type { Facts } from "./facts.ts";

/**
 * The set with what only the host knows of the account that its services run as: its UID for @UID@ and its home directory for
 * @HOME@ in the text of units. Pure. Without such an account nothing is a placeholder.
 */
export function fill(desired: Desired, { uid, home }: Pick<Facts, "uid" | "home">): Desired {
  if (!hasPlaceholders(desired)) return desired;
  const files = desired.files.map((file) =>
    file.unit === undefined ? file : { ...file, content: fillText(file.content, { uid, home }) },
  );
  return { ...desired, files };
}

/** The text of one unit, filled in. */
export function fillText(text: string, { uid, home }: Pick<Facts, "uid" | "home">): string {
  return text.replaceAll("@UID@", String(uid)).replaceAll("@HOME@", () => home.replaceAll("%", "%%"));
}

/**
 * A unit's text from the host with the placeholders back in each line that has not changed, so that a diff shows what did.
 *
 * @param template the text with its placeholders
 */
export function unfillText(text: string, template: string, facts: Pick<Facts, "uid" | "home">): string {
  const lines = new Map(template.split("\n").map((line): [string, string] => [fillText(line, facts), line]));
  return text
    .split("\n")
    .map((line) => lines.get(line) ?? line)
    .join("\n");
}

/** Whether units of the set may name their account. */
export function hasPlaceholders({ manager, account }: Pick<Desired, "manager" | "account">): boolean {
  return manager === "system" && account !== undefined;
}
