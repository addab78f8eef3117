import type { SocketActivatedNginxArgs } from "./arguments.ts";
import type { ArgumentProblem } from "./problems.ts";
import { smokeTargets } from "./smoke-request.ts";

/** What can't be done for `commands` and `smokeTest`, as far as it is known. */
export function checkCommands(args: SocketActivatedNginxArgs, names?: readonly string[]): ArgumentProblem[] {
  const problems: ArgumentProblem[] = [];
  const { smokeTest } = args;
  if (smokeTest && !("command" in smokeTest) && smokeTargets(args, "host", names).length === 0)
    problems.push({
      path: "smokeTest",
      message: "no address can be asked from another machine. Give a command.",
    });
  return hasCommands(args) ? [...problems, ...checkLogin(args.connection)] : problems;
}

/** What of the connection the commands don't have. */
export function commandWarnings(args: SocketActivatedNginxArgs): string[] {
  const { sudo } = args.connection;
  if (!hasCommands(args) || sudo === undefined || sudo === false) return [];
  return [
    "commands: they are run by the login itself, without connection.sudo. Write sudo as their first word.",
  ];
}

function hasCommands({ commands }: SocketActivatedNginxArgs): boolean {
  return [...(commands?.before ?? []), ...(commands?.after ?? [])].length > 0;
}

/** @pulumi/command takes any host for the right one if it is given no key, and reads no file of known hosts. */
function checkLogin(connection: SocketActivatedNginxArgs["connection"]): ArgumentProblem[] {
  const { jump } = connection;
  const logins = [{ path: "connection", login: connection }];
  if (jump !== undefined) logins.push({ path: "connection.jump", login: jump });
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
