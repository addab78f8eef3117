import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import type { ArgumentProblem } from "../arguments/problems.ts";
import { smokeTargets } from "./smoke-request.ts";

/** What can't be done for `commands` and `smokeTest`, as far as it is known. */
export function checkCommands(args: SocketActivatedNginxArgs, names?: readonly string[]): ArgumentProblem[] {
  return [...checkSmokeTest(args, names), ...checkLogins(args)];
}

function checkSmokeTest(args: SocketActivatedNginxArgs, names: readonly string[] = []): ArgumentProblem[] {
  const { smokeTest } = args;
  const targets = (asked: SocketActivatedNginxArgs["smokeTest"]) =>
    smokeTargets({ ...args, smokeTest: asked }, "host", names).length;
  if (!smokeTest || "command" in smokeTest || targets(smokeTest) > 0) return [];
  // Of a pattern no name is known.
  const hostName = names[0]?.replace("*", "www");
  if (hostName === undefined || targets({ hostName }) === 0)
    return [{ path: "smokeTest", message: "no address can be asked from another machine. Give a command." }];
  const message = `is missing: the name to ask for, as in "${hostName}". All server names are patterns.`;
  return [{ path: "smokeTest.hostName", message }];
}

/** What of the connection the commands don't have. */
export function commandWarnings(args: SocketActivatedNginxArgs): string[] {
  const { sudo } = args.connection;
  if (!hasCommands(args) || sudo === undefined || sudo === false) return [];
  return [
    "commands: they are run by the login itself, without the host's sudo. Write sudo as their first word.",
  ];
}

function hasCommands({ commands }: Pick<SocketActivatedNginxArgs, "commands">): boolean {
  return [...(commands?.before ?? []), ...(commands?.after ?? [])].length > 0;
}

/**
 * Whether the commands can log in. @pulumi/command takes any host for the right one if it is given no key, and reads no file of
 * known hosts.
 */
export function checkLogins(
  args: Pick<SocketActivatedNginxArgs, "commands" | "connection">,
): ArgumentProblem[] {
  if (!hasCommands(args)) return [];
  const { connection } = args;
  const { jump } = connection;
  const logins = [{ path: "connection", login: connection }];
  if (jump !== undefined) logins.push({ path: "connection.jump", login: jump });
  if (jump?.jump !== undefined)
    return [
      { path: "connection.jump.jump", message: "is one too many for commands: they know one jump host" },
    ];
  return logins.flatMap(({ path, login: { hostKey } }) => {
    if (hostKey === undefined)
      return [
        { path: `${path}.hostKey`, message: "is missing: commands need it, a knownHostsFile won't do" },
      ];
    if (typeof hostKey === "string" && hostKey.startsWith("ssh-rsa "))
      return [
        {
          path: `${path}.hostKey`,
          message: "is an RSA key, which commands can't verify. Give the host's ssh-ed25519 one.",
        },
      ];
    return [];
  });
}
