import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import type { Target } from "../../host/ssh/endpoint.ts";
import { HostError } from "../../host/errors.ts";
import { SshConfig } from "../../host/ssh/config.ts";

// The real ssh, with a home directory that does not belong to an account.

const home = mkdtempSync(join(tmpdir(), "quadlet-fleet-home-"));
const usual = { HOME: process.env.HOME, PATH: process.env.PATH };
const at = (name: string) => join(home, ".ssh", name);

function write(text: string, name = "config"): void {
  writeFileSync(at(name), text, { mode: 0o600 });
}

/** The completed target without its unset fields, for comparing. */
async function complete(target: Target): Promise<unknown> {
  return JSON.parse(JSON.stringify(await new SshConfig().complete(target)));
}

beforeEach(() => {
  mkdirSync(join(home, ".ssh"), { mode: 0o700 });
  process.env.HOME = home;
  process.env.TMPDIR = home;
});

afterEach(() => {
  Object.assign(process.env, usual);
  rmSync(join(home, ".ssh"), { recursive: true });
});

after(() => rmSync(home, { recursive: true }));

const web = { address: "web", port: 22, user: "root" };

describe("what the configuration says of a host", () => {
  test("of none: nothing but the defaults", async () => {
    write("Host other\n  User deploy\n  ProxyCommand nc %h %p\n");
    assert.deepEqual(await complete({ address: "web" }), web);
  });

  test("address, port, user", async () => {
    write("Host web\n  HostName %h.example.com\n  Port 2222\n  User deploy\n");
    const found = { address: "web.example.com", port: 2222, user: "deploy" };
    assert.deepEqual(await complete({ address: "web" }), found);
    assert.deepEqual(await complete({ address: "web", port: 23, user: "root" }), {
      ...found,
      ...{ port: 23, user: "root" },
    });
  });

  test("keys: each of them, with their tokens, or none at all; and the agent", async () => {
    process.env.AGENT = "/run/agent.sock";
    write(`Host web
  HostName 192.0.2.11
  IdentityFile ~/.ssh/one
  IdentityFile "/keys/of %r at %h"
  IdentitiesOnly yes
  IdentityAgent ~/agent.sock
Host none
  IdentityFile none
  IdentityAgent none
Host variable
  IdentityAgent $AGENT
Host usual
  IdentityAgent SSH_AUTH_SOCK
`);
    const keys = {
      identityFiles: ["~/.ssh/one", "/keys/of root at 192.0.2.11"],
      identitiesOnly: true,
      identityAgent: join(userInfo().homedir, "agent.sock"),
    };
    const found = { ...web, address: "192.0.2.11" };
    assert.deepEqual(await complete({ address: "web" }), { ...found, ...keys });
    assert.deepEqual(await complete({ address: "none" }), {
      ...{ ...web, address: "none" },
      ...{ identityFiles: [], identityAgent: false },
    });
    assert.deepEqual(await complete({ address: "variable" }), {
      ...{ ...web, address: "variable" },
      identityAgent: "/run/agent.sock",
    });
    assert.deepEqual(await complete({ address: "usual" }), { ...web, address: "usual" });
    for (const mine of [{ identityFile: "/mine" }, { privateKey: "mine" }])
      assert.deepEqual(await complete({ address: "web", ...mine }), {
        ...{ ...found, ...mine },
        ...{ identitiesOnly: true, identityAgent: join(userInfo().homedir, "agent.sock") },
      });
    assert.deepEqual(await complete({ address: "web", agent: "/mine" }), {
      ...{ ...found, agent: "/mine" },
      ...{ identityFiles: keys.identityFiles, identitiesOnly: true },
    });
  });

  test("known hosts: several files, one with a blank, none; the connection's own one", async () => {
    write(`Host web
  UserKnownHostsFile /etc/one "/etc/known hosts"
  HostKeyAlias web.internal
Host none
  UserKnownHostsFile none
`);
    const known = { knownHostsFiles: ["/etc/one", "/etc/known hosts"], hostKeyAlias: "web.internal" };
    assert.deepEqual(await complete({ address: "web" }), { ...web, ...known });
    assert.deepEqual(await complete({ address: "none" }), { ...web, address: "none", knownHostsFiles: [] });
    assert.deepEqual(await complete({ address: "web", knownHostsFile: "/mine" }), {
      ...{ ...web, knownHostsFile: "/mine" },
      hostKeyAlias: "web.internal",
    });
  });

  test("by Match, Include and a host's own name, as ssh reads them", async () => {
    write(`Include more/*.conf
Match originalhost web exec "test %n = web"
  Port 2222
Match user admin
  Port 2223
`);
    mkdirSync(at("more"));
    write("Host web\n  HostName 192.0.2.11\n", "more/one.conf");
    assert.deepEqual(await complete({ address: "web" }), { ...web, address: "192.0.2.11", port: 2222 });
    assert.deepEqual(await complete({ address: "other", user: "admin" }), {
      ...{ address: "other", user: "admin", port: 2223 },
    });
  });

  test("addresses are hosts too", async () => {
    write("Host 2001:db8::* 192.0.2.*\n  User deploy\n");
    for (const address of ["2001:db8::1", "192.0.2.11"])
      assert.deepEqual(await complete({ address }), { address, port: 22, user: "deploy" });
  });

  test("another file in its place", async () => {
    write("Host *\n  User wrong\n");
    write("Host web\n  User deploy\n", "other");
    assert.deepEqual(await complete({ address: "web", sshConfig: "~/.ssh/other" }), {
      ...web,
      user: "deploy",
    });
    // As for ssh -F: the file may be in a repository, which a group may write to.
    chmodSync(at("other"), 0o666);
    assert.deepEqual(await complete({ address: "web", sshConfig: at("other") }), { ...web, user: "deploy" });
  });

  test("switched off, also for the jump host", async () => {
    write("Host *\n  User deploy\n  ProxyCommand nc %h %p\n");
    const target = { address: "web", jump: { address: "gate" } };
    assert.deepEqual(await complete({ ...target, sshConfig: false }), target);
  });
});

