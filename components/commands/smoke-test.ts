import { X509Certificate, createHash } from "node:crypto";
import { createRequire } from "node:module";
import { type Input, type Output, all, output } from "@pulumi/pulumi/output.js";
import type { Resource } from "@pulumi/pulumi/resource.js";
import { hostsOf } from "../arguments/hosts.ts";
import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import type { SmokeRequestArgs } from "./arguments.ts";
import type { Rendered } from "../site/render.ts";
import { smokeProgram, smokeTargets } from "./smoke-request.ts";
import { certificatesOf } from "../tls/tls.ts";

/** What a smoke test belongs to. */
export interface Deployment {
  /** The resource's name. */
  name: string;
  component: Resource;
  args: SocketActivatedNginxArgs;
  /** What is deployed: another digest is another version. */
  digest: Output<string>;
}

/** A digest of all that goes onto the hosts, and of which hosts they are. It is a secret where a part of that is one. */
export function digestOf(
  args: Pick<SocketActivatedNginxArgs, "connection" | "hosts">,
  ...deployed: Pick<Rendered, "units" | "files" | "images">[]
): Output<string> {
  const addresses = Object.values(hostsOf(args)).map(({ address }) => address);
  const parts = deployed.map(({ units, files, images }) => ({ units, files, images }));
  return output({ addresses, parts }).apply((known) => sha256(JSON.stringify(known)));
}

/**
 * Runs the smoke test after a rollout.
 *
 * @param deployed what it waits for
 * @param urls where the pages are
 * @param names whom to ask for, where it is not the host
 */
export function smokeTest(
  { component, name, args, digest }: Deployment,
  deployed: Resource,
  urls: Output<string[]>,
  names?: readonly string[],
): void {
  const { smokeTest: wanted } = args;
  if (wanted === undefined) return;
  const { Command } = load();
  const words = "command" in wanted ? wanted.command : smokeRequest(args, wanted, names);
  new Command(
    `${name}-smoke-test`,
    {
      ...localWords(words),
      environment: {
        ...("command" in wanted ? wanted.environment : {}),
        QUADLET_FLEET_URLS: urls.apply((known) => known.join(" ")),
      },
      addPreviousOutputInEnv: false,
      // No `delete`: another trigger makes another command, and only then deletes the old one.
      triggers: [digest],
    },
    { parent: component, dependsOn: [deployed], additionalSecretOutputs: ["stdout", "stderr"] },
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
  const { tls } = args;
  const certificates = tls === undefined ? [] : certificatesOf(tls);
  const chains = all(certificates.map(({ pair }) => pair.certificate));
  // A host that is left out does not have the new version.
  const asked = Object.values(hostsOf(args)).filter(({ state = "present" }) => state === "present");
  const addresses = all(asked.map(({ address }) => address));
  const request = all([addresses, chains]).apply(([hosts, known]) =>
    JSON.stringify({
      targets: hosts.flatMap((host) => smokeTargets(args, host, names)),
      ...{ path, status, body, timeout },
      // What a CA gives the hosts is not known here.
      ...(tls?.acme === undefined
        ? { fingerprints: known.map((chain) => new X509Certificate(chain).fingerprint256) }
        : {}),
    }),
  );
  return ["node", "--input-type=module", "--eval", smokeProgram, request];
}

const require = createRequire(import.meta.url);

/** @pulumi/command is loaded, and the engine asked for its plugin, only where an argument needs it. */
function load(): typeof import("@pulumi/command/local/command.js") {
  return require("@pulumi/command/local/command.js") as typeof import("@pulumi/command/local/command.js");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
