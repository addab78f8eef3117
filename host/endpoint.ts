import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { HostError, messageOf } from "./errors.ts";
import { type HostKey, type KnownKeys, lookUp, parseHostKey } from "./known-hosts.ts";

/** One machine to log in to, as the caller says it. The fields are those of resources/contract.ts. */
export interface Endpoint extends Configured {
  address: string;
  port?: number;
  user?: string;
  hostKey?: string;
  knownHostsFile?: string;
  identityFile?: string;
  privateKey?: string;
  passphrase?: string;
  agent?: string | boolean;
  sshConfig?: string | boolean;
  /** The machine to go through, which may itself be behind another one. */
  jump?: Endpoint;
}

/** What only the ssh configuration says of an endpoint (ssh_config(5)). */
export interface Configured {
  /** Tried in turn; a file that does not exist is passed over. */
  identityFiles?: string[];
  identitiesOnly?: boolean;
  /** The agent's socket in place of $SSH_AUTH_SOCK; false for none. */
  identityAgent?: string | false;
  /** A file that does not exist is passed over. */
  knownHostsFiles?: string[];
  /** The name that known hosts have it by. */
  hostKeyAlias?: string;
}

/** A host and the way to it. */
export interface Target extends Endpoint {
  /** What a machine that only the ssh configuration names is logged in to and verified with. */
  hopCredentials?: Partial<Endpoint>;
  sudo?: boolean | { password?: string };
  connectTimeout?: number;
  commandTimeout?: number;
}

/** What the login needs, read from files and the environment. */
export interface Credentials {
  known: KnownKeys;
  /** Where the known keys come from, for messages. */
  knownFrom: string;
  agent?: string;
  privateKey?: string;
  passphrase?: string;
}

/** "root@192.0.2.11:22": how messages name an endpoint. */
export function endpointName(endpoint: Endpoint): string {
  const address = endpoint.address.includes(":") ? `[${endpoint.address}]` : endpoint.address;
  return `${endpoint.user ?? "root"}@${address}:${endpoint.port ?? 22}`;
}

/**
 * Reads the keys that an endpoint refers to.
 *
 * @throws HostError when a named file can't be read, or there is nothing to log in or to verify the host with.
 */
export async function readCredentials(endpoint: Endpoint): Promise<Credentials> {
  const host = endpointName(endpoint);
  const { known, knownFrom } = await knownKeys(endpoint);
  if (known.accepted.length === 0) {
    const alias =
      endpoint.hostKeyAlias === undefined ? "" : ` by its HostKeyAlias "${endpoint.hostKeyAlias}"`;
    throw new HostError(
      host,
      `the host key is not known: ${knownFrom} has none for this host${alias}.${authoritiesNote(known)}`,
      {
        cure: `Give the connection's hostKey, as printed by: ssh-keyscan -p ${endpoint.port ?? 22} ${endpoint.address} (compare it with the host's own /etc/ssh/ssh_host_*_key.pub).`,
      },
    );
  }
  const credentials: Credentials = { known, knownFrom, passphrase: endpoint.passphrase };
  if (endpoint.privateKey !== undefined) credentials.privateKey = endpoint.privateKey;
  else if (endpoint.identityFile !== undefined)
    credentials.privateKey = await read(host, "identityFile", endpoint.identityFile);
  else if (endpoint.identityFiles !== undefined)
    credentials.privateKey = await readFirst(endpoint.identityFiles);
  // A key of the ssh configuration does not stand in for the agent, as for ssh(1).
  const hasKey = credentials.privateKey !== undefined;
  const wantsAgent = endpoint.agent ?? (!hasKey || (!!endpoint.identityFiles && !endpoint.identitiesOnly));
  if (wantsAgent)
    credentials.agent = typeof wantsAgent === "string" ? expandHome(wantsAgent) : usualAgent(endpoint);
  if (!hasKey && !credentials.agent && endpoint.identityFiles === undefined)
    credentials.privateKey = await readFirst(defaultIdentities);
  if (credentials.privateKey === undefined && !credentials.agent) {
    const missing = endpoint.identityFiles?.length
      ? `: of the IdentityFile lines of the ssh configuration none can be read (${endpoint.identityFiles.join(", ")})`
      : "";
    throw new HostError(host, `there is no key to log in with${missing}.`, {
      cure: "Give the connection an identityFile, start an ssh-agent (SSH_AUTH_SOCK), or make ~/.ssh/id_ed25519.",
    });
  }
  return credentials;
}

/** "~/" at the start of a path on this machine. */
export function expandHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

async function knownKeys(endpoint: Endpoint): Promise<{ known: KnownKeys; knownFrom: string }> {
  if (endpoint.hostKey !== undefined) {
    let key: HostKey;
    try {
      key = parseHostKey(endpoint.hostKey);
    } catch (thrown) {
      throw new HostError(endpointName(endpoint), `its hostKey can't be read: ${messageOf(thrown)}.`);
    }
    return { known: { accepted: [key], revoked: [], authorities: 0 }, knownFrom: "hostKey" };
  }
  const { knownHostsFile, knownHostsFiles = ["~/.ssh/known_hosts"], hostKeyAlias } = endpoint;
  const files = knownHostsFile === undefined ? knownHostsFiles : [knownHostsFile];
  const texts = files.map((file) =>
    readFile(expandHome(file), "utf8").catch((error: NodeJS.ErrnoException) => {
      // A missing file is an error only if the connection names it.
      if (knownHostsFile === undefined && error.code === "ENOENT") return "";
      throw new HostError(
        endpointName(endpoint),
        `${knownHostsFile === undefined ? "UserKnownHostsFile" : "knownHostsFile"} can't be read: ${error.message}.`,
      );
    }),
  );
  const text = (await Promise.all(texts)).join("\n");
  // An alias stands for the port, too (ssh_config(5), HostKeyAlias).
  const known =
    hostKeyAlias === undefined
      ? lookUp(text, endpoint.address, endpoint.port ?? 22)
      : lookUp(text, hostKeyAlias, 22);
  return { known, knownFrom: files.join(", ") || "UserKnownHostsFile none" };
}

/** Why a @cert-authority line does not help. Empty where there is none. */
export function authoritiesNote({ authorities }: KnownKeys): string {
  return authorities === 0
    ? ""
    : " @cert-authority lines are passed over: the SSH library (ssh2) can't verify host certificates, only a host's plain key.";
}

function usualAgent({ identityAgent }: Endpoint): string | undefined {
  if (identityAgent === false) return undefined;
  return identityAgent ?? process.env.SSH_AUTH_SOCK;
}

async function read(host: string, property: string, path: string): Promise<string> {
  try {
    return await readFile(expandHome(path), "utf8");
  } catch (thrown) {
    throw new HostError(host, `${property} can't be read: ${messageOf(thrown)}.`);
  }
}

/** The files that ssh(1) tries by itself, best first. */
const defaultIdentities = ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"];

async function readFirst(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const text = await readFile(expandHome(path), "utf8").catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}
