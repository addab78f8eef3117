import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { warn } from "@pulumi/pulumi/log/index.js";
import { getRootDirectory, getStack } from "@pulumi/pulumi/metadata.js";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import type { SocketActivatedNginxArgs } from "../components/site/arguments.ts";
import { checkArguments } from "../components/site/check.ts";
import { mostJumps } from "../components/arguments/connection.ts";
import type { ReverseProxyStackArgs } from "../components/proxy/arguments.ts";
import { checkProxy } from "../components/proxy/check.ts";
import {
  ArgumentError,
  type ArgumentProblem,
  didYouMean,
  parseArguments,
  pathText,
} from "../components/arguments/problems.ts";
import { readConfiguration } from "./configuration.ts";
import { labelsOf, withLabels } from "./labels.ts";
import { withoutMisplaced } from "./misplaced.ts";
import { type FleetConfiguration, type HostConfiguration, type Selection, fleetSchema } from "./schema.ts";
import type { Entry, Fleet } from "./entries.ts";
import { sharedEntries, sharedNames } from "./shared-names.ts";
import { readStackFile } from "./secrets.ts";
import { sizeWarning } from "./size.ts";

/**
 * The fleet of the current stack, from its configuration.
 *
 * @throws ArgumentError with everything that is wrong, each by its path in the stack file
 */
export function loadFleet(): Fleet {
  const all = allConfig();
  const warning = sizeWarning(process.env.PULUMI_CONFIG ?? "", all);
  if (warning !== undefined) void warn(warning);
  const directory = projectDirectory();
  const name = join("stacks", `Pulumi.${getStack()}.yaml`);
  const file = readStackFile(join(directory, name), name);
  const secretKeys = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
  const { value, places, warnings } = readConfiguration(all, file, secretKeys, directory);
  for (const one of warnings) void warn(one);
  return placeFleet({ hosts: {}, ...value }, (problems) => places.locate(problems));
}

/**
 * The directory of Pulumi.yaml, wherever `pulumi` was run and whatever `main` is. Not every language host reports it: then it is the
 * directory in which the program runs (that of `main`), or one above.
 */
function projectDirectory(): string {
  const given = getRootDirectory();
  if (isAbsolute(given)) return given;
  for (let directory = process.cwd(); ; directory = dirname(directory)) {
    if (["Pulumi.yaml", "Pulumi.yml"].some((name) => existsSync(join(directory, name)))) return directory;
    if (directory === dirname(directory))
      throw new Error("there is no Pulumi.yaml here or in a directory above");
  }
}

/**
 * Each site and each proxy with its hosts.
 *
 * @param locate adds to problems where they are written
 * @throws ArgumentError with everything that is wrong
 */
export function placeFleet(
  configuration: object,
  locate: (problems: readonly ArgumentProblem[]) => readonly ArgumentProblem[] = (problems) => problems,
): Fleet {
  const refuse = (problems: readonly ArgumentProblem[]): never => {
    throw new ArgumentError("the stack's configuration", locate(problems));
  };
  const parsed = parseArguments(fleetSchema, { sites: {}, proxies: {}, ...configuration });
  if (parsed.problems) {
    const problems = withoutMisplaced(parsed.problems, configuration);
    return refuse(withLabels(problems, configuration));
  }
  const fleet = parsed.data;
  const problems: ArgumentProblem[] = [];
  const hosts = new Map(Object.keys(fleet.hosts).map((host) => [host, hostOf(fleet, host, problems)]));
  const placed = {
    sites: place<SocketActivatedNginxArgs>("sites", fleet, hosts, checkArguments, problems),
    proxies: place<ReverseProxyStackArgs>("proxies", fleet, hosts, checkProxy, problems),
  };
  problems.push(...sharedEntries(placed));
  // Only without other problems: an address that can't be read has no name.
  if (problems.length === 0) problems.push(...sharedNames(placed));
  if (problems.length > 0) refuse(problems);
  return placed;
}

