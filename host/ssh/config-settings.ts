import { homedir, userInfo } from "node:os";
import type { Configured } from "./endpoint.ts";
import type { KeySource } from "./keys.ts";
import { unset } from "./config-query.ts";

/** What the ssh configuration says of one host. */
export interface Settings
  extends Configured, Pick<KeySource, "identityFiles" | "identitiesOnly" | "identityAgent"> {
  address: string;
  port: number;
  user: string;
  /** The last one is next to the host. */
  hops: Hop[];
  hasProxyCommand: boolean;
}

/** One machine of a ProxyJump. */
export interface Hop {
  address: string;
  port?: number;
  user?: string;
}

/**
 * Reads what `ssh -G` prints: on each line a keyword in lower case and its value, which may contain blanks.
 *
 * @param original the host as ssh was asked for it
 * @throws Error that says what can't be read
 */
export function parseSettings(printed: string, original: string): Settings {
  const values = new Map<string, string[]>();
  for (const line of printed.split("\n")) {
    const [, key = "", value = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  const first = (key: string) => values.get(key)?.[0];
  const address = first("hostname") ?? original;
  const port = Number(first("port") ?? 22);
  const user = first("user") ?? "root";
  const hostKeyAlias = first("hostkeyalias");
  const tokens = { h: address, n: original, p: String(port), r: user, k: hostKeyAlias ?? original };
  const identities = (values.get("identityfile") ?? []).filter((file) => file !== unset);
  const knownHosts = first("userknownhostsfile") ?? unset;
  const agent = first("identityagent");
  const proxyCommand = first("proxycommand") ?? "none";
  return {
    address,
    port,
    user,
    hops: hopsOf(expand(first("proxyjump") ?? "none", tokens)),
    hasProxyCommand: proxyCommand !== "none",
    ...(identities.length === 0 ? {} : { identityFiles: paths(identities, tokens) }),
    ...(first("identitiesonly") === "yes" ? { identitiesOnly: true } : {}),
    ...(agent === undefined || agent === "SSH_AUTH_SOCK" ? {} : { identityAgent: agentOf(agent) }),
    // ssh prints several files in one line, without quotes. Each is absolute by then.
    ...(knownHosts === unset ? {} : { knownHostsFiles: paths(knownHosts.split(/ (?=[/~])/), {}) }),
    ...(hostKeyAlias === undefined ? {} : { hostKeyAlias }),
  };
}

/** "none" means no file. */
function paths(files: readonly string[], tokens: Tokens): string[] {
  return files.filter((file) => file !== "none").map((file) => expand(file, tokens));
}

function agentOf(agent: string): string | false {
  if (agent === "none") return false;
  return agent.startsWith("$") ? (process.env[agent.slice(1)] ?? false) : agent;
}

type Tokens = Readonly<Record<string, string>>;

/** The tokens and variables of ssh_config(5) that name files and hosts. Unknown ones stay as they are. */
function expand(text: string, tokens: Tokens): string {
  if (!/[%$]/.test(text)) return text;
  const { username, uid } = userInfo();
  const all: Tokens = { ...tokens, "%": "%", d: homedir(), u: username, i: String(uid) };
  return text
    .replace(/%(.)/g, (token, letter: string) => all[letter] ?? token)
    .replace(/\$\{(\w+)\}/g, (variable, name: string) => process.env[name] ?? variable);
}

function hopsOf(proxyJump: string): Hop[] {
  if (proxyJump === "none") return [];
  return proxyJump.split(",").map((text) => {
    const { user, six, name, port } =
      /^(?:ssh:\/\/)?(?:(?<user>.+)@)?(?:\[(?<six>[^\]]+)\]|(?<name>[^@:/[\]]+))(?::(?<port>\d{1,5}))?\/?$/.exec(
        text.trim(),
      )?.groups ?? {};
    const address = six ?? name;
    if (address === undefined) throw new Error(`its ProxyJump "${text}" can't be read`);
    return { address, ...(port ? { port: Number(port) } : {}), ...(user ? { user } : {}) };
  });
}
