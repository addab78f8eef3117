import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { checkArguments } from "../../components/site/check.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import {
  ReverseProxyStack,
  type ReverseProxyStackArgs,
  SocketActivatedNginx,
  type SocketActivatedNginxArgs,
} from "../../components/index.ts";
import { isSecret, isSecretAt, reveal } from "../../provider/wire.ts";
import type { Wire } from "../../provider/wire.ts";
import { type Registration, registrations } from "./registered.ts";

// With the SDK's mocks in place of the engine and the plugin. The real ones are in test/hosts/hooks.test.ts and smoke-test.test.ts.

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const site: SocketActivatedNginxArgs = {
  connection: { address: "192.0.2.11", hostKey },
  manager: "system",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:80"],
};
const proxy: ReverseProxyStackArgs = {
  connection: { address: "192.0.2.11", hostKey },
  user: "test",
  image: site.image,
  listen: ["0.0.0.0:82"],
  backends: { web: { image: "docker.io/library/httpd:latest", serverName: "web.example.com", port: 80 } },
};

/** The resources of @pulumi/command and the sets that a component registers, in their order. */
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
    before: [{ command: ["drain", "it's"], environment: { TOKEN: pulumi.secret("x"), PLAIN: "y" } }],
    after: [{ command: ["undrain"] }],
  };

  test("are hooks of the set, with their words and their secrets; the plugin of @pulumi/command is not asked for", async () => {
    const all = await siteOf("hooked", { commands });
    assert.deepEqual(
      all.map(({ type }) => type),
      ["quadlet:index:UnitSet"],
    );
    const { hooks } = inputsOf(all, "hooked");
    assert.deepEqual(reveal(hooks as Wire), {
      before: [{ command: ["drain", "it's"], environment: { TOKEN: "x", PLAIN: "y" } }],
      after: [{ command: ["undrain"] }],
    });
    assert.equal(isSecretAt(hooks as Wire, ["before", "0", "environment", "TOKEN"]), true);
  });

  test("without them there are none", async () => {
    assert.equal("hooks" in inputsOf(await siteOf("plain", {}), "plain"), false);
  });

  test("of a proxy", async () => {
    const all = await made(() => new ReverseProxyStack("proxy", { ...proxy, commands, smokeTest: {} }));
    assert.deepEqual(
      all.map(({ name }) => name),
      ["proxy", "proxy-smoke-test"],
    );
    assert.ok(inputsOf(all, "proxy").hooks);
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

  test("requests: to each host that takes part", async () => {
    const hosts = {
      a: { address: "192.0.2.11" },
      b: { address: "192.0.2.12" },
      c: { address: "192.0.2.13", state: "offline" as const },
    };
    const { connection, ...rest } = site;
    assert.ok(connection);
    const all = await made(() => new SocketActivatedNginx("many", { ...rest, hosts, smokeTest: {} }));
    const { targets } = JSON.parse(inputsOf(all, "many-smoke-test").create as string) as {
      targets: { url: string }[];
    };
    assert.deepEqual(
      targets.map(({ url }) => url),
      ["http://192.0.2.11/", "http://192.0.2.12/"],
    );
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

  test("of what a CA gives the hosts no certificate is known", async () => {
    const tls = { acme: { names: ["www.example.com"] } };
    const all = await made(() => new SocketActivatedNginx("asked", { ...site, tls, smokeTest: {} }));
    assert.ok(
      !("fingerprints" in (JSON.parse(inputsOf(all, "asked-smoke-test").create as string) as object)),
    );
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
        "commands.before[0].command: must begin with the name of a program",
      ],
    ],
    [
      "a variable for a program",
      { smokeTest: { command: ["A=b", "x"] } },
      ["smokeTest.command: must begin with the name of a program"],
    ],
    [
      "a newline",
      { commands: { after: [{ command: ["sh", "-c", "a\nb"] }] } },
      ["commands.after[0].command[2]: can't hold a newline or another control character"],
    ],
    [
      "neither a host nor several",
      { connection: undefined },
      [
        'connection: is missing: the host, and how to log in to it, as in { address: "192.0.2.11" }. For several, hosts',
      ],
    ],
    [
      "one host and several",
      { hosts: { a: { address: "a" } } },
      ["hosts: can't be combined with connection: give one of the two"],
    ],
    ["no host of several", { connection: undefined, hosts: {} }, ["hosts: needs one host at least"]],
    [
      "an address of the host's alone",
      { listen: ["127.0.0.1:80", "/run/x"], smokeTest: {} },
      ["smokeTest: no address of this entry can be reached from another machine. Give a command instead."],
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
      /^no address of this entry can be reached .* Give a command/,
    );
    assert.deepEqual(checkProxy("front", { ...args, smokeTest: { hostName: "a.example.com" } }).problems, []);
  });

  test("sudo is a warning", () => {
    const args = { ...site, connection: { address: "192.0.2.11", sudo: true } };
    assert.deepEqual(checkArguments("web", args).warnings, []);
    assert.match(
      checkArguments("web", { ...args, commands }).warnings[0] ?? "",
      /^commands: .* without the host's sudo/,
    );
  });
});
