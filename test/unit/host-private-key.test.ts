import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fingerprint } from "../../host/ssh/known-hosts.ts";
import { readPrivateKey } from "../../host/ssh/private-key.ts";

// Keys as ssh-keygen and openssl write them.

const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-keys-"));
after(() => rmSync(directory, { recursive: true }));

const run = (command: string, ...words: string[]) => execFileSync(command, words, { encoding: "utf8" });
let made = 0;
function keygen(type: string, passphrase: string, ...more: string[]): string {
  const file = join(directory, `key-${(made += 1)}`);
  run("ssh-keygen", "-q", "-t", type, "-N", passphrase, "-f", file, ...more);
  return file;
}
/** Asserts that ssh-keygen finds the same public half, and that the key verifies its own signature. */
async function same(text: string, file: string, passphrase?: string): Promise<void> {
  const read = await readPrivateKey(text, passphrase);
  assert.ok(!("problem" in read), JSON.stringify(read));
  const [, expected] = run("ssh-keygen", "-l", "-f", `${file}.pub`).split(" ");
  assert.equal(fingerprint(read.getPublicSSH()), expected);
  const data = Buffer.from("what a login signs");
  const algorithm = read.type === "ssh-rsa" ? "sha256" : undefined;
  assert.equal(read.verify(data, read.sign(data, algorithm), algorithm), true);
}
const problemOf = async (text: string, passphrase?: string) => {
  const read = await readPrivateKey(text, passphrase);
  return "problem" in read ? read.problem : undefined;
};

const locked = "has a passphrase, and none was given";
const wrong = "can't be decrypted with the given passphrase";

for (const [type, ...more] of [
  ["ed25519"],
  ["rsa", "-b", "2048"],
  ["ecdsa", "-b", "256"],
  ["ecdsa", "-b", "521"],
] as const) {
  test(`${[type, ...more].join(" ")}: of OpenSSH, PEM and PKCS#8, with a passphrase and without`, async () => {
    for (const passphrase of ["", "sesame"]) {
      const file = keygen(type, passphrase, ...more);
      const texts = [readFileSync(file, "utf8")];
      for (const format of type === "ed25519" ? [] : ["PEM", "PKCS8"]) {
        const copy = `${file}-${format}`;
        copyFileSync(file, copy);
        run("ssh-keygen", "-q", "-p", "-P", passphrase, "-N", passphrase, "-m", format, "-f", copy);
        texts.push(readFileSync(copy, "utf8"));
      }
      assert.equal(new Set(texts.map((text) => text.split("\n")[0])).size, texts.length);
      for (const text of texts) {
        await same(text, file, "sesame");
        await same(text.replaceAll("\n", "\r\n"), file, "sesame");
        await same(`\ufeff${text.trim().replaceAll("\n", "\n  ")}`, file, "sesame");
        if (passphrase === "") await same(text, file);
        else assert.deepEqual([await problemOf(text), await problemOf(text, "other")], [locked, wrong]);
      }
    }
  });
}

test("an Ed25519 key in PKCS#8, as cloud providers and openssl give it", async () => {
  for (const options of [[], ["-aes256", "-pass", "pass:sesame"]]) {
    const text = run("openssl", "genpkey", "-algorithm", "ed25519", ...options);
    const read = await readPrivateKey(text, "sesame");
    assert.ok(!("problem" in read));
    assert.equal(read.type, "ssh-ed25519");
    // The last 32 bytes of either form are the key itself.
    const input = text;
    const der = execFileSync("openssl", ["pkey", "-passin", "pass:sesame", "-pubout", "-outform", "DER"], {
      input,
    });
    assert.deepEqual(read.getPublicSSH().subarray(-32), der.subarray(-32));
    const data = Buffer.from("what a login signs");
    assert.equal(read.verify(data, read.sign(data)), true);
  }
});

test("the public half of a key without its passphrase, for the agent", async () => {
  const file = keygen("ed25519", "sesame");
  const read = await readPrivateKey(readFileSync(file, "utf8"));
  assert.ok("problem" in read && read.blob);
  assert.equal(read.encrypted, true);
  assert.equal(fingerprint(read.blob), run("ssh-keygen", "-l", "-f", `${file}.pub`).split(" ")[1]);
});

test("what can't be used says what it is, and shows nothing of itself", async () => {
  const text = readFileSync(keygen("ed25519", ""), "utf8");
  const [first = "", ...rest] = text.trim().split("\n");
  const body = rest.slice(0, -1).join("\n");
  const last = rest.at(-1) ?? "";
  const damaged = "is damaged: between its first and last line there is no key";
  const found = [
    [`${first}\n${body.slice(40)}\n${last}`, damaged],
    [`${first}\n${body.slice(0, -40)}\n${last}`, damaged],
    [`${first}\nnothing of a key\n${last}`, damaged],
    [`-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`, damaged],
    [run("openssl", "genpkey", "-algorithm", "x25519"), "is a key of type x25519, which is not supported"],
    [
      run("openssl", "ecparam", "-name", "secp256k1", "-genkey"),
      "is a key of type secp256k1, which is not supported",
    ],
    [
      "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none",
      "is a PuTTY key in a form that can't be read. Convert it: puttygen FILE.ppk -O private-openssh -o FILE",
    ],
    [
      "ssh-ed25519 AAAA",
      "is a public key. Give the private key: it is in the file of the same name without .pub",
    ],
  ] as const;
  for (const [given, problem] of found) assert.equal(await problemOf(given), problem);
});
