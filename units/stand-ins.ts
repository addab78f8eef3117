import type { Assignment, Entry, Section, UnitFile } from "./model.ts";
import { isQuadlet } from "./names.ts";
import { nginxVariable } from "./nginx/default-server.ts";
import { parse } from "./parse.ts";
import { serialize } from "./serialize.ts";

/**
 * The unit that stands in for a service while that restarts: the same container, handed the same sockets. It has no name
 * of its own inside, so what it is called by ("systemd-%N") follows from its file's name.
 *
 * @param fileName of the service's unit, which tells the kind: a .container, or a .service that runs podman
 * @param sockets the socket units that it is handed: those that stay open
 * @param foreign families of which it binds addresses of the host that it is not handed: in there they are none
 * @returns the text, or undefined for a unit of which there can't be two at a time
 * @see systemd.service(5), Sockets=
 */
export function handoverUnit(
  fileName: string,
  text: string,
  sockets: readonly string[],
  foreign: readonly Family[],
): string | undefined {
  const unit = parse(text, fileName);
  if (sockets.length === 0 || isOnlyOne(fileName, unit)) return undefined;
  const own = standIn(unit, fileName, (socket) => sockets.includes(socket));
  add(own, "Service", { key: "Sockets", value: sockets.join(" ") });
  bindAnywhere(own, fileName, foreign);
  const variable = nginxVariable(sockets.length);
  // Descriptors that it is not handed must not be named.
  return serialize(own).replace(/(?<=\bNGINX=)[\d:;]+;/g, variable);
}

/**
 * The unit that tries a new version out before anything of the old one is touched: the same container in a network
 * namespace of its own, without the sockets. There nginx binds the ports by itself.
 *
 * @param moved path as the unit writes it → where its new files are
 * @param foreign families of which it binds addresses of the host, which are none in there
 * @returns the text, or undefined for a unit of which there can't be two at a time
 */
export function rehearsalUnit(
  fileName: string,
  text: string,
  moved: ReadonlyMap<string, string>,
  foreign: readonly Family[],
): string | undefined {
  const unit = parse(text, fileName);
  if (isOnlyOne(fileName, unit)) return undefined;
  const own = standIn(unit, fileName, () => false);
  for (const section of own.sections)
    section.entries = section.entries.map((entry) =>
      "key" in entry ? { ...entry, value: moveAll(entry.value, moved) } : entry,
    );
  bindAnywhere(own, fileName, foreign);
  // A hardened nginx has no right to bind a port below 1024, which it is handed otherwise.
  addOption(own, fileName, "--sysctl=net.ipv4.ip_unprivileged_port_start=0");
  // nginx ends where a descriptor that it is told of is not there.
  if (isQuadlet(fileName)) replace(own, "Container", (entry) => (isNginxVariable(entry) ? [] : [entry]));
  else
    replace(own, "Service", (entry) => [
      entry.key === "ExecStart"
        ? { ...entry, value: entry.value.replace(/\s(-e|--env)[ =]"?NGINX=[\d:;]+"?(?=\s|$)/g, "") }
        : entry,
    ]);
  // It makes its sockets itself, in a network namespace of its own.
  replace(own, "Service", (entry) => (entry.key === "RestrictAddressFamilies" ? [] : [entry]));
  return serialize(own);
}

type Family = "ipv4" | "ipv6";

/** An address of the host is none in a namespace of its own, and nginx may bind it all the same (ip(7), ip_nonlocal_bind). */
function bindAnywhere(unit: UnitFile, fileName: string, families: readonly Family[]): void {
  for (const family of families) addOption(unit, fileName, `--sysctl=net.${family}.ip_nonlocal_bind=1`);
}

/** Networks of which there can't be two: another's, a fixed address, pasta's ports (podman-run(1), --network). */
const singleNetwork = String.raw`(host(?![\w.-])|ns:|container:|[^\s:]+:(\S*,)?(ip6?|mac)=|pasta:(\S*,)?(-[tuTU]|--(tcp|udp)-(ports|ns))\b)`;

/** Options of podman of which the second container could not be, as words of a command line. */
const single = new RegExp(
  String.raw`(^|\s)(-p\s?\S|--publish[ =]|--ip6?[ =]|--mac-address[ =]|--pod[ =]|--net(work)?[ =]"?${singleNetwork}|--name[ =](?!systemd-%N(?![\w-])))`,
);

