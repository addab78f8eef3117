import type { TestHost } from "../../../tools/fleet/index.ts";

/**
 * The journal entries of sshd, selected by name. Not by unit: the journal looks up the unit of a process when it stores the entry, and
 * by then a session is in its scope, or has ended.
 */
export const ofSshd = ["--identifier=sshd", "--identifier=sshd-session", "--identifier=sshd-auth"];

/** Everything that sshd has logged, up to now: --sync waits until the journal has stored it (journalctl(1)). */
export async function sshdLog(machine: TestHost): Promise<string> {
  await machine.run(["journalctl", "--sync"]);
  return (await machine.run(["journalctl", ...ofSshd, "--output=cat", "--no-pager"])).stdout;
}

/** Addresses that have logged in by SSH, in order. */
export async function logins(machine: TestHost): Promise<string[]> {
  const lines = (await sshdLog(machine)).matchAll(/^Accepted publickey for \S+ from (\S+)/gm);
  return [...lines].map((match) => match[1] ?? "");
}
