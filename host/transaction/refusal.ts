import type { Desired } from "../desired.ts";
import { HostError, printable } from "../errors.ts";
import { type Answer, decode } from "../facts/facts.ts";

/** The error of a session that the host has refused. Nothing was changed on it then. */
export function refusal(host: string, { account }: Pick<Desired, "account">, answer: Answer): HostError {
  const reason = String(answer.reason);
  const [file, kept] = [decode(answer.file), decode(answer.kept)];
  const known: Record<string, [string, string?]> = {
    "no-systemd": ["systemd-run is not there.", "quadlet-fleet needs a host that runs systemd."],
    "not-root": ["the system manager needs root.", "Log in as root, or set the connection's sudo to true."],
    "no-account": [
      `there is no account "${account}".`,
      `Make it on the host (useradd --create-home ${account}), or let it be made with createUser: true, which needs root.`,
    ],
    "not-created": [
      `the account "${account}" could not be made.`,
      `Try it on the host: useradd --create-home ${account}`,
    ],
    "accounts-locked": [
      "another session that makes or removes an account has not ended within a minute.",
      "Run `pulumi up` again. If it stays so, see on the host who has the lock: fuser /run/quadlet-fleet-accounts.lock",
    ],
    "other-account": [
      `this login can't act for the account "${account}".`,
      `Log in as ${account} or root, or set the connection's sudo to true.`,
    ],
    "no-linger": [
      `lingering can't be switched on for "${account}" by this login.`,
      `Once, as root on the host: loginctl enable-linger ${account}`,
    ],
    "no-user-manager": [
      `the user manager of "${account}" does not run.`,
      `Once, as root on the host: loginctl enable-linger ${account}`,
    ],
    "newer-format": [
      `its records were written by a newer version of quadlet-fleet: ${file} says format ${kept}, and this version reads formats up to ${answer.reads}.`,
      "Use the version of quadlet-fleet that deployed there last, or a newer one.",
    ],
    "unknown-format": [
      `${file} should hold the format of quadlet-fleet's records, a whole number. It holds ${JSON.stringify(kept)}.`,
      `Find out on the host what has changed it. If this version has deployed there last, write ${answer.reads} to it.`,
    ],
  };
  const [problem, cure] = (Object.hasOwn(known, reason) ? known[reason] : undefined) ?? [
    `the session was refused (${reason}).`,
  ];
  return new HostError(host, problem, { cure, reason });
}

/** Somebody else is at work on the set. */
export class Busy extends HostError {
  /** "the set "web" (alice@laptop, since 2026-11-29 10:00:00 UTC)" */
  readonly who: string;

  constructor(host: string, { name }: Pick<Desired, "name">, holder: string) {
    const who = `the set "${name}" (${holder.trim() === "" ? "somebody else" : printable(holder.trim())})`;
    super(host, `it is busy with ${who}.`, {
      cure: "Run `pulumi up` again when that has ended. See on the host: systemctl list-units 'quadlet-fleet-*'",
    });
    this.who = who;
  }
}
