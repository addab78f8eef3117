import type { TestHost } from "../../../tools/fleet/index.ts";

/**
 * What sshd says in the journal. Not by its unit: the journal asks which one a process is in when it takes a line up, and a session is in
 * its scope by then, or gone.
 */
export const ofSshd = ["--identifier=sshd", "--identifier=sshd-session", "--identifier=sshd-auth"];

/** All that sshd has said, what it said just now as well: the journal takes it up a moment later (journalctl(1), --sync). */
export async function sshdLog(machine: TestHost): Promise<string> {
  await machine.run(["journalctl", "--sync"]);
  return (await machine.run(["journalctl", ...ofSshd, "--output=cat", "--no-pager"])).stdout;
}

/** Addresses that have logged in by SSH, in order. */
export async function logins(machine: TestHost): Promise<string[]> {
  const lines = (await sshdLog(machine)).matchAll(/^Accepted publickey for \S+ from (\S+)/gm);
  return [...lines].map((match) => match[1] ?? "");
}
