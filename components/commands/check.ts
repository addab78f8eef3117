import { hostsOf } from "../arguments/hosts.ts";
import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import type { ArgumentProblem } from "../arguments/problems.ts";
import { smokeTargets } from "./smoke-request.ts";

/** What can't be done for `smokeTest`, as far as it is known. */
export function checkSmokeTest(
  args: SocketActivatedNginxArgs,
  names: readonly string[] = [],
): ArgumentProblem[] {
  const { smokeTest } = args;
  const targets = (asked: SocketActivatedNginxArgs["smokeTest"]) =>
    smokeTargets({ ...args, smokeTest: asked }, "host", names).length;
  if (!smokeTest || "command" in smokeTest || targets(smokeTest) > 0) return [];
  // Of a pattern no name is known.
  const hostName = names[0]?.replace("*", "www");
  if (hostName === undefined || targets({ hostName }) === 0)
    return [
      {
        path: "smokeTest",
        message: "no address of this entry can be reached from another machine. Give a command instead.",
      },
    ];
  const message = `is missing: the name to ask for, as in "${hostName}". All server names are patterns.`;
  return [{ path: "smokeTest.hostName", message }];
}

/** What of the connection the commands don't have. */
export function commandWarnings({ commands, ...args }: SocketActivatedNginxArgs): string[] {
  const hasCommands = [...(commands?.before ?? []), ...(commands?.after ?? [])].length > 0;
  const hasSudo = Object.values(hostsOf(args)).some(({ sudo }) => sudo !== undefined && sudo !== false);
  if (!hasCommands || !hasSudo) return [];
  return [
    "commands: the login itself runs them, without the host's sudo. If they need root, make sudo their first word.",
  ];
}
