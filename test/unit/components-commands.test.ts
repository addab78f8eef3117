import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { checkArguments } from "../../components/site/check.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import {
  ReverseProxyStack,
  type ReverseProxyStackArgs,
  SocketActivatedNginx,
  type SocketActivatedNginxArgs,
} from "../../components/index.ts";
import { isSecret, reveal } from "../../provider/wire.ts";
import type { Wire } from "../../provider/wire.ts";
import { type Registration, registrations } from "./registered.ts";

// With the SDK's mocks in place of the engine and the plugin: test/hosts/commands.test.ts has the real ones.

const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-commands-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const identityFile = join(directory, "id");
writeFileSync(identityFile, "CANARY-key");

const pem = "-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----";
const encrypted = pem.replaceAll("PRIVATE", "ENCRYPTED PRIVATE");

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const site: SocketActivatedNginxArgs = {
  connection: { address: "192.0.2.11", hostKey, identityFile },
  manager: "system",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:80"],
};
const proxy: ReverseProxyStackArgs = {
  connection: site.connection,
  user: "test",
  image: site.image,
  listen: ["0.0.0.0:82"],
  backends: { web: { image: "docker.io/library/httpd:latest", serverName: "web.example.com", port: 80 } },
};

/** What a component registers of @pulumi/command, and of sets, in their order. */
async function made(make: () => SocketActivatedNginx | ReverseProxyStack): Promise<Registration[]> {
  const { all } = await registrations(make);
  return all.filter(({ type }) => /^command:|UnitSet$/.test(type));
}

const siteOf = (name: string, change: Partial<SocketActivatedNginxArgs>) =>
  made(() => new SocketActivatedNginx(name, { ...site, ...change }));
const part = (of: Wire | undefined, key: string) => (reveal(of) as Record<string, unknown>)[key];
const inputsOf = (all: Registration[], name: string) => {
  const found = all.find((one) => one.name === name);
  assert.ok(found, `no ${name} was registered`);
  return found.inputs;
};

