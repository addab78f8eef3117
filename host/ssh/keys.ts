import { readFile } from "node:fs/promises";
import { isPublicKey } from "../../units/private-key.ts";
import { type AgentKey, listAgent } from "./agent.ts";
import { localError, messageOf } from "../errors.ts";
import { expandHome } from "./home.ts";
import { fingerprint, keyType } from "./known-hosts.ts";
import { type PrivateKey, type Unusable, readPrivateKey, unsupported, usableTypes } from "./private-key.ts";

/** Where the keys of a login come from. The fields are those of resources/contract.ts. */
export interface KeySource {
  identityFile?: string;
  privateKey?: string;
  passphrase?: string;
  agent?: string | boolean;
  /** From the ssh configuration, in place of the default files. A file that does not exist or can't be used is skipped. */
  identityFiles?: string[];
  /** From the ssh configuration: of an agent's keys, only those of these files are used. */
  identitiesOnly?: boolean;
  /** From the ssh configuration, in place of $SSH_AUTH_SOCK: the agent's socket; false for none. */
  identityAgent?: string | false;
}

/** A key that is offered to a host. */
export interface Offer {
  /** For messages: a file, `privateKey` or an agent. */
  from: string;
  type: string;
  blob: Buffer;
  /** What signs with it: the key itself, or the agent with this socket. */
  signer: { key: PrivateKey } | { agent: string };
}

/** Keys in the order in which they are offered. */
export interface Keys {
  offers: Offer[];
  /** Keys that were found but can't be offered, and why. Reported if the login fails. */
  leftOut: string[];
}

/** The keys of one login. */
export interface KeyRing extends Keys {
  /** Returns the keys to offer after these. An agent is asked only if it is needed: it may take its time, or show a prompt. */
  more?: () => Promise<Keys>;
}

interface Agent {
  path: string;
  /** For messages. */
  name: string;
  /** Whether the connection names it, and not the environment or the ssh configuration. */
  isNamed: boolean;
}

/** The files that ssh(1) tries by itself, in its order (ssh_config(5), IdentityFile). */
const defaultFiles = ["id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"].map(
  (name) => `~/.ssh/${name}`,
);

/**
 * Collects the keys of a login in the order of ssh(1): the named one, the agent's, and the default files if none is named. A named public
 * key, or a named key without its passphrase, selects that key of the agent, and no other key is offered.
 *
 * @throws HostError with the reason "local" when a named key can't be used, a named agent does not answer, or there is no key.
 */
export async function readKeys(host: string, source: KeySource): Promise<KeyRing> {
  const agent = agentOf(source);
  const named = await namedKey(host, source, agent);
  const onlyFiles = source.identitiesOnly && source.agent === undefined;
  if (named) {
    if (!agent || onlyFiles || "agent" in named.signer) return { offers: [named], leftOut: [] };
    if (!agent.isNamed) return { offers: [named], leftOut: [], more: () => keysOfAgent(host, agent) };
  }
  const found: Keys = { offers: named ? [named] : [], leftOut: [] };
  const ofAgent = agent ? await keysOfAgent(host, agent) : { offers: [], leftOut: [] };
  const others = onlyFiles ? { ...ofAgent, offers: [] } : ofAgent;
  const { identityFiles, passphrase } = source;
  if (identityFiles) await addFiles(found, identityFiles, passphrase, ofAgent);
  add(found, others);
  if (!named && !identityFiles) await addFiles(found, defaultFiles, passphrase, ofAgent);
  if (found.offers.length > 0) return found;
  throw localError(
    host,
    ["there is no key to log in with.", ...found.leftOut.map((one) => `${one}.`)].join("\n"),
    "Give the connection an identityFile, add a key to the ssh-agent (ssh-add), or make ~/.ssh/id_ed25519 (ssh-keygen).",
  );
}

/** A key for messages, with nothing of its private half. */
export function describe({ from, type, blob }: Offer): string {
  return `${from}: ${type} ${fingerprint(blob)}`;
}

/** Adds the keys that are not in the list yet: sshd counts each refused key (sshd_config(5), MaxAuthTries). */
export function add(keys: Keys, { offers, leftOut }: Keys): void {
  for (const offer of offers)
    if (!keys.offers.some(({ blob }) => blob.equals(offer.blob))) keys.offers.push(offer);
  keys.leftOut.push(...leftOut);
}

function agentOf({ agent, identityAgent }: KeySource): Agent | undefined {
  if (agent === false) return undefined;
  if (typeof agent === "string") {
    const path = expandHome(agent);
    return path === "" ? undefined : { path, isNamed: true, name: `the agent at ${path}` };
  }
  const path =
    identityAgent === undefined ? process.env.SSH_AUTH_SOCK : identityAgent && expandHome(identityAgent);
  const from = identityAgent === undefined ? "SSH_AUTH_SOCK" : "IdentityAgent";
  return path ? { path, isNamed: false, name: `the agent at ${path} (${from})` } : undefined;
}

/** The key that the connection names: its own, or one that it selects from the agent. */
async function namedKey(
  host: string,
  source: KeySource,
  agent: Agent | undefined,
): Promise<Offer | undefined> {
  const { privateKey, identityFile, passphrase } = source;
  if (privateKey !== undefined) {
    const read = await readPrivateKey(privateKey, passphrase);
    if (!("problem" in read)) return offerOf("privateKey", read);
    return await chooseOrThrow(host, "privateKey", read, agent);
  }
  if (identityFile === undefined) return undefined;
  const read = await readKeyFile(identityFile, passphrase);
  const from = `identityFile ${identityFile}`;
  if (read === undefined) throw localError(host, `${from} does not exist.`, "Correct the path.");
  return "problem" in read ? await chooseOrThrow(host, from, read, agent) : offerOf(from, read);
}

