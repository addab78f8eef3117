import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Endpoint, readCredentials } from "../../host/endpoint.ts";

// What the ssh configuration says, and how it is used for a login.

const ed25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const other = "AAAAC3NzaC1lZDI1NTE5AAAAIGF0aGVya2V5YXRoZXJrZXlhdGhlcmtleWF0aGVya2V5";
const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-configured-"));
const at = (name: string) => join(directory, name);

before(() => {
  process.env.HOME = directory;
  process.env.SSH_AUTH_SOCK = "/run/usual.sock";
  writeFileSync(at("one"), "key one");
  writeFileSync(at("two"), "key two");
  writeFileSync(at("known"), `web ssh-ed25519 ${ed25519}\nalias ssh-ed25519 ${other}\n`);
  writeFileSync(at("more"), `web ssh-ed25519 ${other}\n@cert-authority * ssh-ed25519 ${other}\n`);
  writeFileSync(at("authority"), `@cert-authority *.example.com,web ssh-ed25519 ${other}\n`);
});

after(() => rmSync(directory, { recursive: true }));

const login = async (configured: Partial<Endpoint>) => {
  const { privateKey, agent } = await readCredentials({
    address: "web",
    hostKey: `ssh-ed25519 ${ed25519}`,
    ...configured,
  });
  return { privateKey, agent };
};

describe("keys", () => {
  test("the first that is there, beside the agent", async () => {
    assert.deepEqual(await login({ identityFiles: [at("none"), at("two"), at("one")] }), {
      privateKey: "key two",
      agent: "/run/usual.sock",
    });
  });

  test("and nothing else, with IdentitiesOnly", async () => {
    const only = { identityFiles: [at("one")], identitiesOnly: true };
    assert.deepEqual(await login(only), { privateKey: "key one", agent: undefined });
  });

  test("another agent, or none", async () => {
    assert.deepEqual(await login({ identityAgent: "/run/other.sock" }), {
      privateKey: undefined,
      agent: "/run/other.sock",
    });
    assert.deepEqual(await login({ identityFiles: [at("one")], identityAgent: false }), {
      privateKey: "key one",
      agent: undefined,
    });
  });

  test("none at all: which were looked for", async () => {
    await assert.rejects(
      login({ identityFiles: ["~/none", "/none"], identityAgent: false }),
      /^HostError: root@web:22: there is no key to log in with: of the IdentityFile lines of the ssh configuration none can be read \(~\/none, \/none\)\./,
    );
  });
});

describe("known hosts", () => {
  const known = async (configured: Partial<Endpoint>) => {
    const { known, knownFrom } = await readCredentials({ address: "web", ...configured });
    return [known.accepted.map(({ blob }) => blob.toString("base64")), knownFrom];
  };

  test("all files, those that are there", async () => {
    const files = [at("known"), at("none"), at("more")];
    assert.deepEqual(await known({ knownHostsFiles: files }), [[ed25519, other], files.join(", ")]);
  });

  test("by the HostKeyAlias, which has no port", async () => {
    const aliased = { hostKeyAlias: "alias", port: 2222 };
    assert.deepEqual(await known({ knownHostsFile: at("known"), ...aliased }), [[other], at("known")]);
    await assert.rejects(
      known({ knownHostsFile: at("known"), hostKeyAlias: "x" }),
      /known: \S+ has none for this host by its HostKeyAlias "x"\./,
    );
  });

  test("none", async () => {
    await assert.rejects(
      known({ knownHostsFiles: [] }),
      /the host key is not known: UserKnownHostsFile none has none for this host\.\n/,
    );
  });

  test("a certificate authority alone is not enough, and the error says why and what is", async () => {
    await assert.rejects(
      known({ knownHostsFile: at("authority") }),
      /the host key is not known: \S+ has none for this host\. @cert-authority lines are passed over: the SSH library \(ssh2\) can't verify host certificates, only a host's plain key\.\n.*\nGive the connection's hostKey, as printed by: ssh-keyscan -p 22 web /,
    );
    await assert.rejects(known({ address: "web-1", knownHostsFile: at("authority") }), (error: Error) => {
      assert.doesNotMatch(error.message, /cert-authority/);
      return true;
    });
  });
});
