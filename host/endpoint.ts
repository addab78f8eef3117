import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { HostError, messageOf } from "./errors.ts";
import { type HostKey, type KnownKeys, lookUp, parseHostKey } from "./known-hosts.ts";

/** One machine to log in to, as the caller says it. The fields are those of resources/contract.ts. */
export interface Endpoint {
  address: string;
  port?: number;
  user?: string;
  hostKey?: string;
  knownHostsFile?: string;
  identityFile?: string;
  privateKey?: string;
  passphrase?: string;
  agent?: string | boolean;
}

/** A host and the way to it. */
export interface Target extends Endpoint {
  jump?: Endpoint;
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
    const authority = known.authorities > 0 ? " (its @cert-authority lines are not supported)" : "";
    throw new HostError(host, `the host key is not known: ${knownFrom} has none for this host${authority}.`, {
      cure: `Give the connection's hostKey, as printed by: ssh-keyscan -p ${endpoint.port ?? 22} ${endpoint.address} (compare it with the host's own /etc/ssh/ssh_host_*_key.pub).`,
    });
  }
  const credentials: Credentials = { known, knownFrom, passphrase: endpoint.passphrase };
  if (endpoint.privateKey !== undefined) credentials.privateKey = endpoint.privateKey;
  else if (endpoint.identityFile !== undefined)
    credentials.privateKey = await read(host, "identityFile", endpoint.identityFile);
  const wantsAgent = endpoint.agent ?? credentials.privateKey === undefined;
  if (wantsAgent)
    credentials.agent = typeof wantsAgent === "string" ? expandHome(wantsAgent) : process.env.SSH_AUTH_SOCK;
  if (credentials.privateKey === undefined && !credentials.agent)
    credentials.privateKey = await defaultIdentity();
  if (credentials.privateKey === undefined && !credentials.agent) {
    throw new HostError(host, "there is no key to log in with.", {
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
  const file = endpoint.knownHostsFile ?? "~/.ssh/known_hosts";
  const text = await readFile(expandHome(file), "utf8").catch((error: NodeJS.ErrnoException) => {
    // Only a default that is not there is no error.
    if (endpoint.knownHostsFile === undefined && error.code === "ENOENT") return "";
    throw new HostError(endpointName(endpoint), `knownHostsFile can't be read: ${error.message}.`);
  });
  return { known: lookUp(text, endpoint.address, endpoint.port ?? 22), knownFrom: file };
}

async function read(host: string, property: string, path: string): Promise<string> {
  try {
    return await readFile(expandHome(path), "utf8");
  } catch (thrown) {
    throw new HostError(host, `${property} can't be read: ${messageOf(thrown)}.`);
  }
}

/** The files that ssh(1) tries by itself, best first. */
async function defaultIdentity(): Promise<string | undefined> {
  for (const name of ["id_ed25519", "id_ecdsa", "id_rsa"]) {
    const text = await readFile(join(homedir(), ".ssh", name), "utf8").catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}
