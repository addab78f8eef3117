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
 * @returns the text, or undefined for a unit of which there can't be two at a time
 * @see systemd.service(5), Sockets=
 */
export function handoverUnit(fileName: string, text: string, sockets: readonly string[]): string | undefined {
  const unit = parse(text, fileName);
  if (sockets.length === 0 || isOnlyOne(unit)) return undefined;
  const own = standIn(unit, fileName, (socket) => sockets.includes(socket));
  add(own, "Service", { key: "Sockets", value: sockets.join(" ") });
  const variable = nginxVariable(sockets.length);
  // Descriptors that it is not handed must not be named.
  return serialize(own).replace(/(?<=\bNGINX=)[\d:;]+;/g, variable);
}

/**
 * The unit that tries a new version out before anything of the old one is touched: the same container in a network
 * namespace of its own, without the sockets. There nginx binds the ports by itself.
 *
 * @param moved directory as the unit writes it → where its new files are
 * @returns the text, or undefined for a unit of which there can't be two at a time
 */
export function rehearsalUnit(
  fileName: string,
  text: string,
  moved: ReadonlyMap<string, string>,
): string | undefined {
  const unit = parse(text, fileName);
  if (isOnlyOne(unit)) return undefined;
  const own = standIn(unit, fileName, () => false);
  for (const section of own.sections)
    section.entries = section.entries.map((entry) =>
      "key" in entry ? { ...entry, value: moveAll(entry.value, moved) } : entry,
    );
  if (isQuadlet(fileName)) {
    replace(own, "Container", (entry) => (isNginxVariable(entry) ? [] : [entry]));
    // An address of the host is none in there, and nginx may listen on it all the same.
    for (const family of ["ipv4", "ipv6"])
      add(own, "Container", { key: "PodmanArgs", value: `--sysctl=net.${family}.ip_nonlocal_bind=1` });
  }
  return serialize(own);
}

/** A container that is published on a port, has an address of its own or the host's network is there once only. */
function isOnlyOne(unit: UnitFile): boolean {
  return unit.sections.some(({ name, entries }) =>
    entries.some(
      (entry) =>
        "key" in entry &&
        ((name === "Container" && ["PublishPort", "IP", "IP6", "Pod"].includes(entry.key)) ||
          (entry.key === "Network" && /^(host|ns:|container:)/.test(entry.value)) ||
          (entry.key === "ExecStart" &&
            /\s(-p|--publish|--ip6?|--pod|--(network|net)[= ](host|ns:|container:))\b/.test(entry.value))),
    ),
  );
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
  replace(own, "Service", (entry) => (["Sockets", "Restart"].includes(entry.key) ? [] : [entry]));
  add(own, "Service", { key: "Restart", value: "no" });
  if (isQuadlet(fileName)) {
    replace(own, "Container", (entry) => {
      if (entry.key === "ContainerName") return [];
      // Relabelling or chowning would take the files from the one that runs (podman-run(1), --volume).
      if (entry.key === "Volume") return [{ ...entry, value: withoutLabel(entry.value) }];
      return [entry];
    });
    add(own, "Container", { key: "SecurityLabelDisable", value: "true" });
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

function isNginxVariable({ key, value }: Assignment): boolean {
  return key === "Environment" && /^"?NGINX=/.test(value);
}

function moveAll(value: string, moved: ReadonlyMap<string, string>): string {
  let result = value;
  for (const [from, to] of moved) {
    const pattern = new RegExp(`(?<![\\w.%/@-])${escape(from)}(?![\\w.-])`, "g");
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
