/**
 * What looks wrong in the text of a private SSH key, and what to do. Undefined if nothing does. No message contains any part of the text.
 *
 * @example privateKeyProblem("ssh-ed25519 AAAA…") // "is a public key. The private key is needed, …"
 */
export function privateKeyProblem(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return "is empty";
  if (isPublicKey(trimmed))
    return "is a public key. Give the private key: it is in the file of the same name without .pub";
  if (trimmed.startsWith("-----BEGIN CERTIFICATE")) return "is a certificate, not a private key";
  // ssh2 reads some of them.
  if (trimmed.startsWith("PuTTY-User-Key-File-")) return undefined;
  const begin = beginOf(trimmed);
  if (begin === undefined) return `is not a private key, ${expected}`;
  const rest = trimmed.slice(begin.at + begin.line.length);
  if (/^\s*(…|\.\.\.|\\n…)/.test(rest)) return `is a placeholder for a private key, ${expected}`;
  if (rest.startsWith("\\n") || rest.startsWith("\\r"))
    return String.raw`has \n as two characters where a line should end. Give it with real line breaks: in YAML, "privateKey: |" and the key's lines below it, indented`;
  if (/^[^\S\r\n]*[^\s-]/.test(rest))
    return 'has lost its line breaks. Give it with its line breaks: in YAML, "privateKey: |" and the key\'s lines below it, indented';
  if (!rest.includes(begin.line.replace("BEGIN", "END")))
    return `was cut off: its last line, ${begin.line.replace("BEGIN", "END")}, is missing`;
  return undefined;
}

const expected = "which begins with -----BEGIN OPENSSH PRIVATE KEY----- or -----BEGIN PRIVATE KEY-----";

/** What looks wrong in the path of a key's file. The text of a key must not appear in messages as a path. */
export function identityFileProblem(path: string): string | undefined {
  if (path === "") return "is empty: the path of a file";
  if (/-----BEGIN|PuTTY-User-Key-File-/.test(path))
    return "is the text of a key, and must be the path of its file. Move the text to privateKey, which is kept as a secret";
  if (/\p{Cc}/u.test(path)) return "can't hold a newline or another control character";
  return undefined;
}

/** Whether a text is a public key, as in *.pub files or in the format of another program. */
export function isPublicKey(text: string): boolean {
  return /^\s*((ssh|ecdsa|sk)-[a-z0-9@.-]+\s+\S|-+ ?BEGIN ([A-Z0-9]+ )?PUBLIC KEY)/.test(text);
}

/** Whether a private key needs a passphrase. */
export function isEncrypted(text: string): boolean {
  const { label, block } = privateKeyBlock(text) ?? { label: "", block: "" };
  // The magic and the cipher "none" of an OpenSSH key (PROTOCOL.key), in base64.
  if (label === "OPENSSH PRIVATE KEY") return !block.includes("\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU");
  return /^(-----BEGIN ENCRYPTED|Proc-Type:.*ENCRYPTED)/m.test(block);
}

/** The first private key of a text, with trimmed lines and Unix line ends. Undefined if there is none. */
export function privateKeyBlock(text: string): { label: string; block: string } | undefined {
  const begin = beginOf(text);
  if (begin === undefined) return undefined;
  const end = begin.line.replace("BEGIN", "END");
  const at = text.indexOf(end, begin.at);
  if (at < 0) return undefined;
  const lines = text.slice(begin.at, at + end.length).split(/\r\n|\r|\n/);
  return { label: begin.label, block: lines.map((line) => line.trim()).join("\n") };
}

function beginOf(text: string): { at: number; line: string; label: string } | undefined {
  const found = /-----BEGIN ((?:[A-Z0-9]{1,20} ){0,2}PRIVATE KEY)-----/.exec(text);
  return found ? { at: found.index, line: found[0], label: found[1] ?? "" } : undefined;
}