/** Volumes that take their files from the container that runs. */
const relabels = /(^|\s)(-v|--volume|--mount)[ =]\S*[:,](z|Z|U|relabel|chown)\b/;

/** A pod, a container that is published on a port, has a name or an address of its own or the host's network is there once only. */
function isOnlyOne(fileName: string, unit: UnitFile): boolean {
  if (isQuadlet(fileName) && !fileName.endsWith(".container")) return true;
  return unit.sections.some(({ name, entries }) =>
    entries.some((entry) => "key" in entry && isSingle(name, entry)),
  );
}

function isSingle(section: string, { key, value }: Assignment): boolean {
  if (section === "Service") return key === "ExecStart" && single.test(value);
  if (section !== "Container") return false;
  if (key === "Network") return new RegExp(`^${singleNetwork}`).test(value);
  if (key === "PodmanArgs") return single.test(value) || relabels.test(value);
  return ["PublishPort", "IP", "IP6", "Pod"].includes(key);
}

/** Directives of [Unit] that list units (systemd.unit(5)). */
const dependencies = new Set(["Wants", "Requires", "Requisite", "BindsTo", "PartOf", "Upholds", "After"]);

/** What both have in common: not installed, not started again, no name and no label that is for one container only. */
function standIn(unit: UnitFile, fileName: string, keeps: (socket: string) => boolean): UnitFile {
  const own: UnitFile = {
    sections: unit.sections
      .filter(({ name }) => name !== "Install")
      .map(({ name, entries }) => ({ name, entries: [...entries] })),
  };
  replace(own, "Unit", (entry) => {
    if (!dependencies.has(entry.key)) return [entry];
    const names = entry.value.split(/\s+/).filter((name) => !name.endsWith(".socket") || keeps(name));
    return names.length === 0 && entry.value !== "" ? [] : [{ ...entry, value: names.join(" ") }];
  });
  replace(own, "Service", (entry) =>
    ["Sockets", "Restart", "RestartSec"].includes(entry.key) ? [] : [entry],
  );
  add(own, "Service", { key: "Restart", value: "no" });
  // Relabelling or chowning would take the files from the one that runs (podman-run(1), --volume).
  if (isQuadlet(fileName)) {
    replace(own, "Container", (entry) => {
      if (entry.key === "ContainerName") return [];
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

/** The volumes of a command without their labels. */
function withoutLabels(command: string): string {
  return command.replace(/(?<=\s(-v|--volume)[ =])("(?:[^"\\]|\\.)*"|\S+)/g, (_, __, word: string) =>
    word.startsWith('"') ? `"${withoutLabel(word.slice(1, -1))}"` : withoutLabel(word),
  );
}

/** One more option of "podman run". */
function addOption(unit: UnitFile, fileName: string, option: string): void {
  if (isQuadlet(fileName)) add(unit, "Container", { key: "PodmanArgs", value: option });
  else
    replace(unit, "Service", (entry) => [
      entry.key === "ExecStart"
        ? { ...entry, value: entry.value.replace(/\srun(?=\s)/, (run) => `${run} ${option}`) }
        : entry,
    ]);
}

function isNginxVariable({ key, value }: Assignment): boolean {
  return key === "Environment" && /^"?NGINX=/.test(value);
}

function moveAll(value: string, moved: ReadonlyMap<string, string>): string {
  let result = value;
  for (const [from, to] of moved) {
    // Not after a ":", where it is a path in the container.
    const pattern = new RegExp(`(?<![\\w.%/@:-])${escape(from)}(?![\\w.-])`, "g");
    result = result.replace(pattern, () => to);
  }
  return result;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function replace(unit: UnitFile, name: string, change: (entry: Assignment) => Entry[]): void {
  for (const section of unit.sections.filter((one) => one.name === name))
    section.entries = section.entries.flatMap((entry) => ("key" in entry ? change(entry) : []));
}

function add(unit: UnitFile, name: string, entry: Assignment): void {
  const section: Section | undefined = unit.sections.findLast((one) => one.name === name);
  if (section) section.entries.push(entry);
  else unit.sections.push({ name, entries: [entry] });
}
