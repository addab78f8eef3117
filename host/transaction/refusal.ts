import type { Desired } from "../desired.ts";
import { HostError, printable } from "../errors.ts";
import { type Answer, decode } from "../facts/facts.ts";

/** The error of a session that the host has refused. Nothing was changed on it then. */
export function refusal(host: string, { account }: Pick<Desired, "account">, answer: Answer): HostError {
  const reason = String(answer.reason);
  const [file, kept] = [decode(answer.file), decode(answer.kept)];
  const known: Record<string, [string, string?]> = {
    "no-systemd": ["systemd-run was not found.", "quadlet-fleet needs a host that runs systemd."],
    "not-root": [
      "the host's service manager needs root.",
      "Log in as root, or set the connection's sudo to true.",
    ],
    "no-account": [
      `there is no account "${account}".`,
      `Create it on the host (useradd --create-home ${account}), or set createUser: true, which needs root.`,
    ],
    "not-created": [
      `the account "${account}" could not be created.`,
      `Try it on the host: useradd --create-home ${account}`,
    ],
    "accounts-locked": [
      "another session has been creating or removing an account for more than a minute.",
      "Run `pulumi up` again. If this happens again, see which process holds the lock. On the host: fuser -v /run/quadlet-fleet-accounts.lock",
    ],
    "other-account": [
      `this login can't act for the account "${account}".`,
      `Log in as ${account} or root, or set the connection's sudo to true.`,
    ],
    "no-linger": [
      `this login can't enable lingering for "${account}".`,
      `Run this once, as root on the host: loginctl enable-linger ${account}`,
    ],
    "no-user-manager": [
      `the service manager of "${account}" does not run.`,
      `Run this once, as root on the host: loginctl enable-linger ${account}`,
    ],
    "newer-format": [
      `its records were written by a newer version of quadlet-fleet: ${file} says format ${kept}, and this version reads formats up to ${answer.reads}.`,
      "Use the version of quadlet-fleet that deployed there last, or a newer one.",
    ],
    "unknown-format": [
      `${file} should hold the format of quadlet-fleet's records, a whole number. It holds ${JSON.stringify(kept)}.`,
      `Find out what changed it. If this version made the last deploy to the host, write ${answer.reads} to it.`,
    ],
  };
  const [problem, cure] = (Object.hasOwn(known, reason) ? known[reason] : undefined) ?? [
    `the session was refused (${reason}).`,
  ];
  return new HostError(host, problem, { cure, reason });
}

/** Another session is working on the set. */
export class Busy extends HostError {
  /** "the set "web" (alice@laptop, since 2026-11-29 10:00:00 UTC)" */
  readonly who: string;

  constructor(host: string, { name }: Pick<Desired, "name">, holder: string) {
    const who = `the set "${name}" (${holder.trim() === "" ? "another session" : printable(holder.trim())})`;
    super(host, `it is busy with ${who}.`, {
      cure: "Wait until it ends and run `pulumi up` again. To see it on the host: systemctl list-units 'quadlet-fleet-*'",
    });
    this.who = who;
  }
}
