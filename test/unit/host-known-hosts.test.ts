import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { fingerprint, lookUp, parseHostKey } from "../../host/ssh/known-hosts.ts";

const ed25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const other = "AAAAC3NzaC1lZDI1NTE5AAAAIGF0aGVya2V5YXRoZXJrZXlhdGhlcmtleWF0aGVya2V5";

function hashed(name: string): string {
  const salt = Buffer.from("0123456789abcdef0123");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

const accepted = (text: string, address: string, port = 22) =>
  lookUp(text, address, port).accepted.map(({ blob }) => blob.toString("base64"));

test("a plain name, a list of names and a comment", () => {
  const text = `# comment\n\nweb-1,192.0.2.11 ssh-ed25519 ${ed25519} root@web-1\nweb-2 ssh-ed25519 ${other}\n`;
  assert.deepEqual(accepted(text, "192.0.2.11"), [ed25519]);
  assert.deepEqual(accepted(text, "web-2"), [other]);
  assert.deepEqual(accepted(text, "web-3"), []);
});

test("a hashed name", () => {
  assert.deepEqual(accepted(`${hashed("web-1")} ssh-ed25519 ${ed25519}`, "web-1"), [ed25519]);
  assert.deepEqual(accepted(`${hashed("web-1")} ssh-ed25519 ${ed25519}`, "web-2"), []);
});

test("another port is another host, hashed or not", () => {
  for (const name of ["[web-1]:2222", hashed("[web-1]:2222")]) {
    assert.deepEqual(accepted(`${name} ssh-ed25519 ${ed25519}`, "web-1", 2222), [ed25519]);
    assert.deepEqual(accepted(`${name} ssh-ed25519 ${ed25519}`, "web-1", 22), []);
  }
  assert.deepEqual(accepted(`web-1 ssh-ed25519 ${ed25519}`, "web-1", 2222), []);
});

test("wildcards and negation", () => {
  const text = `*.example.com,!db.example.com ssh-ed25519 ${ed25519}`;
  assert.deepEqual(accepted(text, "web.example.com"), [ed25519]);
  assert.deepEqual(accepted(text, "db.example.com"), []);
  assert.deepEqual(accepted(text, "webXexample.com"), []);
});

test("a revoked key is not an accepted one, and an authority is none at all", () => {
  const known = lookUp(
    `@revoked web-1 ssh-ed25519 ${ed25519}\n@cert-authority web-1 ssh-ed25519 ${other}`,
    "web-1",
    22,
  );
  assert.equal(known.accepted.length, 0);
  assert.equal(known.revoked.length, 1);
  assert.equal(known.authorities, 1);
});

test("a host key is read with and without its comment", () => {
  for (const text of [`ssh-ed25519 ${ed25519}`, `ssh-ed25519 ${ed25519} root@web-1\n`]) {
    assert.equal(parseHostKey(text).blob.toString("base64"), ed25519);
  }
});

test("a host key that is none says why", () => {
  assert.throws(() => parseHostKey(ed25519), /is a type and a key/);
  assert.throws(() => parseHostKey("ssh-ed25519 not!base64"), /is not base64/);
  assert.throws(
    () => parseHostKey(`ssh-rsa ${ed25519}`),
    /begins with "ssh-rsa", but its content is "ssh-ed25519"/,
  );
});

test("a fingerprint is the one that ssh-keygen prints", () => {
  // The output of ssh-keygen -lf for github.com's published key.
  assert.equal(
    fingerprint(Buffer.from(ed25519, "base64")),
    "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
  );
});
