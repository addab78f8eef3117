import { type HostConfiguration, hostProblems } from "../../stacks/inventory-file.ts";
import type { AnsibleHost } from "./ansible.ts";
import { type JumpHost, sshArguments } from "./jump.ts";

/** The result of the import for one host. */
export interface Imported {
  readonly name: string;
  /** Undefined if the host is left out. */
  readonly entry?: HostConfiguration;
  /** Why the host is left out. */
  readonly leftOut: readonly string[];
  /** Variables with secrets, and what to write instead. */
  readonly secrets: readonly string[];
  /** Variables that have no place in the entry. */
  readonly others: readonly string[];
  /** What may differ from Ansible. */
  readonly notes: readonly string[];
}

/** The value of the label that each group becomes. */
export const memberLabel = "member";

/** Field → the variables for it. If several are set, Ansible uses the last one (its ssh plugin). */
const fields = {
  address: ["ansible_host", "ansible_ssh_host"],
  port: ["ansible_port", "ansible_ssh_port"],
  user: ["ansible_user", "ansible_ssh_user"],
  identityFile: ["ansible_private_key_file", "ansible_ssh_private_key_file"],
  connectTimeout: ["ansible_timeout", "ansible_ssh_timeout"],
} as const;
const fieldVariables: ReadonlySet<string> = new Set(Object.values(fields).flat());
const wholeNumbers: readonly string[] = ["port", "connectTimeout"];

/** In the order in which Ansible passes them to ssh, which uses the first jump host. */
const argumentVariables = ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"];

const ofLogin = "logins are by key: docs/hosts.md";
const ofSudo = "write sudo: { password: { env: NAME } }";
const ofKey = "write privateKey: { env: NAME }, or identityFile";
const ofPassphrase = "write passphrase: { env: NAME }";
/** Variables with secrets, and what to do instead. */
const secretVariables = new Map([
  ["ansible_password", ofLogin],
  ["ansible_ssh_pass", ofLogin],
  ["ansible_ssh_password", ofLogin],
  ["ansible_become_password", ofSudo],
  ["ansible_become_pass", ofSudo],
  ["ansible_sudo_pass", ofSudo],
  ["ansible_private_key", ofKey],
  ["ansible_ssh_private_key", ofKey],
  ["ansible_private_key_passphrase", ofPassphrase],
  ["ansible_ssh_private_key_passphrase", ofPassphrase],
]);

/**
 * Pure. The entry of a host, and what is missing in it. Variables that are not in the entry are listed without their values.
 *
 * @param isHost whether the inventory has a host with this name
 */
export function imported(host: AnsibleHost, isHost: (name: string) => boolean): Imported {
  const left = new Map(
    Object.entries(host.variables).flatMap(([name, value]) =>
      value === null ? [] : [[name, unwrapped(value)] as const],
    ),
  );
  const leftOut: string[] = [];
  const secrets: string[] = [];
  const take = (name: string): string | undefined => {
    const value = left.get(name);
    left.delete(name);
    if (value === undefined) return undefined;
    const read = plainText(value);
    if (read.why !== undefined) leftOut.push(`${name} ${read.why}`);
    return read.text;
  };
  for (const [name, value] of left) {
    const cure = secretVariables.get(name);
    // Variables for fields of the entry stay: without one it would be the entry of another host.
    if ((cure === undefined && !isVault(value)) || fieldVariables.has(name)) continue;
    left.delete(name);
    secrets.push(cure === undefined ? name : `${name}: ${cure}`);
  }
  const connection = take("ansible_connection");
  if (connection !== undefined && !/(^|\.)(ssh|smart|libssh|paramiko(_ssh)?)$/.test(connection))
    leftOut.push(`its connection is "${connection}", not SSH`);
  const entry: Record<string, unknown> = { address: host.name };
  for (const [field, names] of Object.entries(fields)) {
    const given = names.map(take).findLast((value) => value !== undefined);
    if (given !== undefined) entry[field] = wholeNumbers.includes(field) ? number(given) : given;
  }
  const { jump, others } = takeArguments(left);
  if (jump && jump.address !== host.name) entry.jump = isHost(jump.address) ? jumpTo(jump) : jump;
  const becomes = becomesRoot(left);
  if (becomes === "by sudo" && entry.user !== "root") entry.sudo = true;
  if (host.groups.length > 0)
    entry.labels = Object.fromEntries(host.groups.map((group) => [group, memberLabel]));
  for (const { path, message } of hostProblems(host.name, entry as HostConfiguration))
    leftOut.push(
      path === ""
        ? `${message}. Give it an alias: ALIAS ansible_host=${String(entry.address)}`
        : `${path}: ${message}`,
    );
  return {
    name: host.name,
    ...(leftOut.length === 0 && { entry: entry as HostConfiguration }),
    leftOut: [...new Set(leftOut)],
    secrets: secrets.sort(),
    others: [...others, ...[...left.keys()].sort()],
    notes: notes(entry, becomes),
  };
}