type Check<Args> = (name: string, args: Args) => { problems: ArgumentProblem[] };

/** The components of one kind. */
function place<Args>(
  kind: "sites" | "proxies",
  fleet: FleetConfiguration,
  all: ReadonlyMap<string, unknown>,
  check: Check<Args>,
  problems: ArgumentProblem[],
): Entry<Args>[] {
  const checks: ArgumentProblem[] = [];
  const entries: Record<string, { hosts: Selection }> = fleet[kind];
  const placed = Object.entries(entries).flatMap(([name, { hosts: selection, ...rest }]) => {
    const path = pathText([kind, name]);
    const there = select(fleet, selection, `${path}.hosts`, problems);
    if (there.length === 0) return [];
    const hosts = Object.fromEntries(there.map((host) => [host, all.get(host)]));
    const whole: object = { ...rest, name, hosts };
    const args = whole as Args;
    // Problems of a host are reported at the host, not at each of its sites.
    const found = check(name, args).problems.filter((one) => !one.path.startsWith("hosts"));
    checks.push(...found.map((one) => ({ path: `${path}.${one.path}`, message: one.message })));
    return [{ name, hosts: there, args }];
  });
  problems.push(...checks);
  return placed;
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
    problems.push({
      path: `${path}.labels`,
      message: `no host has all of these labels.${labelsOf(fleet.hosts)}`,
    });
  return chosen;
}

function hostOf(fleet: FleetConfiguration, host: string, problems: ArgumentProblem[]) {
  const connection: Partial<HostConfiguration> = { ...fleet.hosts[host] };
  delete connection.labels;
  delete connection.jump;
  const jump = jumpOf(fleet, [host], problems);
  const count = jumpsIn(jump);
  if (count > mostJumps)
    problems.push({
      path: pathText(["hosts", host, "jump"]),
      message: `is the first of ${count} jump hosts, and at most ${mostJumps} are possible`,
    });
  return { ...connection, ...(jump === undefined ? {} : { jump }) };
}

/** A jump host with its own jump host, as in a connection. */
type Jump = Exclude<HostConfiguration["jump"], string>;

/**
 * @param way the host, and the jump hosts up to this one. Only problems of the first step are reported at the host: later steps are
 * reported at the jump hosts.
 */
function jumpOf(fleet: FleetConfiguration, way: readonly string[], problems: ArgumentProblem[]): Jump {
  const jump = fleet.hosts[way.at(-1) ?? ""]?.jump;
  if (typeof jump !== "string") return jump;
  const path = pathText(["hosts", way[0] ?? "", "jump"]);
  const through = fleet.hosts[jump];
  if (jump === way[0])
    problems.push({ path, message: `goes round in a circle: ${[...way, jump].join(" → ")}` });
  else if (!through && way.length === 1)
    problems.push({ path, message: noSuchHost(jump, Object.keys(fleet.hosts)) });
  if (!through || way.includes(jump)) return undefined;
  const login: Partial<HostConfiguration> = { ...through };
  for (const field of Object.keys(onlyOfHosts) as (keyof typeof onlyOfHosts)[]) delete login[field];
  const further = jumpOf(fleet, [...way, jump], problems);
  return { ...login, ...(further === undefined ? {} : { jump: further }) } as Jump;
}

/** Fields that a host has and a jump host lacks. The code does not compile if a field is missing here. */
const onlyOfHosts: Record<Exclude<keyof HostConfiguration, keyof NonNullable<Jump>> | "jump", true> = {
  labels: true,
  state: true,
  jump: true,
  sudo: true,
  connectTimeout: true,
  commandTimeout: true,
};

function jumpsIn(jump: Jump | NonNullable<Jump>["jump"]): number {
  return jump === undefined ? 0 : 1 + jumpsIn("jump" in jump ? jump.jump : undefined);
}

function noSuchHost(host: string, hosts: readonly string[]): string {
  return `"${host}" is not a host of this stack.${didYouMean(host, hosts)}`;
}
