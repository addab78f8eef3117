import { UnquotableTextError, quoteWords } from "./escape.ts";
import type { Entry, Section, UnitFile } from "./model.ts";
import { isQuadlet, isSocket } from "./kinds.ts";
import { nginxVariable } from "./nginx/default-server.ts";
import { isOnlyOne, takesFiles } from "./only-one.ts";
import { UnitSyntaxError, parse } from "./parse.ts";
import { UnwritableValueError, serialize } from "./serialize.ts";
import { splitWords } from "./words.ts";

/**
 * The unit that stands in for a service during its restart: the same container with the same sockets. Its text has no names, so its
 * container's name ("systemd-%N") follows from its file's name.
 *
 * @param fileName the file of the service's unit, which shows the kind: a .container, or a .service that runs podman
 * @param sockets the socket units that it gets: those that stay open
 * @param hostOnly families in which it binds addresses of the host that it gets from no socket: they don't exist in the container
 * @returns the text, or undefined for a unit that can't run twice at the same time, or that can't be read or written again
 * @see systemd.service(5), Sockets=
 */
export function handoverUnit(
  fileName: string,
  text: string,
  sockets: readonly string[],
  hostOnly: readonly Family[],
): string | undefined {
  if (sockets.length === 0) return undefined;
  const lent = standIn(
    fileName,
    text,
    (socket) => sockets.includes(socket),
    (own) => {
      add(own, "Service", { key: "Sockets", value: sockets.join(" ") });
      bindAnywhere(own, fileName, hostOnly);
    },
  );
  // NGINX must not name descriptors that the unit does not get.
  return lent?.replace(/(?<=\bNGINX=)[\d:;]+;/g, nginxVariable(sockets.length));
}

/**
 * The unit that tries a new version before anything of the old one is touched: the same container in its own network namespace, without the
 * sockets. There nginx binds the ports by itself.
 *
 * @param moved path as the unit writes it → where its new files are
 * @param hostOnly families in which it binds addresses of the host, which don't exist in the container
 * @returns the text, or undefined as {@link handoverUnit}
 */
export function rehearsalUnit(
  fileName: string,
  text: string,
  moved: ReadonlyMap<string, string>,
  hostOnly: readonly Family[],
): string | undefined {
  return standIn(
    fileName,
    text,
    () => false,
    (own) => {
      for (const section of own.sections)
        section.entries = section.entries.map((entry) => ({ ...entry, value: moveAll(entry.value, moved) }));
      bindAnywhere(own, fileName, hostOnly);
      // A hardened nginx may not bind a port below 1024. Normally it gets that socket from systemd.
      addOption(own, fileName, "--sysctl=net.ipv4.ip_unprivileged_port_start=0");
      // nginx ends if a descriptor in NGINX does not exist.
      if (isQuadlet(fileName)) replace(own, "Container", withoutNginxVariable);
      else
        replace(own, "Service", (entry) => [
          entry.key === "ExecStart"
            ? { ...entry, value: entry.value.replace(/\s(-e|--env)[ =]"?NGINX=[\d:;]+"?(?=\s|$)/g, "") }
            : entry,
        ]);
      // It opens its sockets itself, in its own network namespace.
      replace(own, "Service", (entry) => (entry.key === "RestrictAddressFamilies" ? [] : [entry]));
    },
  );
}

type Family = "ipv4" | "ipv6";

/** An address of the host does not exist in another network namespace. This lets nginx bind it anyway (ip(7), ip_nonlocal_bind). */
function bindAnywhere(unit: UnitFile, fileName: string, families: readonly Family[]): void {
  for (const family of families) addOption(unit, fileName, `--sysctl=net.${family}.ip_nonlocal_bind=1`);
}

/** Directives of [Unit] that list units (systemd.unit(5)). */
const dependencies = new Set(["Wants", "Requires", "Requisite", "BindsTo", "PartOf", "Upholds", "After"]);

/**
 * The text of a stand-in: the part that both kinds share, and what `complete` adds.
 *
 * @returns undefined if there can't be one: see {@link handoverUnit}
 */
function standIn(
  fileName: string,
  text: string,
  keeps: (socket: string) => boolean,
  complete: (own: UnitFile) => void,
): string | undefined {
  if (isOnlyOne(fileName, text)) return undefined;
  try {
    const own = common(parse(text, fileName), fileName, keeps);
    complete(own);
    const lent = serialize(own);
    return takesFiles(fileName, lent) ? undefined : lent;
  } catch (thrown) {
    const known = [UnitSyntaxError, UnwritableValueError, UnquotableTextError];
    if (known.some((kind) => thrown instanceof kind)) return undefined;
    throw thrown;
  }
}

