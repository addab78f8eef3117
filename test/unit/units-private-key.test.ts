import assert from "node:assert/strict";
import { test } from "node:test";
import {
  identityFileProblem,
  isEncrypted,
  isPublicKey,
  privateKeyBlock,
  privateKeyProblem,
} from "../../units/private-key.ts";
import { assertGrowth } from "./growth.ts";

const canary = "CANARYb3BlbnNzaC1rZXktdjE";
const pem = (label: string, body = canary) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const openSsh = pem("OPENSSH PRIVATE KEY");
const expected = "which begins with -----BEGIN OPENSSH PRIVATE KEY----- or -----BEGIN PRIVATE KEY-----";
const inYaml = 'in YAML, "privateKey: |" and the key\'s lines below it, indented';

test("nothing is said of what looks like a key", () => {
  for (const text of [
    openSsh,
    openSsh.trim(),
    openSsh.replaceAll("\n", "\r\n"),
    `\ufeff${openSsh}`,
    `# mine\n${openSsh}`,
    openSsh.replaceAll("\n", "\n  "),
    pem("PRIVATE KEY"),
    pem("ENCRYPTED PRIVATE KEY"),
    pem("RSA PRIVATE KEY", `Proc-Type: 4,ENCRYPTED\n\n${canary}`),
    pem("EC PRIVATE KEY"),
    `PuTTY-User-Key-File-2: ssh-rsa\n${canary}`,
  ])
    assert.equal(privateKeyProblem(text), undefined, text);
});

const problems: [title: string, text: string, problem: string][] = [
  ["nothing", "", "is empty"],
  ["blanks", " \n\t\n", "is empty"],
  ["garbage", canary, `is not a private key, ${expected}`],
  ["the name of a file", "~/.ssh/id_ed25519", `is not a private key, ${expected}`],
  [
    "a public key",
    `ssh-ed25519 ${canary} me`,
    "is a public key. Give the private key: it is in the file of the same name without .pub",
  ],
  [
    "a public key in PEM",
    pem("PUBLIC KEY"),
    "is a public key. Give the private key: it is in the file of the same name without .pub",
  ],
  ["a certificate", pem("CERTIFICATE"), "is a certificate, not a private key"],
  [
    "a placeholder",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n…",
    `is a placeholder for a private key, ${expected}`,
  ],
  [
    "a placeholder",
    "-----BEGIN OPENSSH PRIVATE KEY-----\\n…",
    `is a placeholder for a private key, ${expected}`,
  ],
  [
    "written-out ends of lines",
    openSsh.replaceAll("\n", "\\n"),
    String.raw`has \n as two characters where a line should end. Give it with real line breaks: ${inYaml}`,
  ],
  [
    "written-out ends of lines as on Windows",
    openSsh.replaceAll("\n", "\\r\\n"),
    String.raw`has \n as two characters where a line should end. Give it with real line breaks: ${inYaml}`,
  ],
  [
    "folded lines",
    openSsh.replaceAll("\n", " "),
    `has lost its line breaks. Give it with its line breaks: ${inYaml}`,
  ],
  [
    "its end is missing",
    openSsh.slice(0, -10),
    "was cut off: its last line, -----END OPENSSH PRIVATE KEY-----, is missing",
  ],
  [
    "all but its first line is missing",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "was cut off: its last line, -----END OPENSSH PRIVATE KEY-----, is missing",
  ],
];
for (const [title, text, problem] of problems) {
  test(`${title}: ${problem.split(".")[0]}`, () => {
    assert.equal(privateKeyProblem(text), problem);
    assert.ok(!problem.includes(canary));
  });
}

test("a key's text where the name of its file belongs", () => {
  assert.equal(
    identityFileProblem(openSsh),
    "is the text of a key, and must be the path of its file. Move the text to privateKey, which is kept as a secret",
  );
  assert.equal(identityFileProblem("~/.ssh/a\nb"), "can't hold a newline or another control character");
  assert.equal(identityFileProblem(""), "is empty: the path of a file");
  for (const path of ["~/.ssh/id_ed25519", "~/.ssh/id.pub", "/srv/keys/web 1"])
    assert.equal(identityFileProblem(path), undefined);
});

test("public keys", () => {
  for (const text of [
    "ssh-rsa AAAA",
    "\nssh-ed25519 AAAA me",
    "ecdsa-sha2-nistp256 AAAA",
    "sk-ssh-ed25519@openssh.com AAAA",
    "ssh-ed25519-cert-v01@openssh.com AAAA",
    pem("PUBLIC KEY"),
    pem("RSA PUBLIC KEY"),
    "---- BEGIN SSH2 PUBLIC KEY ----",
  ])
    assert.equal(isPublicKey(text), true, text);
  for (const text of [openSsh, "", "ssh-ed25519", "~/.ssh/id"]) assert.equal(isPublicKey(text), false, text);
});

test("the key's lines, as ssh2 and Node want them", () => {
  assert.deepEqual(privateKeyBlock(`\ufeffx\r\n  ${openSsh.replaceAll("\n", "  \r\n\t")}y`), {
    label: "OPENSSH PRIVATE KEY",
    block: openSsh.trim(),
  });
  assert.equal(privateKeyBlock("ssh-ed25519 AAAA"), undefined);
});

test("keys with a passphrase", () => {
  for (const text of [
    openSsh,
    pem("ENCRYPTED PRIVATE KEY"),
    pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nAAAA"),
  ])
    assert.equal(isEncrypted(text), true, text);
  for (const text of [
    pem("OPENSSH PRIVATE KEY", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"),
    pem("PRIVATE KEY"),
    "ssh-ed25519 AAAA",
  ])
    assert.equal(isEncrypted(text), false, text);
});

for (const [what, make] of [
  ["blanks", (n) => " ".repeat(n)],
  ["the beginning of a key", (n) => "-----BEGIN ".repeat(n / 10)],
  ["a public key's name", (n) => `ssh-${"a".repeat(n)}`],
  ["lines", (n) => `${"\n ".repeat(n / 2)}-`],
] as [string, (size: number) => string][])
  test(`eight times the text takes no 30 times the time: ${what}`, () => {
    assertGrowth((size) => {
      const text = make(size * 10);
      return () => {
        privateKeyProblem(text);
        identityFileProblem(text);
        isEncrypted(text);
      };
    });
  });