describe("commands", () => {
  const commands = {
    before: [{ command: ["systemctl", "stop", "it's"] }],
    after: [
      { command: ["a"] },
      { command: ["b", ""], environment: { TOKEN: pulumi.secret("CANARY-token") } },
    ],
  };

  test("none where none are asked for", async () => {
    assert.deepEqual(
      (await siteOf("none", { commands: { before: [], after: [] } })).map(({ name }) => name),
      ["none"],
    );
  });

  test("in their order around the set, by the same words every time", async () => {
    const all = await siteOf("web", { commands });
    assert.deepEqual(
      all.map(({ name }) => name),
      ["web-before-1", "web", "web-after-1", "web-after-2"],
    );
    const [before, last] = [inputsOf(all, "web-before-1"), inputsOf(all, "web-after-2")];
    assert.equal(before.stdin, "tcommands.before[0]\nwsystemctl\nwstop\nwit's\n");
    assert.equal(before.create, last.create);
    for (const { inputs } of all) assert.equal(inputs.delete, undefined);
    assert.equal(isSecret(last.stdin as Wire), true);
    assert.equal(reveal(last.stdin), "tcommands.after[1]\neTOKEN=CANARY-token\nwb\nw\n");
  });

  test("another connection only logs in, and reads what it is sent to its end: more than a pipe holds", async () => {
    const [before] = await siteOf("update", { commands });
    // To a program that has ended, it can't be written: EPIPE here, "EOF" in the plugin.
    const run = () =>
      execFileSync("/bin/sh", ["-c", before?.inputs.update as string], { input: "x".repeat(1 << 20) });
    assert.equal(run().toString(), "");
  });

  test("a trigger changes with what is deployed, with the host, and with the command; and with nothing else", async () => {
    const trigger = async (name: string, change: Partial<SocketActivatedNginxArgs>) => {
      const all = await siteOf(name, {
        name: "web",
        commands: { after: commands.after.slice(0, 1) },
        ...change,
      });
      return JSON.stringify(reveal(inputsOf(all, `${name}-after-1`).triggers));
    };
    const one = await trigger("t1", {});
    assert.equal(await trigger("t2", { connection: { ...site.connection, port: 23 }, adopt: true }), one);
    assert.notEqual(await trigger("t3", { nginx: { "a.conf": "server { listen 80; } # x" } }), one);
    assert.notEqual(await trigger("t4", { connection: { ...site.connection, address: "192.0.2.12" } }), one);
    assert.notEqual(await trigger("t5", { commands: { after: [{ command: ["c"] }] } }), one);
  });

  test("a public key, or one without its passphrase, leaves the login to the agent", async () => {
    const chosen = [
      ["public", "ssh-ed25519 AAAA me", {}],
      ["locked", encrypted, {}],
      ["unlocked", encrypted, { passphrase: "p" }],
    ] as const;
    for (const [name, text, change] of chosen) {
      const file = join(directory, name);
      writeFileSync(file, text);
      const connection = { ...site.connection, identityFile: file, agent: "/run/agent", ...change };
      const all = await siteOf(name, { connection, commands });
      const key = part(inputsOf(all, `${name}-before-1`).connection, "privateKey");
      assert.equal(key, name === "unlocked" ? encrypted : undefined);
    }
  });

  test("the connection, a secret with the key's text and a verified way", async () => {
    const jump = {
      address: "j",
      user: "hop",
      hostKey,
      privateKey: pem,
      passphrase: "p",
      agent: "/run/agent",
    };
    const connection = { ...site.connection, port: 2222, user: "deploy", connectTimeout: 5, jump };
    const all = await siteOf("way", { connection, commands });
    const { connection: given } = inputsOf(all, "way-before-1");
    assert.equal(isSecret(given as Wire), true);
    assert.deepEqual(reveal(given), {
      host: "192.0.2.11",
      port: 2222,
      user: "deploy",
      hostKey,
      dialErrorLimit: 3,
      perDialTimeout: 5,
      privateKey: "CANARY-key",
      proxy: {
        host: "j",
        port: 22,
        user: "hop",
        hostKey,
        dialErrorLimit: 3,
        perDialTimeout: 5,
        privateKey: pem,
        privateKeyPassword: "p",
        agentSocketPath: "/run/agent",
      },
    });
  });

  test("around both sets of a proxy", async () => {
    const all = await made(() => new ReverseProxyStack("proxy", { ...proxy, commands, smokeTest: {} }));
    assert.deepEqual(
      all.map(({ name }) => name),
      ["proxy-before-1", "proxy-backends", "proxy", "proxy-after-1", "proxy-after-2", "proxy-smoke-test"],
    );
  });

  test("what goes through a shell is what was given", async () => {
    const words = ["printf", "%s|", "it's", "$(id)", "`id`", "a\\b", "", "-n", "*", "é"];
    const all = await siteOf("words", {
      commands: {
        after: [
          {
            command: ["sh", "-c", 'printf "%s|" "$A"; exec "$@"', "sh", ...words],
            environment: { A: "w$(id) =" },
          },
        ],
      },
    });
    const { create, stdin } = inputsOf(all, "words-after-1");
    const said = execFileSync("/bin/sh", ["-c", create as string], {
      input: stdin as string,
      encoding: "utf8",
    });
    assert.equal(said, `w$(id) =|${words.slice(2).join("|")}|`);
  });
});

