import { HostError } from "../errors.ts";
import { type Target, endpointName } from "../ssh/endpoint.ts";
import type { Pool } from "../ssh/pool.ts";
import { timeLimit } from "../transaction/progress.ts";

/** A command on the host. The fields are those of resources/contract/hooks.ts. */
export interface Hook {
  command: readonly string[];
  environment?: Readonly<Record<string, string>>;
}

/**
 * SSH carries a command as one string, and this is always that string. The words of the command come on standard input, one a line ("w"),
 * with the environment ("e"), which therefore appears in no process list.
 */
const script =
  'while IFS= read -r line; do case $line in e*) export "${line#e}" ;; w*) set -- "$@" "${line#w}" ;; esac; done; "$@" </dev/null';

/** Characters of a command's output that an error repeats. */
const longest = 1000;

/**
 * Runs a command with the host's own login, without its sudo.
 *
 * @param name its name in errors: "commands.before[0]"
 * @throws HostError when it does not end with 0, or not within the time limit
 */
export async function runHook(pool: Pool, target: Target, name: string, hook: Hook): Promise<void> {
  const { command, environment = {} } = hook;
  const connection = await pool.connect(target);
  const channel = await connection.run(["/bin/sh", "-c", script]);
  let said = "";
  const hear = (chunk: Buffer) => {
    said = `${said}${chunk.toString("utf8")}`.slice(-2 * longest);
  };
  channel.onStdout(hear);
  channel.onStderr(hear);
  const lines = [
    ...Object.entries(environment).map(([key, value]) => `e${key}=${value}`),
    ...command.map((word) => `w${word}`),
  ];
  channel.write(lines.map((line) => `${line}\n`).join(""));
  channel.end();
  const seconds = timeLimit(target);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), seconds * 1000);
  });
  const ended = await Promise.race([channel.ended, late]);
  clearTimeout(timer);
  if (ended !== "late" && ended.code === 0) return;
  channel.close();
  const how =
    ended === "late"
      ? `did not end within ${seconds} s (commandTimeout)`
      : ended.code === null
        ? "lost its connection"
        : `ended with ${ended.code}`;
  const output = withoutSecrets(said, Object.values(environment)).trim().slice(-longest);
  throw new HostError(
    endpointName(target),
    [`${name}: ${command[0] ?? ""} ${how}`, output].filter(Boolean).join("\n"),
  );
}

/** Values of the environment may be secrets, and a program may print them. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length > 3)
    .reduce((rest, secret) => rest.replaceAll(secret, "[…]"), text);
}
