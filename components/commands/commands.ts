import { X509Certificate, createHash } from "node:crypto";
import { createRequire } from "node:module";
import { type Input, type Output, all, output } from "@pulumi/pulumi/output.js";
import type { Resource } from "@pulumi/pulumi/resource.js";
import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import type { CommandArgs, SmokeRequestArgs } from "./arguments.ts";
import { holdsControl } from "../arguments/wording.ts";
import { ArgumentError } from "../arguments/problems.ts";
import { remoteConnection } from "./remote-connection.ts";
import type { Rendered } from "../site/render.ts";
import { smokeProgram, smokeTargets } from "./smoke-request.ts";
import { certificatesOf } from "../tls/tls.ts";

/** What commands belong to. */
export interface Deployment {
  /** The component, for errors. */
  what: string;
  /** The resource's name. */
  name: string;
  component: Resource;
  args: SocketActivatedNginxArgs;
  /** What is deployed: another digest is another version. */
  digest: Output<string>;
}

/** A digest of all that goes onto the host, and of which host it is. It is a secret where a part of that is one. */
export function digestOf(
  { address }: SocketActivatedNginxArgs["connection"],
  ...deployed: Pick<Rendered, "units" | "files" | "images">[]
): Output<string> {
  const parts = deployed.map(({ units, files, images }) => ({ units, files, images }));
  return output({ address, parts }).apply((known) => sha256(JSON.stringify(known)));
}

/** The commands before a deploy. What is deployed has to depend on them. */
export function commandsBefore(deployment: Deployment): Resource[] {
  return remoteCommands(deployment, "before", []);
}

/**
 * The commands after it, and the smoke test.
 *
 * @param deployed what they wait for
 * @param urls where it is
 * @param names whom to ask for, where it is not the host
 */
export function commandsAfter(
  deployment: Deployment,
  deployed: Resource,
  urls: Output<string[]>,
  names?: readonly string[],
): void {
  const after = remoteCommands(deployment, "after", [deployed]);
  const { component, name, args, digest } = deployment;
  const { smokeTest } = args;
  if (smokeTest === undefined) return;
  const { Command } = load("local") as typeof import("@pulumi/command/local/command.js");
  const words = "command" in smokeTest ? smokeTest.command : smokeRequest(args, smokeTest, names);
  new Command(
    `${name}-smoke-test`,
    {
      ...localWords(words),
      environment: {
        ...("command" in smokeTest ? smokeTest.environment : {}),
        QUADLET_FLEET_URLS: urls.apply((known) => known.join(" ")),
      },
      addPreviousOutputInEnv: false,
      // No `delete`: another trigger makes another command, and only then deletes the old one.
      triggers: [digest],
    },
    { parent: component, dependsOn: [deployed, ...after], additionalSecretOutputs: ["stdout", "stderr"] },
  );
}

/** The provider starts `interpreter` with `create` as its last argument: words, without a shell between them. */
function localWords(words: readonly Input<string>[]): {
  interpreter: Input<string>[];
  create: Input<string>;
} {
  const last = words.at(-1) ?? "";
  // Without an interpreter it would take a shell.
  return { interpreter: ["env", "--", ...words.slice(0, -1)], create: last };
}

function smokeRequest(
  args: SocketActivatedNginxArgs,
  { path, status, body, timeout }: SmokeRequestArgs,
  names?: readonly string[],
): Input<string>[] {
  const certificates = args.tls === undefined ? [] : certificatesOf(args.tls);
  const chains = all(certificates.map(({ pair }) => pair.certificate));
  const request = all([output(args.connection.address), chains]).apply(([host, known]) =>
    JSON.stringify({
      targets: smokeTargets(args, host, names),
      ...{ path, status, body, timeout },
      fingerprints: known.map((chain) => new X509Certificate(chain).fingerprint256),
    }),
  );
  return ["node", "--input-type=module", "--eval", smokeProgram, request];
}

/**
 * SSH has one string for a command: always this one, whatever the words are. They come on its standard input, a line each ("w"), with
 * what the environment has ("e"), which so is in no process list, and what to call it ("t").
 */
const remoteScript =
  'while IFS= read -r line; do case $line in e*) export "${line#e}" ;; w*) set -- "$@" "${line#w}" ;; t*) title=${line#t} ;; esac; done; "$@" </dev/null; code=$?; [ "$code" = 0 ] || echo "$title: $1 has ended with $code" >&2; exit "$code"';

function remoteCommands(
  { what, name, component, args, digest }: Deployment,
  when: "before" | "after",
  dependsOn: Resource[],
): Resource[] {
  const commands = args.commands?.[when] ?? [];
  if (commands.length === 0) return [];
  const { Command } = load("remote") as typeof import("@pulumi/command/remote/command.js");
  const connection = remoteConnection(what, args.connection, component);
  const made: Resource[] = [];
  for (const [index, command] of commands.entries()) {
    const stdin = remoteInput(what, `commands.${when}[${index}]`, command);
    made.push(
      new Command(
        `${name}-${when}-${index + 1}`,
        {
          connection,
          create: `/bin/sh -c '${remoteScript}'`,
          // What is left to change is the way there: a new key is tried, and the command not repeated. The standard input is read to
          // its end, as the plugin fails with "EOF" where a command ends before it was written (golang.org/x/crypto/ssh, Session.Run).
          update: "cat >/dev/null",
          stdin,
          addPreviousOutputInEnv: false,
          // No `delete`: another trigger makes another command, and only then deletes the old one.
          triggers: [all([digest, stdin]).apply((parts) => sha256(parts.join("\n")))],
        },
        {
          parent: component,
          dependsOn: [...dependsOn, ...made.slice(-1)],
          additionalSecretOutputs: ["stdout", "stderr"],
        },
      ),
    );
  }
  return made;
}

function remoteInput(what: string, path: string, { command, environment = {} }: CommandArgs): Output<string> {
  return output(environment).apply((variables) => {
    const lines = Object.entries(variables).map(([key, value]) => {
      if (/[\r\n\0]/.test(value)) {
        throw new ArgumentError(what, [{ path: `${path}.environment.${key}`, message: holdsControl }]);
      }
      return `e${key}=${value}`;
    });
    return [`t${path}`, ...lines, ...command.map((word) => `w${word}`), ""].join("\n");
  });
}

const require = createRequire(import.meta.url);

/** @pulumi/command is loaded, and the engine asked for its plugin, only where an argument needs it. */
function load(kind: "local" | "remote"): unknown {
  return require(`@pulumi/command/${kind}/command.js`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
