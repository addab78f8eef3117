import { type KeyObject, createPrivateKey } from "node:crypto";
import type { ParsedKey } from "ssh2";
import { isEncrypted, privateKeyBlock, privateKeyProblem } from "../../units/private-key.ts";
import { keyType } from "./known-hosts.ts";

/** A private key that can log in. */
export type PrivateKey = ParsedKey;

/** Why a text can't be used to log in. No message contains anything of the text. */
export interface Unusable {
  problem: string;
  /** Only the passphrase or the private half is missing: an agent may have the key. */
  encrypted?: boolean;
  /** Its public half, if that can be read without the passphrase. */
  blob?: Buffer;
}

/** The types that ssh2 can log in with: no FIDO keys (sk-…) and no certificates. */
export const usableTypes = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;

/** Reads a private key of OpenSSH, in PEM (PKCS#1, SEC1, PKCS#8) or of PuTTY 2. */
export async function readPrivateKey(text: string, passphrase?: string): Promise<PrivateKey | Unusable> {
  const problem = privateKeyProblem(text);
  if (problem !== undefined) return { problem };
  const { label, block } = privateKeyBlock(text) ?? { label: "PuTTY", block: text };
  if (label === "PuTTY") return (await parsed(text, passphrase)) ?? { problem: putty };
  return label === "OPENSSH PRIVATE KEY"
    ? await readOpenSsh(block, passphrase)
    : await readPem(block, passphrase);
}

const putty =
  "is a PuTTY key in a form that can't be read. Convert it: puttygen FILE.ppk -O private-openssh -o FILE";
const damaged = "is damaged: between its first and last line there is no key";
const wrong = "can't be decrypted with the given passphrase";
const locked = "has a passphrase, and none was given";

/** The problem of a key of a type that ssh2 can't log in with. */
export const unsupported = (type: string) => `is a key of type ${type}, which is not supported`;

/** @see PROTOCOL.key of OpenSSH */
async function readOpenSsh(block: string, passphrase?: string): Promise<PrivateKey | Unusable> {
  const data = Buffer.from(block.split("\n").slice(1, -1).join(""), "base64");
  const magic = "openssh-key-v1\0";
  if (data.toString("latin1", 0, magic.length) !== magic) return { problem: damaged };
  const blob = publicKeyOf(data.subarray(magic.length));
  if (!blob) return { problem: damaged };
  if (!usableTypes.test(keyType(blob))) return { problem: unsupported(keyType(blob)), blob };
  const encrypted = isEncrypted(block);
  if (encrypted && !passphrase) return { problem: locked, encrypted, blob };
  return (await parsed(block, passphrase)) ?? { problem: encrypted ? wrong : damaged, blob };
}

/** The public key comes after the cipher, the kdf, the kdf's options and the number of keys. */
function publicKeyOf(header: Buffer): Buffer | undefined {
  let at = 0;
  for (let field = 0; field < 3 && at + 4 <= header.length; field += 1) at += 4 + header.readUInt32BE(at);
  const start = at + 8;
  if (start > header.length) return undefined;
  const end = start + header.readUInt32BE(at + 4);
  return end <= header.length ? header.subarray(start, end) : undefined;
}

/** ssh2 does not support PKCS#8, nor all ciphers of PEM, so Node reads these keys. */
async function readPem(block: string, passphrase?: string): Promise<PrivateKey | Unusable> {
  const encrypted = isEncrypted(block);
  if (encrypted && !passphrase) return { problem: locked, encrypted };
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: block, passphrase });
  } catch {
    return { problem: encrypted ? wrong : damaged };
  }
  const { asymmetricKeyType: type = "?", asymmetricKeyDetails: details } = key;
  const text =
    type === "rsa"
      ? key.export({ type: "pkcs1", format: "pem" }).toString()
      : type === "ec"
        ? key.export({ type: "sec1", format: "pem" }).toString()
        : type === "ed25519"
          ? openSshText(key)
          : undefined;
  const read = text === undefined ? undefined : await parsed(text);
  return read ?? { problem: unsupported(details?.namedCurve ?? type) };
}

/** An Ed25519 key as OpenSSH writes it, the only form of one that ssh2 reads. */
function openSshText(key: KeyObject): string {
  const { x = "", d = "" } = key.export({ format: "jwk" });
  const publicKey = Buffer.from(x, "base64url");
  const blob = Buffer.concat([string("ssh-ed25519"), string(publicKey)]);
  const secret = Buffer.concat([
    Buffer.alloc(8),
    blob,
    string(Buffer.concat([Buffer.from(d, "base64url"), publicKey])),
    string(""),
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (secret.length % 8)) % 8);
  const data = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...["none", "none", ""].map(string),
    Buffer.from([0, 0, 0, 1]),
    string(blob),
    string(Buffer.concat([secret, padding])),
  ]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${data.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----`;
}

/** A string with its length before it (RFC 4251, section 5). */
function string(value: string | Buffer): Buffer {
  const data = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
}

/** Returns undefined if ssh2 can't read the key. The error is dropped, as it can quote the key's text. */
async function parsed(text: string, passphrase?: string): Promise<PrivateKey | undefined> {
  // Loaded only here: see connection.ts.
  const { default: ssh2 } = await import("ssh2");
  const key = ssh2.utils.parseKey(text, passphrase);
  return key instanceof Error || !key.isPrivateKey() ? undefined : key;
}
