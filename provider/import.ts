import type { Facts, Query } from "../host/facts/facts.ts";
import { unitAt, unitDirectories } from "../host/desired.ts";
import { isSocket, kindOf } from "../units/kinds.ts";
import { madeUnit } from "../units/made.ts";
import { valueOf, valuesOf } from "../units/values.ts";
import type { Identity } from "./identity.ts";
import { type WireObject, secret } from "./wire.ts";

/**
 * What to read next of a set that was made by hand: first the names in the unit directories, then the units, then the files of the
 * directories that they mount for nginx.
 *
 * @returns what to look at next, or undefined when all is known.
 */
export function nextQuery({ manager, user, name }: Identity, facts: Facts): Query | undefined {
  const managers = { manager, account: user };
  if (facts.names.size === 0 && facts.files.size === 0)
    return { files: new Map(), units: [], directories: unitDirectories(managers) };
  if (facts.files.size === 0) {
    const marked = facts.set?.paths ?? [];
    const found = [...facts.names].flatMap(([directory, names]) =>
      names.filter((file) => isPart(file, name)).map((file) => `${directory}/${file}`),
    );
    const paths = [...new Set([...marked, ...found])];
    return paths.length === 0 ? undefined : query(managers, paths, [], facts);
  }
  const paths = [...facts.files.keys()];
  const directories = mounted(managers, facts);
  const known = [...facts.names.keys()];
  if (facts.set || directories.every((directory) => facts.names.has(directory))) {
    const missing = [...facts.names].flatMap(([directory, names]) =>
      unitDirectories(managers).includes(directory) ? [] : names.map((file) => `${directory}/${file}`),
    );
    const more = missing.filter((path) => !facts.files.has(path));
    const next = query(managers, [...paths, ...more], known, facts);
    return more.length === 0 && next.units.every((unit) => facts.units.has(unit)) ? undefined : next;
  }
  return query(managers, paths, directories, facts);
}

/** The inputs of the set that was found, or undefined if there is none. */
export function importedInputs(identity: Identity, facts: Facts): WireObject | undefined {
  const units: WireObject = {};
  const files: WireObject = {};
  const services: WireObject = {};
  const images: WireObject = {};
  for (const [path, fact] of facts.files) {
    if (fact.type !== "file") continue;
    const content = fact.content?.toString("utf8") ?? "";
    const unit = unitAt({ manager: identity.manager, account: identity.user }, path);
    if (unit === undefined) {
      files[path] = { content, ...(fact.mode === "0644" ? {} : { mode: fact.mode }) };
      continue;
    }
    if (isSocketOfAnother(identity.name, unit, content)) continue;
    units[unit] = content;
    const running = madeUnit(unit, content);
    const state = facts.units.get(running);
    const enabled = state?.enabled === "enabled";
    services[running] = {
      ...(state?.active === "active" ? {} : { active: false }),
      ...(enabled ? { enabled } : {}),
    };
    const image = valueOf(content, unit, "Container", "Image");
    // The name of an .image or .build file is not an image to pull.
    if (image !== undefined && !["image", "build"].includes(kindOf(image) ?? ""))
      images[image] = { pull: "missing" };
  }
  if (Object.keys(units).length === 0) return undefined;
  const { hosts, manager, user, name } = identity;
  return {
    // Secret, as the check of the inputs marks it.
    hosts: secret(hosts as unknown as WireObject),
    name,
    manager,
    ...(user === undefined ? {} : { user, linger: facts.lingers }),
    units,
    ...(Object.keys(files).length === 0 ? {} : { files }),
    services,
    ...(Object.keys(images).length === 0 ? {} : { images }),
  };
}

type Managers = Parameters<typeof unitAt>[0];

function query(
  managers: Managers,
  paths: readonly string[],
  directories: readonly string[],
  { files }: Facts,
): Query {
  const units = paths.flatMap((path) => {
    const unit = unitAt(managers, path);
    return unit === undefined ? [] : madeUnit(unit, files.get(path)?.content?.toString("utf8"));
  });
  return { files: new Map(paths.map((path) => [path, "none"])), units: [...new Set(units)], directories };
}

/** Whether NAME-….socket belongs to a set with that longer name. Its `Service=` shows that. */
function isSocketOfAnother(name: string, unit: string, content: string): boolean {
  return (
    isSocket(unit) &&
    unit !== `${name}.socket` &&
    valueOf(content, unit, "Socket", "Service") !== `${name}.service`
  );
}

/** NAME.container, NAME.socket and NAME-….socket, NAME.service, NAME.network and the like. */
function isPart(file: string, name: string): boolean {
  // A name may hold dots: "web.example" is another set than "web".
  const rest = file.slice(name.length + 1);
  return (
    (file.startsWith(`${name}.`) && !rest.includes(".")) || (file.startsWith(`${name}-`) && isSocket(file))
  );
}

/** The host's directories that a unit mounts as nginx's configuration. */
function mounted(managers: Managers, facts: Facts): string[] {
  const volumes = [...facts.files].flatMap(([path, { content }]) => {
    const unit = unitAt(managers, path);
    return unit === undefined || !content
      ? []
      : valuesOf(content.toString("utf8"), unit, "Container", "Volume");
  });
  return volumes.flatMap((volume) => {
    const [source, target] = volume.split(":");
    if (!source || target !== "/etc/nginx/conf.d") return [];
    const path = source.replace(/^%h(?=\/)/, "~");
    return path.startsWith("/") || path.startsWith("~/") ? [path] : [];
  });
}
