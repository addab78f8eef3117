import { readFile } from "node:fs/promises";
import { localError, messageOf } from "../errors.ts";
import { expandHome } from "./home.ts";
import { type KeyRing, type KeySource, readKeys } from "./keys.ts";
import { type HostKey, type KnownKeys, lookUp, parseHostKey } from "./known-hosts.ts";

/** One machine to log in to, as the caller says it. The fields are those of resources/contract.ts. */
export interface Endpoint extends KeySource, Configured {
  address: string;
  port?: number;
  user?: string;
  hostKey?: string;
  knownHostsFile?: string;
  sshConfig?: string | boolean;
  /** The machine to go through, which may itself be behind another one. */
  jump?: Endpoint;
}

/** What only the ssh configuration says about an endpoint (ssh_config(5)), apart from its keys. */
export interface Configured {
  /** A file that does not exist is ignored. */
  knownHostsFiles?: string[];
  /** The name of the host in known_hosts files. */
  hostKeyAlias?: string;
}

/** A host and the way to it. */
export interface Target extends Endpoint {
  /** What the stack calls the host. */
  name?: string;
  /** The credentials for machines that only the ssh configuration names: to log in to them and to verify them. */
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
  keys: KeyRing;
}

/** How messages name a host, "web-1 (root@192.0.2.11:22)", or an endpoint without a name, "root@192.0.2.11:22". */
export function endpointName(endpoint: Endpoint & Pick<Target, "name">): string {
  const { name, address, user = "root" } = endpoint;
  const login = `${user}@${machineOf(endpoint)}`;
  return name === undefined || name === address ? login : `${name} (${login})`;
}

/** "192.0.2.11:22": the same for all logins to the same machine by the same address. */
export function machineOf({ address, port = 22 }: Endpoint): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/**
 * Reads the keys that an endpoint refers to.
 *
 * @throws HostError with the reason "local" when a named file can't be used, or there is nothing to log in or to verify the host with.
 */
export async function readCredentials(endpoint: Endpoint): Promise<Credentials> {
  const host = endpointName(endpoint);
  const { known, knownFrom } = await knownKeys(endpoint);
  if (known.accepted.length === 0) {
    const alias =
      endpoint.hostKeyAlias === undefined ? "" : ` by its HostKeyAlias "${endpoint.hostKeyAlias}"`;
    throw localError(
      host,
      `the host key is not known: ${knownFrom} has none for this host${alias}.${authoritiesNote(known)}`,
      `Log in once with ssh, which asks whether the key is right: ssh -p ${endpoint.port ?? 22} ${endpoint.user ?? "root"}@${endpoint.address}\nOr give the host its hostKey in the program, as printed by: ssh-keyscan -p ${endpoint.port ?? 22} ${endpoint.address} (compare it with the host's own /etc/ssh/ssh_host_*_key.pub).`,
    );
  }
  return { known, knownFrom, keys: await readKeys(host, endpoint) };
}

async function knownKeys(endpoint: Endpoint): Promise<{ known: KnownKeys; knownFrom: string }> {
  if (endpoint.hostKey !== undefined) {
    let key: HostKey;
    try {
      key = parseHostKey(endpoint.hostKey);
    } catch (thrown) {
      throw localError(endpointName(endpoint), `its hostKey can't be read: ${messageOf(thrown)}.`);
    }
    return { known: { accepted: [key], revoked: [], authorities: 0 }, knownFrom: "hostKey" };
  }
  const { knownHostsFile, knownHostsFiles = ["~/.ssh/known_hosts"], hostKeyAlias } = endpoint;
  const files = knownHostsFile === undefined ? knownHostsFiles : [knownHostsFile];
  const texts = files.map((file) =>
    readFile(expandHome(file), "utf8").catch((error: NodeJS.ErrnoException) => {
      // A missing file is an error only if the connection names it.
      if (knownHostsFile === undefined && error.code === "ENOENT") return "";
      const field = knownHostsFile === undefined ? "UserKnownHostsFile" : "knownHostsFile";
      throw localError(endpointName(endpoint), `${field} can't be read: ${error.message}.`);
    }),
  );
  const text = (await Promise.all(texts)).join("\n");
  // An alias also replaces the port (ssh_config(5), HostKeyAlias).
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
    : " @cert-authority lines are ignored: the SSH library (ssh2) can't verify host certificates, only a host's plain key.";
}