/** Reads a private key, a public key, or the .pub of a private key that is not here. Returns undefined if there is no file. */
async function readKeyFile(path: string, passphrase?: string): Promise<PrivateKey | Unusable | undefined> {
  const text = await readFile(expandHome(path), "utf8").catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== "string") {
    if (text.code !== "ENOENT") return { problem: `can't be read: ${text.message}` };
    const blob = await publicHalf(path);
    return blob && { problem: "does not exist, although its .pub does", encrypted: true, blob };
  }
  if (isPublicKey(text)) {
    const blob = publicBlob(text);
    if (!blob) return { problem: `is a public key in a form that can't be read. ${formHint}` };
    const type = keyType(blob);
    if (!usableTypes.test(type)) return { problem: unsupported(type), blob };
    return { problem: "is a public key", encrypted: true, blob };
  }
  const read = await readPrivateKey(text, passphrase);
  return "problem" in read && read.encrypted
    ? { ...read, blob: read.blob ?? (await publicHalf(path)) }
    : read;
}

const formHint = "Name the private key, or a public key as ssh-keygen writes it: ssh-ed25519 AAAA…";

/** Returns the agent's key with this public half, if only the private half is missing. */
async function chooseOrThrow(
  host: string,
  from: string,
  { problem, encrypted, blob }: Unusable,
  agent: Agent | undefined,
): Promise<Offer> {
  if (!encrypted)
    throw localError(host, `${from} ${problem}.`, cures.find(([words]) => words.test(problem))?.[1]);
  const file = from.replace(/^identityFile /, "").replace(/\.pub$/, "");
  const cure = /passphrase/.test(problem)
    ? `Give the connection's passphrase, or add the key to the agent: ssh-add ${from === "privateKey" ? "FILE" : file}`
    : `Add its private half to the agent (ssh-add ${file}), or name the file of the private key.`;
  const lacks = (what: string) => localError(host, `${from} ${problem}, and ${what}.`, cure);
  if (!agent) throw lacks("there is no agent that could hold the key (SSH_AUTH_SOCK)");
  if (!blob) throw lacks(`there is no ${file}.pub to tell which key of the agent it is`);
  const keys = await listAgent(agent.path).catch((thrown: unknown) => {
    throw lacks(`${agent.name} does not answer: ${messageOf(thrown)}`);
  });
  const key = keys.find((one) => one.blob.equals(blob));
  if (!key) throw lacks(`${agent.name} does not hold it (${fingerprint(blob)})`);
  return offerOfAgent(agent, key);
}

const cures: [words: RegExp, cure: string][] = [
  [/decrypted/, "Correct the connection's passphrase."],
  [/not supported/, "Use a key of another type: ssh-keygen -t ed25519"],
];

/** @throws HostError when an agent that the connection names does not answer. */
async function keysOfAgent(host: string, agent: Agent): Promise<Keys> {
  let keys: AgentKey[];
  try {
    keys = await listAgent(agent.path);
  } catch (thrown) {
    const problem = `${agent.name} does not answer: ${messageOf(thrown)}`;
    if (!agent.isNamed) return { offers: [], leftOut: [problem] };
    throw localError(host, `${problem}.`, "Start it, correct the connection's agent, or leave it out.");
  }
  const [offered, others] = [true, false].map((is) =>
    keys.filter(({ type }) => usableTypes.test(type) === is),
  );
  const types = Map.groupBy(others ?? [], ({ type }) => type);
  const leftOut = [...types].map(
    ([type, { length }]) =>
      `${agent.name} has ${length} ${length === 1 ? "key" : "keys"} of type ${type}, which is not supported`,
  );
  if (keys.length === 0) leftOut.push(`${agent.name} has no keys`);
  return { offers: (offered ?? []).map((key) => offerOfAgent(agent, key)), leftOut };
}

/** Adds the keys of files, or the agent's keys that the files select. */
async function addFiles(
  found: Keys,
  files: readonly string[],
  passphrase: string | undefined,
  ofAgent: Keys,
): Promise<void> {
  const isConfigured = files !== defaultFiles;
  for (const file of files) {
    const from = isConfigured ? `IdentityFile ${file}` : file;
    const read = await readKeyFile(file, passphrase);
    if (read === undefined) {
      if (isConfigured) found.leftOut.push(`${from} does not exist`);
      continue;
    }
    if (!("problem" in read)) {
      add(found, { offers: [offerOf(from, read)], leftOut: [] });
      continue;
    }
    const chosen = ofAgent.offers.find(({ blob }) => read.blob?.equals(blob));
    add(
      found,
      chosen ? { offers: [chosen], leftOut: [] } : { offers: [], leftOut: [`${from} ${read.problem}`] },
    );
  }
}

function offerOf(from: string, key: PrivateKey): Offer {
  return { from, type: key.type, blob: key.getPublicSSH(), signer: { key } };
}

function offerOfAgent({ name, path }: Agent, { type, blob }: AgentKey): Offer {
  return { from: name, type, blob, signer: { agent: path } };
}

/** Reads the public key from the .pub file of a private key. */
async function publicHalf(path: string): Promise<Buffer | undefined> {
  const text = await readFile(`${expandHome(path)}.pub`, "utf8").catch(() => "");
  return isPublicKey(text) ? publicBlob(text) : undefined;
}

/** "ssh-ed25519 AAAA… comment" in its wire form; undefined for another form. */
function publicBlob(text: string): Buffer | undefined {
  const [type, base64 = ""] = text.trim().split(/\s+/);
  const blob = Buffer.from(base64, "base64");
  return keyType(blob) === type ? blob : undefined;
}
