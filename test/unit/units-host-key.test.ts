import assert from "node:assert/strict";
import { test } from "node:test";
import { hostKeyProblem } from "../../units/host-key.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

test("a key, with and without its comment", () => {
  for (const text of [key, `${key} root@web-1`, "ecdsa-sha2-nistp256 AAAAE2VjZHNh+/=="])
    assert.equal(hostKeyProblem(text), undefined);
});

test("a placeholder: what it is, and how to get the key", () => {
  for (const text of ["ssh-ed25519 AAAA…", "ssh-ed25519 AAAA...", "…"])
    assert.equal(
      hostKeyProblem(text),
      "is a placeholder, not a key. Get the host's own: `ssh-keyscan -t ed25519 ADDRESS` prints it after the address. Compare it with /etc/ssh/ssh_host_ed25519_key.pub on the host.",
    );
});

test("a line of ssh-keyscan or known_hosts", () => {
  assert.equal(
    hostKeyProblem(`192.0.2.11 ${key}`),
    'begins with "192.0.2.11", as in a file of known hosts. Remove that: "ssh-ed25519 AAAA…".',
  );
});

test("no key at all", () => {
  for (const text of ["", "AAAA", "ssh-ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA"])
    assert.match(hostKeyProblem(text) ?? "", /^must be a type and a key.*ssh-keyscan/);
});
