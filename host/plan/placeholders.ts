import type { Desired, DesiredFile } from "../desired.ts";
import type { Facts } from "../facts/facts.ts";

type Account = Pick<Facts, "uid" | "home">;

/**
 * The set with what only the host knows of its account: the UID for @UID@ and the home directory for @HOME@, in the files that
 * have placeholders, in the addresses of probes and in the volumes of checks. Pure.
 */
export function fill(desired: Desired, account: Account): Desired {
  if (desired.account === undefined) return desired;
  return {
    ...desired,
    files: desired.files.map((file) =>
      isOpen(file) ? { ...file, content: fillText(file.content, account, file.unit !== undefined) } : file,
    ),
    probes: desired.probes.map((probe) => ({ ...probe, listen: fillText(probe.listen, account, false) })),
    checks: desired.checks.map((check) => ({
      ...check,
      volumes: check.volumes.map((volume) => fillText(volume, account, false)),
    })),
  };
}

/** Whether only the host knows the whole text. */
export function isOpen({ placeholders, content }: DesiredFile): boolean {
  return placeholders === true && /@(UID|HOME)@/.test(content);
}

/** One text, filled in. In a unit a "%" of the home directory is no specifier (systemd.unit(5)). */
function fillText(text: string, { uid, home }: Account, isUnit: boolean): string {
  return text
    .replaceAll("@UID@", String(uid))
    .replaceAll("@HOME@", () => (isUnit ? home.replaceAll("%", "%%") : home));
}

/**
 * A file's text from the host with the placeholders back in each line that has not changed, so that a diff shows what did.
 *
 * @param text what the host has
 * @param file the file with its placeholders
 */
export function unfillText(text: string, file: DesiredFile, account: Account): string {
  if (!isOpen(file)) return text;
  const lines = new Map(
    file.content
      .split("\n")
      .map((line): [string, string] => [fillText(line, account, file.unit !== undefined), line]),
  );
  return text
    .split("\n")
    .map((line) => lines.get(line) ?? line)
    .join("\n");
}
