import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Endpoint, readCredentials } from "../../host/ssh/endpoint.ts";
import { Keyring } from "./ssh-keys.ts";

// The settings in the ssh configuration, and how a login uses them.

const ed25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const other = "AAAAC3NzaC1lZDI1NTE5AAAAIGF0aGVya2V5YXRoZXJrZXlhdGhlcmtleWF0aGVya2V5";
const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-configured-"));
const at = (name: string) => join(directory, name);

const ring = new Keyring();

before(() => {
  ring.make("key");
  process.env.HOME = directory;
  writeFileSync(at("known"), `web ssh-ed25519 ${ed25519}\nalias ssh-ed25519 ${other}\n`);
  writeFileSync(at("more"), `web ssh-ed25519 ${other}\n@cert-authority * ssh-ed25519 ${other}\n`);
  writeFileSync(at("authority"), `@cert-authority *.example.com,web ssh-ed25519 ${other}\n`);
});

after(() => {
  ring[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

describe("known hosts", () => {
  const known = async (configured: Partial<Endpoint>) => {
    const { known, knownFrom } = await readCredentials({
      address: "web",
      identityFile: ring.path("key"),
      ...configured,
    });
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
      /the host key is not known: \S+ has none for this host\. @cert-authority lines are ignored: the SSH library \(ssh2\) can't verify host certificates, only a host's plain key\.\n.*\nLog in once with ssh, which asks whether the key is right: ssh -p 22 root@web\nOr give the host its hostKey in the program, as printed by: ssh-keyscan -p 22 web /,
    );
    await assert.rejects(known({ address: "web-1", knownHostsFile: at("authority") }), (error: Error) => {
      assert.doesNotMatch(error.message, /cert-authority/);
      return true;
    });
  });
});
