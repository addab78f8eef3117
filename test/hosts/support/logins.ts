import type { TestHost } from "../../../tools/fleet/index.ts";

/** Addresses that have logged in by SSH, in order. */
export async function logins(machine: TestHost): Promise<string[]> {
  const { stdout } = await machine.run(["journalctl", "--unit=ssh.service", "--output=cat", "--no-pager"]);
  return [...stdout.matchAll(/^Accepted publickey for \S+ from (\S+)/gm)].map((match) => match[1] ?? "");
}