describe("the way to it", () => {
  test("a chain: each by its own configuration, the last one next to the host", async () => {
    write(`Host web
  ProxyJump ops@gate:2200,inner
Host gate
  HostName 203.0.113.1
  IdentityFile /keys/gate
Host inner
  HostName 10.0.0.1
  User jump
  ProxyJump elsewhere
Host first
  ProxyJump ssh://web:24
`);
    const gate = { address: "203.0.113.1", port: 2200, user: "ops", identityFiles: ["/keys/gate"] };
    const inner = { address: "10.0.0.1", port: 22, user: "jump", jump: gate };
    assert.deepEqual(await complete({ address: "web" }), { ...web, jump: inner });
    const me = userInfo().username;
    assert.deepEqual(await complete({ address: "first" }), {
      ...{ ...web, address: "first" },
      jump: { address: "web", port: 24, user: me, jump: inner },
    });
  });

  test("the connection's own jump host, by its configuration, and no ProxyJump or ProxyCommand", async () => {
    write(`Host web
  ProxyCommand nc %h %p
Host other
  ProxyJump elsewhere
Host gate
  HostName 203.0.113.1
  ProxyJump outer
`);
    const outer = { address: "outer", port: 22, user: userInfo().username };
    const jump = { address: "203.0.113.1", port: 22, user: "root", jump: outer };
    for (const address of ["web", "other"])
      assert.deepEqual(await complete({ address, jump: { address: "gate" } }), { ...web, address, jump });
  });

  test("the credentials of all hosts are those of a jump host, too", async () => {
    write("Host web\n  ProxyJump gate\nHost gate\n  User jump\n  IdentityFile /keys/gate\n");
    const hopCredentials = { identityFile: "/keys/all" };
    assert.deepEqual(await complete({ address: "web", hopCredentials }), {
      ...web,
      jump: { address: "gate", port: 22, user: "jump", identityFile: "/keys/all" },
    });
  });
});