/** The name of a jump host that has its own entry, unless the user or port is given here and may differ from that entry. */
function jumpTo(jump: JumpHost): string | JumpHost {
  return jump.user === undefined && jump.port === undefined ? jump.address : jump;
}

function takeArguments(left: Map<string, unknown>) {
  let jump: JumpHost | undefined;
  const others: string[] = [];
  for (const name of argumentVariables) {
    const { text } = plainText(left.get(name));
    if (text === undefined) continue;
    left.delete(name);
    const read = sshArguments(text);
    // ssh uses the first of several jump hosts.
    jump ??= read.jump;
    if (read.others.length > 0) others.push(`${name} (${read.others.join(" ")})`);
  }
  return { jump, others };
}

/**
 * Whether the plays on a host become root, according to its variables. Removes these variables from `left` if an entry can express them.
 */
function becomesRoot(left: Map<string, unknown>): "by sudo" | "otherwise" | "unknown" {
  const says = (name: string) => (left.has(name) ? String(left.get(name)).toLowerCase() : undefined);
  // The texts that Ansible reads as true.
  if (!["y", "yes", "on", "1", "true", "t"].includes(says("ansible_become") ?? "")) return "unknown";
  const isSudo = /(^|\.)sudo$/.test(says("ansible_become_method") ?? "sudo");
  if (!isSudo || (says("ansible_become_user") ?? "root") !== "root") return "otherwise";
  for (const name of ["ansible_become", "ansible_become_method", "ansible_become_user"]) left.delete(name);
  return "by sudo";
}

function notes({ user, jump }: Record<string, unknown>, becomes: ReturnType<typeof becomesRoot>): string[] {
  const asRoot = "root, or as your ssh configuration says. Ansible logs in as you";
  const account = String(user);
  return [
    ...(user === undefined ? [`no ansible_user: the login is as ${asRoot}`] : []),
    ...(user !== undefined && user !== "root" && becomes === "unknown"
      ? [
          `${account} gets no sudo, as there is no ansible_become. If the plays say become: true, write sudo: true`,
        ]
      : []),
    ...(becomes === "otherwise"
      ? ["it becomes root by something other than sudo, which is not supported"]
      : []),
    ...(typeof jump === "object" && jump !== null && !("user" in jump)
      ? [`a jump host without an account: the login there is as ${asRoot}`]
      : []),
  ];
}

/** Unwraps a text that Ansible marks as free of templates. */
function unwrapped(value: unknown): unknown {
  return typeof value === "object" && value !== null && "__ansible_unsafe" in value
    ? value.__ansible_unsafe
    : value;
}

/** A value as text, or why it can't be imported. */
function plainText(value: unknown): { text: string; why?: undefined } | { text?: undefined; why: string } {
  if (isVault(value)) return { why: "is encrypted by ansible-vault. Write the host by hand" };
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    return { why: "is not text" };
  const text = String(value);
  if (/\{[{%#]/.test(text)) return { why: isTemplate };
  return { text };
}

const isTemplate =
  "is a template, which only Ansible fills in. Write the host by hand, with what `ansible HOST -m debug -a var=NAME` says";

function isVault(value: unknown): boolean {
  return /__ansible_vault|\$ANSIBLE_VAULT;/.test(JSON.stringify(value) ?? "");
}

/** Any other text stays as it is, and the check of the entry refuses it. */
function number(text: string): number | string {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}
