import { isQuadlet } from "../../units/kinds.ts";
import { madeContainer, madeUnit } from "../../units/made.ts";
import { isAccounts, plainName } from "../account-units.ts";
import { ownerName } from "../owner.ts";
import { madeUnits, unitsOf } from "./changes.ts";
import type { Podman } from "../facts/containers.ts";
import type { Desired, DesiredFile } from "../desired.ts";
import type { Facts } from "../facts/facts.ts";

/**
 * What on the host does not belong to this set and would be replaced: the set's mark, files, units, containers. Pure.
 *
 * Marks and files can be adopted, as a destroy removes only what is ours. Units of another file can't be: it is recorded nowhere whether
 * such a unit was enabled or ran. Containers can't be: a container is gone when it is replaced.
 *
 * @param own paths that are the set's own
 * @param marked whether the set's mark on the host is this resource's
 */
export function foreign(facts: Facts, desired: Desired, own: ReadonlySet<string>, marked: boolean): string[] {
  const taken = foreignMark(facts, desired, marked);
  // The files of the other resource need no advice of their own.
  const theirs = taken.length > 0 ? (facts.set?.paths ?? []) : [];
  const files = desired.files.filter(({ path }) => !theirs.includes(path));
  return [
    ...taken,
    ...files.flatMap(({ path }) => inTheWay(facts, desired, own, path)),
    ...foreignUnits(facts, desired, own),
    ...foreignContainers(facts, desired, own),
  ];
}

function foreignMark({ set }: Facts, { name, adopt }: Desired, marked: boolean): string[] {
  if (!set || marked || adopt) return [];
  return [
    `the set "${name}" on this host belongs to ${ownerName(set.owner)}. Choose another name. Only if that stack does not manage it any more, take it over with adopt: true.`,
  ];
}

function inTheWay(facts: Facts, { adopt }: Desired, own: ReadonlySet<string>, path: string): string[] {
  const type = facts.files.get(path)?.type ?? "absent";
  const other = facts.others.get(path);
  if (other !== undefined)
    return [
      `${path} belongs to the set "${other}" on this host. Remove it from that set first, with its own \`pulumi up\`. If no program has that set any more: \`pulumi destroy --target\` with the URN of its resource.`,
    ];
  if (type !== "absent" && type !== "file")
    return [
      `${path} is ${type === "link" ? "a symbolic link (a masked unit also is one: systemctl unmask)" : "not a regular file"}. Remove it first.`,
    ];
  if (type === "file" && !own.has(path) && !adopt)
    return [
      `${path} exists and does not belong to this resource. Remove it, or take it over with adopt: true.`,
    ];
  return [];
}

/**
 * Units that a file of ours would override, whether they run or not: a quadlet's service takes precedence over a package's
 * (systemd.unit(5), "Unit File Load Path"), and an administrator's over a quadlet's.
 */
function foreignUnits(facts: Facts, desired: Desired, own: ReadonlySet<string>): string[] {
  const paths = [...own, ...desired.files.map(({ path }) => path)];
  return madeUnits(desired).flatMap((unit) => {
    const file = foreignFile(facts, unit, paths);
    if (file === undefined) return [];
    const [, set] = [...facts.others].find(([path]) => places(facts, path).includes(file)) ?? [];
    const whose = set === undefined ? "does not belong to this resource" : `belongs to the set "${set}"`;
    return [
      `${plainName(unit)} already exists: systemd has it from ${file}, which ${whose}. Choose another name, or remove that unit first (adopt takes over only files at the paths of this set).`,
    ];
  });
}

/** The file that systemd loads a unit from, if it is none of these paths. */
export function foreignFile(facts: Facts, unit: string, paths: readonly string[]): string | undefined {
  const fact = facts.units.get(unit);
  // A masked unit has no file, and was masked on purpose.
  if (fact?.file === undefined || fact.load === "masked") return undefined;
  return paths.some((path) => places(facts, path).includes(fact.file ?? "")) ? undefined : fact.file;
}

/** The names that systemd and podman may have for a path: podman resolves links in its directories (SourcePath=), systemd does not. */
function places({ home, real }: Facts, path: string): string[] {
  const at = path.lastIndexOf("/");
  const directory = real.get(path.slice(0, at));
  return [
    path.replace(/^~(?=\/)/, () => home),
    ...(directory === undefined ? [] : [`${directory}${path.slice(at)}`]),
  ];
}

/** A container that a unit of the set makes. */
interface Made {
  file: DesiredFile;
  name: string;
  podman: Podman;
}

function containersOf(desired: Desired): Made[] {
  return desired.files.flatMap((file): Made[] => {
    const { unit } = file;
    const name = unit === undefined ? undefined : madeContainer(file.key, file.content);
    if (unit === undefined || name === undefined) return [];
    // A service of the host's manager that runs as an account is not a quadlet: quadlets have no User=.
    const runsAs = desired.manager === "system" && desired.account !== undefined && !isQuadlet(unit);
    return [{ file, name, podman: runsAs || isAccounts(unit) ? "account" : "manager" }];
  });
}

/**
 * Whose containers to look at: those of each podman for which the set has a new unit, or a unit that names its container differently now.
 */
export function newContainers(facts: Facts, desired: Desired): Podman[] {
  const isNew = ({ file, name }: Made) => {
    const fact = facts.files.get(file.path);
    if (fact?.type !== "file") return true;
    // The content is not sent if it is as it should be.
    return fact.content !== undefined && madeContainer(file.key, fact.content.toString("utf8")) !== name;
  };
  return [
    ...new Set(
      containersOf(desired)
        .filter(isNew)
        .map(({ podman }) => podman),
    ),
  ];
}

/** Foreign containers that podman would remove to create ours with the same name (podman-run(1), --replace). */
function foreignContainers(facts: Facts, desired: Desired, own: ReadonlySet<string>): string[] {
  const units = unitsOf(desired, [...own], facts);
  // The other manager of the account may have a unit of the same name.
  const ownUnit = (name: string) => units.find((unit) => plainName(unit) === name);
  const isOurs = (name: string, running: boolean) => {
    const unit = ownUnit(name);
    if (unit === undefined) return false;
    return !running || !["inactive", "failed", ""].includes(facts.units.get(unit)?.active ?? "");
  };
  return containersOf(desired).flatMap(({ file, name, podman }) => {
    const found = facts.containers.get(podman)?.find((container) => container.name === name);
    if (!found || isOurs(found.unit, found.running) || desired.former?.units.includes(found.unit)) return [];
    const isRoots = podman === "manager" && desired.manager === "system";
    const [whose, as] = isRoots ? ["root", ""] : [`the account "${desired.account}"`, " as that account"];
    const other = ownUnit(found.unit) !== undefined ? " of the other manager" : "";
    const by = found.unit === "" ? "" : `, run by a unit ${found.unit}${other}`;
    return [
      `${madeUnit(file.key, file.content)} would replace the container ${name} (${found.image}${by}), which ${whose} has already and which does not belong to this resource. Choose another name, or remove it first${as}: podman rm --force ${name}`,
    ];
  });
}
