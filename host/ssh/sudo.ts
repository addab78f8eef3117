import type { Channel } from "./connection.ts";
import type { Target } from "./endpoint.ts";

/** Milliseconds for sudo to check a password. */
const patience = 30_000;

/** The words before a command that runs as root, if the target wants sudo. */
export function sudoWords({ sudo }: Target): string[] {
  if (!sudo) return [];
  const ask = passwordOf(sudo) === undefined ? ["-n"] : ["-S", "-p", ""];
  return ["sudo", ...ask, "--"];
}

/**
 * Gives sudo the password, if there is one.
 *
 * sudo would take anything after a wrong password for the next password, and a login may be locked after three (faillock(8)). So the rest
 * waits until the command reports that it runs. If sudo asks again, its input ends instead.
 *
 * @param go sends the rest. Its first line is a mark that the command skips to: a password that sudo did not need (NOPASSWD, a cached
 *   ticket) comes before it.
 * @returns the function to call when the command reports that it runs
 */
export function identify(channel: Channel, { sudo }: Target, go: () => void): () => void {
  const password = passwordOf(sudo);
  if (password === undefined) {
    go();
    return () => undefined;
  }
  channel.write(`${password}\n`);
  const giveUp = setTimeout(() => channel.end(), patience);
  channel.onStderr((chunk) => {
    if (/try again/i.test(chunk.toString("utf8"))) channel.end();
  });
  void channel.ended.then(() => clearTimeout(giveUp));
  return () => {
    clearTimeout(giveUp);
    go();
  };
}

function passwordOf(sudo: Target["sudo"]): string | undefined {
  return typeof sudo === "object" ? sudo.password : undefined;
}