/** The part that both kinds share: not installed, not restarted, without names and labels that only one container can have. */
function common(unit: UnitFile, fileName: string, keeps: (socket: string) => boolean): UnitFile {
  const own: UnitFile = { sections: unit.sections.filter(({ name }) => name !== "Install") };
  replace(own, "Unit", (entry) => {
    if (!dependencies.has(entry.key)) return [entry];
    const names = entry.value.split(/\s+/).filter((word) => {
      const name = word.replaceAll(/["']/g, "");
      return !isSocket(name) || keeps(name);
    });
    return names.length === 0 && entry.value !== "" ? [] : [{ ...entry, value: names.join(" ") }];
  });
  replace(own, "Service", (entry) =>
    ["Sockets", "Restart", "RestartSec"].includes(entry.key) ? [] : [entry],
  );
  add(own, "Service", { key: "Restart", value: "no" });
  // Relabelling or chowning would take the files from the running container (podman-run(1), --volume).
  if (isQuadlet(fileName)) {
    replace(own, "Container", (entry) => {
      // The container and its unit are named after the file.
      if (["ContainerName", "ServiceName"].includes(entry.key)) return [];
      if (entry.key === "Mount")
        return [{ ...entry, value: entry.value.replace(/,(relabel|z|Z|U|chown)(=[^,]*)?(?=,|$)/g, "") }];
      return [entry.key === "Volume" ? { ...entry, value: withoutLabel(entry.value) } : entry];
    });
    add(own, "Container", { key: "SecurityLabelDisable", value: "true" });
  } else {
    replace(own, "Service", (entry) => [
      entry.key === "ExecStart" ? { ...entry, value: withoutLabels(entry.value) } : entry,
    ]);
    addOption(own, fileName, "--security-opt=label=disable");
  }
  return own;
}

/** "/a:/b:ro,Z" → "/a:/b:ro". */
export function withoutLabel(volume: string): string {
  const [source = "", target, options] = volume.split(":");
  if (target === undefined) return source;
  const kept = (options ?? "").split(",").filter((option) => !["", "z", "Z", "U"].includes(option));
  return [source, target, ...(kept.length > 0 ? [kept.join(",")] : [])].join(":");
}

/** A command with its volumes' labels removed. */
function withoutLabels(command: string): string {
  return command.replace(/(?<=\s(-v|--volume)[ =])("(?:[^"\\]|\\.)*"|\S+)/g, (_, __, word: string) =>
    word.startsWith('"') ? `"${withoutLabel(word.slice(1, -1))}"` : withoutLabel(word),
  );
}

/** Adds an option of "podman run". */
function addOption(unit: UnitFile, fileName: string, option: string): void {
  if (isQuadlet(fileName)) add(unit, "Container", { key: "PodmanArgs", value: option });
  else
    replace(unit, "Service", (entry) => [
      entry.key === "ExecStart"
        ? { ...entry, value: entry.value.replace(/\srun(?=\s)/, (run) => `${run} ${option}`) }
        : entry,
    ]);
}

function withoutNginxVariable(entry: Entry): Entry[] {
  const words = entry.key === "Environment" ? splitWords(entry.value) : [];
  const kept = words.filter((word) => !word.startsWith("NGINX="));
  if (kept.length === words.length) return [entry];
  return kept.length === 0 ? [] : [{ ...entry, value: quoteWords(kept) }];
}

function moveAll(value: string, moved: ReadonlyMap<string, string>): string {
  let result = value;
  for (const [from, to] of moved) {
    // Not after a ":", where the path is inside the container.
    const pattern = new RegExp(`(?<![\\w.%/@:-])${escape(from)}(?![\\w.-])`, "g");
    result = result.replace(pattern, () => to);
  }
  return result;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function replace(unit: UnitFile, name: string, change: (entry: Entry) => Entry[]): void {
  for (const section of unit.sections.filter((one) => one.name === name))
    section.entries = section.entries.flatMap((entry) => change(entry));
}

function add(unit: UnitFile, name: string, entry: Entry): void {
  const section: Section | undefined = unit.sections.findLast((one) => one.name === name);
  if (section) section.entries.push(entry);
  else unit.sections.push({ name, entries: [entry] });
}