describe("what can't be followed is an error that names the host and the way out", () => {
  async function failure(target: Target): Promise<string> {
    let message = "";
    await assert.rejects(complete(target), (thrown) => {
      assert.ok(thrown instanceof HostError);
      // None of these errors means that a host is down.
      assert.equal(thrown.reason, undefined);
      message = thrown.message;
      return true;
    });
    return message;
  }

  test("ProxyCommand", async () => {
    write("Host web\n  ProxyCommand nc --password=secret %h %p\n");
    assert.equal(
      await failure({ address: "web" }),
      `root@web:22: the ssh configuration has a ProxyCommand for it, which is not supported.
Nothing was changed on it.
Replace it with ProxyJump there or with the connection's jump, or set the connection's sshConfig to false.`,
    );
  });

  test("a way in a circle", async () => {
    write("Host a\n  ProxyJump me@b\nHost b\n  ProxyJump me@a\n");
    assert.match(
      await failure({ address: "a", user: "me" }),
      /^me@a:22: its jump hosts lead through me@a:22 twice\.\n.*\nLook at the ProxyJump lines/,
    );
    write("Host *\n  ProxyJump gate\n");
    assert.match(await failure({ address: "web" }), /jumphost loop via gate/);
  });

  test("a line that ssh does not know: its file and line", async () => {
    write("Host web\n  Usr deploy\n");
    const message = await failure({ address: "web" });
    assert.ok(message.includes(`${at("config")}: line 2: Bad configuration option: usr`), message);
    assert.match(
      message,
      /`ssh -G` can't read ~\/\.ssh\/config: [\s\S]*\nCorrect it on the machine that runs/,
    );
    write("Usr deploy\n", "other");
    assert.match(
      await failure({ address: "web", sshConfig: at("other") }),
      /can't read \S+\/other: \S+\/other: line 1: Bad configuration option/,
    );
  });

  test("a file that is not there", async () => {
    assert.match(
      await failure({ address: "web", sshConfig: "~/none" }),
      /^root@web:22: sshConfig can't be read: ENOENT/,
    );
  });

  test("no ssh to read it with, which is no error where no file of the user's is", async () => {
    process.env.PATH = home;
    assert.deepEqual(await complete({ address: "web" }), { address: "web" });
    write("Host other\n");
    assert.equal(
      await failure({ address: "web" }),
      `root@web:22: ~/.ssh/config can't be read: there is no \`ssh\` on this machine to read it.
Nothing was changed on it.
Install OpenSSH's client on the machine that runs Pulumi, or set the connection's sshConfig to false to do without it.`,
    );
  });

  test("an ssh that does not end", async () => {
    write('Match exec "sleep 3"\n  User deploy\n');
    assert.match(
      await failure({ address: "web", connectTimeout: 1 }),
      /`ssh -G` did not read ~\/\.ssh\/config within 1 s\.[\s\S]*Match exec/,
    );
  });
});

test("ssh is asked once for each host, a few hosts at a time, and leaves nothing behind", async () => {
  const [counted, running] = [join(home, "count"), join(home, "running")];
  write(
    `Match exec "echo >> ${running}; wc -l < ${running} >> ${counted}; sleep 0.1; sed -i 1d ${running}"\n`,
  );
  const config = new SshConfig();
  const hosts = Array.from({ length: 12 }, (_, index) => ({ address: `web-${index % 6}` }));
  await Promise.all(hosts.map((host) => config.complete(host)));
  const counts = readFileSync(counted, "utf8").trim().split("\n").map(Number);
  assert.equal(counts.length, 6);
  assert.ok(Math.max(...counts) <= 4, counts.join(" "));
  assert.deepEqual(
    readdirSync(home).filter((name) => name.startsWith("quadlet-fleet-ssh-")),
    [],
  );
});
