import type { Channel } from "./connection.ts";
import type { Target } from "./endpoint.ts";

/** How long sudo may take for a password, in milliseconds. */
const patience = 30_000;

/** What stands before a command that runs as root where the target says so. */
export function sudoWords({ sudo }: Target): string[] {
  if (!sudo) return [];
  const ask = passwordOf(sudo) === undefined ? ["-n"] : ["-S", "-p", ""];
  return ["sudo", ...ask, "--"];
}

/**
 * Gives sudo its password, where it may want one.
 *
 * Whatever came behind a wrong password sudo would take for the next ones: a login may be locked after three (faillock(8)). So the rest
 * waits until the command has said that it is there, and sudo gets an end of its input instead where it asks again.
 *
 * @param go sends the rest. Its first line is a mark that the command skips to: a password that sudo did not need (NOPASSWD, a cached
 *   ticket) is still before it.
 * @returns what is called when the command has said that it is there
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
