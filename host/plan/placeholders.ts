import type { Desired } from "../desired.ts";
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
      file.placeholders
        ? { ...file, content: fillText(file.content, account, file.unit !== undefined) }
        : file,
    ),
    probes: desired.probes.map((probe) => ({ ...probe, listen: fillText(probe.listen, account, false) })),
    checks: desired.checks.map((check) => ({
      ...check,
      volumes: check.volumes.map((volume) => fillText(volume, account, false)),
    })),
  };
}

/** Fills in one text. In a unit, a "%" of the home directory is doubled, as it is not a specifier (systemd.unit(5)). */
function fillText(text: string, { uid, home }: Account, isUnit: boolean): string {
  return text
    .replaceAll("@UID@", String(uid))
    .replaceAll("@HOME@", () => (isUnit ? home.replaceAll("%", "%%") : home));
}