describe("smokeTest", () => {
  test("a command is started with its words: the last one is `create`", async () => {
    const environment = { TOKEN: pulumi.secret("x") };
    const all = await siteOf("smoke", { smokeTest: { command: ["check", "it's", "$x"], environment } });
    const inputs = inputsOf(all, "smoke-smoke-test");
    assert.deepEqual([inputs.interpreter, inputs.create], [["env", "--", "check", "it's"], "$x"]);
    assert.deepEqual([inputs.update, inputs.delete], [undefined, undefined]);
    assert.equal(part(inputs.environment, "QUADLET_FLEET_URLS"), "http://192.0.2.11/");
    assert.equal(isSecret(inputs.environment as Wire), true);
  });

  test("requests: by the proxy's names, where the host is", async () => {
    const all = await made(
      () => new ReverseProxyStack("asked", { ...proxy, smokeTest: { path: "/x", status: 200 } }),
    );
    const { interpreter, create } = inputsOf(all, "asked-smoke-test");
    assert.equal((interpreter as string[])[2], "node");
    assert.deepEqual(JSON.parse(create as string), {
      targets: [{ url: "http://web.example.com:82/", address: "192.0.2.11", port: 82, redirects: false }],
      path: "/x",
      status: 200,
      fingerprints: [],
    });
  });
});

describe("what is wrong", () => {
  const problems = (change: object) =>
    checkArguments("web", { ...site, ...change }).problems.map(({ path, message }) => `${path}: ${message}`);
  const commands = { after: [{ command: ["a"] }] };
  const cases: [string, object, string[]][] = [
    ["nothing", { commands, smokeTest: {} }, []],
    [
      "an unknown key",
      { smokeTest: { comand: ["x"] } },
      ['smokeTest.comand: is not known. Did you mean "command"?'],
    ],
    [
      "text for a shell",
      { smokeTest: "curl x" },
      ["smokeTest: must be { command, environment }, or { path, hostName, status, body, timeout }"],
    ],
    [
      "no word",
      { commands: { before: [{ command: [] }] } },
      [
        "commands.before[0].command: needs the name of a program",
        "commands.before[0].command: begins with the name of a program",
      ],
    ],
    [
      "a variable for a program",
      { smokeTest: { command: ["A=b", "x"] } },
      ["smokeTest.command: begins with the name of a program"],
    ],
    [
      "a newline",
      { commands: { after: [{ command: ["sh", "-c", "a\nb"] }] } },
      ["commands.after[0].command[2]: can't hold a newline or another control character"],
    ],
    [
      "no host key",
      { commands, connection: { address: "a", jump: { address: "b" } } },
      [
        "connection.hostKey: is missing: commands need it, a knownHostsFile won't do",
        "connection.jump.hostKey: is missing: commands need it, a knownHostsFile won't do",
      ],
    ],
    [
      "an RSA host key",
      { commands, connection: { address: "a", hostKey: "ssh-rsa AAAA" } },
      ["connection.hostKey: is an RSA key, which commands can't verify. Give the host's ssh-ed25519 one."],
    ],
    ["no commands, and so no host key", { commands: {}, connection: { address: "a" } }, []],
    [
      "an address of the host's alone",
      { listen: ["127.0.0.1:80", "/run/x"], smokeTest: {} },
      ["smokeTest: no address can be asked from another machine. Give a command."],
    ],
  ];
  for (const [what, change, expected] of cases)
    test(what, () => assert.deepEqual(problems(change), expected));

  test("a proxy whose names are patterns only", () => {
    const web = { image: "docker.io/library/httpd:latest", serverName: "*.example.com", port: 80 };
    const args = { ...proxy, backends: { web }, smokeTest: {} };
    assert.deepEqual(checkProxy("front", args).problems, [
      {
        path: "smokeTest.hostName",
        message: 'is missing: the name to ask for, as in "www.example.com". All server names are patterns.',
      },
    ]);
    assert.match(
      checkProxy("front", { ...args, listen: ["127.0.0.1:80"] }).problems[0]?.message ?? "",
      /^no address can be asked .* Give a command/,
    );
    assert.deepEqual(checkProxy("front", { ...args, smokeTest: { hostName: "a.example.com" } }).problems, []);
  });

  test("sudo is a warning", () => {
    const args = { ...site, connection: { ...site.connection, sudo: true } };
    assert.deepEqual(checkArguments("web", args).warnings, []);
    assert.match(
      checkArguments("web", { ...args, commands }).warnings[0] ?? "",
      /^commands: .* without the host's sudo/,
    );
  });
});
