import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { naturally } from "../../rollout/fold.ts";
import { Stop } from "../stop.ts";

/** What Ansible knows about a host: its variables, with those of its groups, and the groups that it is in. */
export interface AnsibleHost {
  readonly name: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Without "all" and "ungrouped", sorted. */
  readonly groups: readonly string[];
}

/** Part of every installation of Ansible. It reads every inventory format and knows which of several values counts. */
const command = "ansible-inventory";

/**
 * Lists an inventory with Ansible's own command.
 *
 * @returns what it prints, and its warnings
 * @throws Stop when there is no Ansible here, or when it can't read the inventory
 */
export async function listInventory(file: string): Promise<{ json: string; warnings: string }> {
  // Without these variables a line that Ansible can't read is only a warning, and an export leaves out the variables of groups.
  const env = {
    ...process.env,
    ANSIBLE_INVENTORY_UNPARSED_FAILED: "true",
    ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: "true",
    ANSIBLE_INVENTORY_EXPORT: "false",
    ANSIBLE_VERBOSITY: "0",
  };
  try {
    const asked = promisify(execFile)(command, [`--inventory=${file}`, "--list"], {
      env,
      maxBuffer: 1024 ** 3,
    });
    // An inventory that is a script must not wait for the keyboard.
    asked.child.stdin?.end();
    const { stdout, stderr } = await asked;
    return { json: stdout, warnings: stderr.trim() };
  } catch (thrown) {
    const { code, stderr = "", message } = thrown as Error & { code?: unknown; stderr?: string };
    if (code === "ENOENT")
      throw new Stop(
        [
          `\`${command}\` was not found. It is a part of Ansible, and reads the inventory.`,
          "Install Ansible (pipx install ansible-core), or run it on a machine that has it:",
          `  ${command} -i ${file} --list >inventory.json`,
          "  npx quadlet-fleet import-inventory inventory.json --listed",
        ].join("\n"),
      );
    throw new Stop(`\`${command}\` can't read ${file}:\n${stderr.trim() || message}\nNothing was written.`);
  }
}

/**
 * The hosts in the output of `ansible-inventory --list`, in natural order.
 *
 * @throws Stop when the text is something else
 */
export function hostsIn(json: string): AnsibleHost[] {
  const groups = new Map(Object.entries(record(parsed(json)) ?? {}));
  const variables = record(record(groups.get("_meta"))?.hostvars);
  if (!variables)
    throw new Stop(
      `This is not what \`${command} --list\` prints: it is not JSON, or has no _meta.hostvars.\nNothing was written.`,
    );
  groups.delete("_meta");
  const memberships = new Map(Object.keys(variables).map((host) => [host, new Set<string>()]));
  for (const group of groups.keys())
    for (const inner of withChildren(groups, group))
      for (const host of texts(record(groups.get(inner))?.hosts))
        memberships.set(host, (memberships.get(host) ?? new Set()).add(group));
  return [...memberships]
    .map(([name, of]) => ({
      name,
      variables: record(variables[name]) ?? {},
      groups: [...of].filter((group) => !["all", "ungrouped"].includes(group)).sort(),
    }))
    .sort((one, other) => naturally(one.name, other.name));
}

/** A group, and all groups that are in it. */
function withChildren(groups: ReadonlyMap<string, unknown>, group: string): Set<string> {
  const found = new Set([group]);
  // The loop also visits the groups that are added to the set meanwhile.
  for (const one of found) for (const child of texts(record(groups.get(one))?.children)) found.add(child);
  return found;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
