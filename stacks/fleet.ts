import { join } from "node:path";
import { getStack } from "@pulumi/pulumi/metadata.js";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import type { SocketActivatedNginxArgs } from "../components/arguments.ts";
import { checkArguments } from "../components/check.ts";
import {
  ArgumentError,
  type ArgumentProblem,
  didYouMean,
  pathText,
  problemsOf,
} from "../components/problems.ts";
import { type FleetConfiguration, type HostConfiguration, type Selection, fleetSchema } from "./schema.ts";
import { hasSecure, markSecretFields, markSecrets, readStackFile } from "./secrets.ts";

/** One site on one host: the name and the arguments of its component. */
export interface Placement {
  site: string;
  host: string;
  args: SocketActivatedNginxArgs;
}

const prefix = "quadlet-fleet:";
const keys = ["hosts", "sites"];

/**
 * The fleet of the current stack, from its configuration.
 *
 * @throws ArgumentError with everything that is wrong in it, by its path in the stack file.
 */
export function loadFleet(): Placement[] {
  const file = readStackFile(join(import.meta.dirname, `Pulumi.${getStack()}.yaml`));
  const secretKeys = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
  const configuration: Record<string, unknown> = {};
  const unknown: ArgumentProblem[] = [];
  for (const [fullKey, text] of Object.entries(allConfig())) {
    if (!fullKey.startsWith(prefix)) continue;
    const key = fullKey.slice(prefix.length);
    if (!keys.includes(key)) {
      unknown.push({ path: fullKey, message: `is not known.${didYouMean(key, keys)}` });
      continue;
    }
    const value: unknown = JSON.parse(text);
    const source = file?.[fullKey];
    // Secrets that are not in the file (--config-file, Pulumi ESC) can't be told apart: all that may be one is one.
    const lost = secretKeys.includes(fullKey) && !hasSecure(source);
    configuration[key] = lost ? markSecretFields(value) : markSecrets(value, source);
  }
  if (unknown.length > 0) throw new ArgumentError("the stack's configuration", unknown);
  return placeSites({ hosts: {}, sites: {}, ...configuration });
}

/** Each site on each of its hosts. */
export function placeSites(configuration: unknown): Placement[] {
  const parsed = fleetSchema.safeParse(configuration);
  if (!parsed.success)
    throw new ArgumentError("the stack's configuration", problemsOf(parsed.error, fleetSchema));
  const fleet = parsed.data;
  const problems: ArgumentProblem[] = [];
  const connections = new Map(
    Object.keys(fleet.hosts).map((host) => [host, connectionOf(fleet, host, problems)]),
  );
  const placements = Object.entries(fleet.sites).flatMap(([site, { hosts, ...args }]) =>
    select(fleet, hosts, `${pathText(["sites", site])}.hosts`, problems).map((host): Placement => {
      const connection = connections.get(host);
      return { site, host, args: { ...args, name: site, connection } as SocketActivatedNginxArgs };
    }),
  );
  // A site's arguments are the same on each of its hosts: once is enough.
  const first = placements.filter(({ site }, index) => site !== placements[index - 1]?.site);
  for (const { site, args } of first) {
    problems.push(
      ...checkArguments(site, args).problems.map(({ path, message }) => ({
        path: `${pathText(["sites", site])}.${path}`,
        message,
      })),
    );
  }
  if (problems.length > 0) throw new ArgumentError("the stack's configuration", problems);
  return placements;
}

function select(
  fleet: FleetConfiguration,
  selection: Selection,
  path: string,
  problems: ArgumentProblem[],
): string[] {
  const all = Object.keys(fleet.hosts);
  if (Array.isArray(selection)) {
    const known = selection.filter((host, index) => {
      if (Object.hasOwn(fleet.hosts, host)) return true;
      problems.push({ path: `${path}[${index}]`, message: noSuchHost(host, all) });
      return false;
    });
    return [...new Set(known)];
  }
  const wanted = Object.entries(selection.labels);
  const chosen = all.filter((host) =>
    wanted.every(([label, value]) => fleet.hosts[host]?.labels?.[label] === value),
  );
  if (chosen.length === 0)
    problems.push({ path: `${path}.labels`, message: "no host has all of these labels" });
  return chosen;
}

function connectionOf(fleet: FleetConfiguration, host: string, problems: ArgumentProblem[]) {
  const { jump, ...connection } = fleet.hosts[host] as HostConfiguration;
  delete connection.labels;
  if (typeof jump !== "string") return { ...connection, ...(jump ? { jump } : {}) };
  const path = `${pathText(["hosts", host])}.jump`;
  const through = fleet.hosts[jump];
  if (!through) {
    problems.push({ path, message: noSuchHost(jump, Object.keys(fleet.hosts)) });
    return connection;
  }
  if (through.jump !== undefined) {
    problems.push({
      path,
      message: `"${jump}" has a jump host itself; one is the limit`,
    });
  }
  const { address, port, user, hostKey, knownHostsFile, identityFile, privateKey, passphrase, agent } =
    through;
  return {
    ...connection,
    jump: { address, port, user, hostKey, knownHostsFile, identityFile, privateKey, passphrase, agent },
  };
}

function noSuchHost(host: string, hosts: readonly string[]): string {
  return `"${host}" is no host of this stack.${didYouMean(host, hosts)}`;
}
