import type { Setting } from "../../stacks/environment.ts";
import { isWithin } from "../../stacks/places.ts";
import { fold } from "../../rollout/fold.ts";
import type { DeployedSet } from "../stack.ts";

/** An image that another environment gets. */
export interface Promotion {
  /** "sites.www.image" */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

export interface Decision {
  readonly promotions: readonly Promotion[];
  /** What the first environment has and the other one lacks. */
  readonly notes: readonly string[];
  /** Why nothing can be promoted. */
  readonly refusals: readonly string[];
}

/** An environment, as its files describe it. */
export interface Environment {
  readonly name: string;
  readonly settings: readonly Setting[];
}

const name = String.raw`\.[\w-]+|\["[^"]*"\]`;
/** The paths of images of sites, proxies, their backends and their certificates. Captures the entry and its name. */
const imagePath = new RegExp(
  String.raw`^((?:sites|proxies)(?:\.([\w-]+)|\["([^"]*)"\]))(?:\.backends(?:${name}))?(?:\.tls\.acme)?\.image$`,
);

/**
 * Decides what the files of one environment get from another environment. Pure.
 *
 * @param deployed what the first environment has proved, according to its state
 */
export function decide(from: Environment, to: Environment, deployed: readonly DeployedSet[]): Decision {
  const promotions: Promotion[] = [];
  const notes: string[] = [];
  const refusals = unproved(from, deployed);
  const there = valuesOf(to);
  for (const [path, after] of valuesOf(from)) {
    const [, entry, plain, quoted = ""] = imagePath.exec(path) ?? [];
    const before = there.get(path);
    if (entry === undefined || before === after) continue;
    if (before === undefined) {
      const isThere = [...there.keys()].some((one) => isWithin(one, entry));
      if (isThere) refusals.push(`${to.name} has no ${path}. Add it there once, by hand.`);
      else notes.push(`${entry} is only in ${from.name}, so it is not promoted.`);
    } else if (!hasDeployed(deployed, plain ?? quoted, after))
      refusals.push(`${from.name} has not deployed ${path} of its files yet: ${after}.`);
    else if (!/@sha(256|384|512):[0-9a-f]+$/.test(after))
      refusals.push(
        `${path} of ${from.name} is ${after}. A tag can be moved to another image: write it with its digest, ${after}@sha256:….`,
      );
    else promotions.push({ path, before, after });
  }
  return { promotions, notes, refusals };
}

function hasDeployed(deployed: readonly DeployedSet[], site: string, image: string): boolean {
  return deployed.some(
    ({ desired }) => desired.name === site && desired.images.some(({ reference }) => reference === image),
  );
}

function valuesOf({ settings }: Environment): Map<string, string> {
  return new Map(settings.filter(({ isRemoved }) => !isRemoved).map(({ path, value }) => [path, value]));
}

/** Why an environment has not proved its files: some hosts have something else. */
function unproved({ name: from }: Environment, deployed: readonly DeployedSet[]): string[] {
  return deployed.flatMap(({ desired, known, before }) => {
    const pending = Object.keys(known.exceptions);
    const drifted = Object.keys(known.drift);
    const unseen = before.properties.unseen;
    const says = (hosts: readonly string[], what: string) =>
      hosts.length === 0 ? [] : [`${desired.name} of ${from} ${what} on ${fold(hosts)}.`];
    return [
      ...says(pending, "is pending"),
      ...says(drifted, "has drifted"),
      ...(typeof unseen === "string" ? [`${desired.name} of ${from} could not be checked: ${unseen}`] : []),
    ];
  });
}
