import { createHash, createHmac } from "node:crypto";
import { wildcardMatches } from "../../units/glob.ts";

/** A public host key: its type and its wire form (RFC 4253, section 6.6). */
export interface HostKey {
  type: string;
  blob: Buffer;
}

/** What a known_hosts file says of one host. */
export interface KnownKeys {
  accepted: HostKey[];
  revoked: HostKey[];
  /** Lines that mark a certificate authority for the host, which are not supported. */
  authorities: number;
}

/**
 * Reads "ssh-ed25519 AAAA…[ comment]", as in *.pub files and `ssh-keyscan` (without its host column).
 *
 * @throws Error that says what is wrong with it.
 */
export function parseHostKey(text: string): HostKey {
  const [type, base64] = text.trim().split(/\s+/);
  if (!type || !base64) throw new Error('a host key is a type and a key, such as "ssh-ed25519 AAAA…"');
  const blob = Buffer.from(base64, "base64");
  if (!/^[A-Za-z0-9+/]+=*$/.test(base64) || blob.length < 8)
    throw new Error("the second word of the host key is not base64");
  const named = keyType(blob);
  if (named !== type) throw new Error(`the host key begins with "${type}", but its content is "${named}"`);
  return { type, blob };
}

/** The type that a key's wire form contains. */
export function keyType(blob: Buffer): string {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return blob.subarray(4, 4 + Math.min(length, 64)).toString("latin1");
}

/** As `ssh-keygen -l` prints it: "SHA256:…" without padding. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/**
 * The keys of a host in the text of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain and hashed names,
 * wildcards, negation, [host]:port, @revoked.
 */
export function lookUp(text: string, address: string, port: number): KnownKeys {
  const names = port === 22 ? [address] : [`[${address}]:${port}`];
  const known: KnownKeys = { accepted: [], revoked: [], authorities: 0 };
  for (const line of text.split(/\r?\n/)) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) continue;
    const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
    const [patterns, type, base64] = words;
    if (!patterns || !type || !base64 || !names.some((name) => matches(patterns, name))) continue;
    const key = { type, blob: Buffer.from(base64, "base64") };
    if (marker === undefined) known.accepted.push(key);
    else if (marker === "@revoked") known.revoked.push(key);
    else if (marker === "@cert-authority") known.authorities += 1;
  }
  return known;
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith("|1|")) {
    const [, , salt, hash] = patterns.split("|");
    return !!salt && createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  let matched = false;
  for (const pattern of patterns.split(",")) {
    const negated = pattern.startsWith("!");
    if (!wildcardMatches((negated ? pattern.slice(1) : pattern).toLowerCase(), name.toLowerCase())) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}
