import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ArgumentError } from "../../components/arguments/problems.ts";
import { inventoryText } from "../../stacks/inventory-file.ts";
import { harmless } from "../output.ts";
import { folded } from "../report.ts";
import { Stop } from "../stop.ts";
import { hostsIn, listInventory } from "./ansible.ts";
import { type Imported, imported, memberLabel } from "./entry.ts";

/**
 * `quadlet-fleet import-inventory FILE`: writes the hosts of an Ansible inventory as an inventory of this project.
 *
 * @param options.isListed whether the file is the output of `ansible-inventory --list`
 * @param options.output default: standard output
 * @returns the exit status: 0, or 3 if hosts are left out
 * @throws Stop when the inventory can't be read or has no host that can be imported, and when the new file already exists
 */
export async function importInventory(
  file: string,
  { isListed, output }: { isListed: boolean; output: string | undefined },
): Promise<number> {
  if (output !== undefined && statSync(output, { throwIfNoEntry: false }))
    throw new Stop(`${output} already exists.\nNothing was written. Remove it, or name another file.`);
  if (!statSync(file, { throwIfNoEntry: false }))
    throw new Stop(`there is no inventory ${file}.\nNothing was written.`);
  const { json, warnings } = isListed
    ? { json: readFileSync(file, "utf8"), warnings: "" }
    : await listInventory(file);
  if (warnings !== "") say([warnings]);
  const hosts = converted(json);
  const text = fileText(file, hosts);
  if (output === undefined) process.stdout.write(text);
  else {
    mkdirSync(dirname(output), { recursive: true });
    // "wx": the file may have been created in the meantime.
    writeFileSync(output, text, { flag: "wx" });
  }
  say(reported(hosts, output));
  return hosts.some(({ entry }) => entry === undefined) ? 3 : 0;
}

/** Pure. The result for each host in the output of `ansible-inventory --list`. */
export function converted(json: string): Imported[] {
  const all = hostsIn(json);
  const names = new Set(all.map(({ name }) => name));
  return all.map((one) => imported(one, (name) => names.has(name)));
}

/**
 * Pure. The file with the hosts that are not left out.
 *
 * @throws Stop if there are none, or if they conflict with each other
 */
export function fileText(file: string, hosts: readonly Imported[]): string {
  const entries = hosts.flatMap(({ name, entry }) => (entry ? [[name, entry] as const] : []));
  if (entries.length === 0)
    throw new Stop(
      [...leftOut(hosts), `${file} has no host to take over.`, "Nothing was written."]
        .map(harmless)
        .join("\n"),
    );
  try {
    const origin = harmless(file).replaceAll("\n", "");
    return inventoryText(
      `From the Ansible inventory ${origin}, by quadlet-fleet import-inventory.`,
      Object.fromEntries(entries),
    );
  } catch (thrown) {
    if (thrown instanceof ArgumentError) throw new Stop(`${thrown.message}\nNothing was written.`);
    throw thrown;
  }
}

/** Pure. The report of the import. */
export function reported(hosts: readonly Imported[], output: string | undefined): string[] {
  const entries = hosts.filter(({ entry }) => entry !== undefined);
  const groups = entries.flatMap(({ entry }) => Object.keys(entry?.labels ?? {}));
  const group = groups.sort().find((name) => /^[A-Za-z_][\w-]*$/.test(name));
  const of = (list: (host: Imported) => readonly string[], heading: string, between?: string) =>
    section(
      heading,
      entries.flatMap((host) => {
        const said = list(host);
        const all = between === undefined || said.length === 0 ? said : [said.join(between)];
        return all.map((why) => ({ name: host.name, why }));
      }),
    );
  return [
    `${output ?? "The inventory"} has ${entries.length} ${entries.length === 1 ? "host" : "hosts"}.`,
    ...(group === undefined
      ? []
      : [
          `Groups are labels. A site on the hosts of a group: hosts: { labels: { ${group}: ${memberLabel} } }`,
        ]),
    ...leftOut(hosts),
    ...of(({ secrets }) => secrets, "Secrets, which are not written:"),
    ...of(({ others }) => others, "Not taken over:", ", "),
    ...of(({ notes }) => notes, "Different from Ansible:"),
    "Ansible's inventories have no host keys, and a host without a known key is refused. The keys in ~/.ssh/known_hosts count.",
    "For a host that is not in it: ssh-keyscan -t ed25519 ADDRESS, compared with the host's own file (docs/hosts.md).",
  ];
}

function leftOut(hosts: readonly Imported[]): string[] {
  return section(
    "Left out:",
    hosts.flatMap((host) => host.leftOut.map((why) => ({ name: host.name, why }))),
  );
}

function section(heading: string, said: readonly { name: string; why: string }[]): string[] {
  return said.length === 0 ? [] : [heading, ...folded(said).map((line) => `  ${line}`)];
}

function say(lines: readonly string[]): void {
  for (const line of lines) console.error(harmless(line));
}
