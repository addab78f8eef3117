import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkArguments } from "../../components/site/check.ts";
import { ArgumentError } from "../../components/arguments/problems.ts";
import { checkUnitSet } from "../../provider/check.ts";
import type { PlainObject } from "../../provider/wire.ts";
import { placeFleet } from "../../stacks/fleet.ts";

// Each field of a host with a wrong value: the stack file, the component and the provider report it, each with its own path.

const login = 'must be the host alone. Write address: "web-1", port: 2222, user: "deploy".';
const account = "is not a valid account name";
const path = "is empty: the path of a file";
const number = (least: number, most: number) => `must be a whole number from ${least} to ${most}`;

/** Field, value, the message of the first two, and the provider's message if that differs. */
const wrong: [string, unknown, string, string?][] = [
  ["address", "deploy@web-1:2222", login],
  ["address", "ssh://deploy@web-1:2222", login],
  ["address", "web-1:22", 'must be the host alone. Write address: "web-1", port: 22.'],
  ["address", "[2001:db8::1]", 'must be the host alone. Write address: "2001:db8::1".'],
  ["address", "", 'is empty: give the name of the host or its IP address, as in "192.0.2.11"'],
  ["address", "web 1", "is not a host name or an IP address: a blank can't be in it"],
  ["address", 5, 'must be the name of the host or its IP address, as in "192.0.2.11"', "must be text"],
  ["port", 70000, `${number(1, 65535)}, and is 70000`, number(1, 65535)],
  ["port", "22", `${number(1, 65535)}, and is the text "22". Remove the quotes.`, number(1, 65535)],
  ["user", "two words", account],
  ["user", "", account],
  ["user", 0, "must be text"],
  [
    "hostKey",
    "192.0.2.11 ssh-ed25519 AAAA",
    'begins with "192.0.2.11", as in a file of known hosts. Remove that: "ssh-ed25519 AAAA…".',
  ],
  ["knownHostsFile", "", path],
  ["knownHostsFile", ["a"], "must be text"],
  ["identityFile", "", path],
  ["identityFile", true, "must be text"],
  ["privateKey", 1, "must be text"],
  ["passphrase", 1234, "must be text"],
  ["agent", 1, "must be the path of an agent's socket, true or false"],
  ["sshConfig", 1, "must be the path of a file, true or false"],
  ["jump", ["gate"], "must be the name of a host, or a connection", "must be an object"],
  ["sudo", "yes", "must be true, false or { password: … }"],
  ["connectTimeout", 0, `${number(1, 600)}, and is 0`, number(1, 600)],
  ["commandTimeout", 86401, `${number(1, 86400)}, and is 86401`, number(1, 86400)],
  ["hostname", "web-1", "is not known. Known: "],
];
const site = { manager: "system" as const, image: "docker.io/library/nginx:latest", listen: ["0.0.0.0:80"] };
const set: PlainObject = { name: "web", manager: "system", units: {} };

function inFleet(hosts: object): string[] {
  try {
    placeFleet({ hosts, sites: {} });
  } catch (thrown) {
    assert.ok(thrown instanceof ArgumentError);
    return thrown.problems.map((problem) => `${problem.path}: ${problem.message}`);
  }
  return [];
}

const inComponent = (connection: object) =>
  checkArguments("web", { ...site, connection } as Parameters<typeof checkArguments>[1]).problems.map(
    (problem) => `${problem.path}: ${problem.message}`,
  );

const inProvider = (connection: object) =>
  checkUnitSet({ ...set, hosts: { a: connection as PlainObject } }).map(
    (failure) => `${failure.path}: ${failure.reason}`,
  );

const isOne = (found: string[], expected: string) => {
  assert.equal(found.length, 1, found.join("\n"));
  assert.ok(expected.endsWith("Known: ") ? found[0]?.startsWith(expected) : found[0] === expected, found[0]);
};

describe("a host's", () => {
  for (const [field, value, said, byProvider = said] of wrong)
    test(`${field}: ${JSON.stringify(value)}`, () => {
      const connection = { address: "web-1", [field]: value };
      isOne(inFleet({ "web-1": connection }), `hosts.web-1.${field}: ${said}`);
      const inCode = said.replace("the name of a host, or a connection", "an object");
      isOne(inComponent(connection), `connection.${field}: ${inCode}`);
      isOne(inProvider(connection), `hosts["a"].${field}: ${byProvider}`);
    });

  test("jump host: by its path, at any depth", () => {
    const jump = { address: "deploy@web-1:2222" };
    isOne(inFleet({ a: { address: "a", jump } }), `hosts.a.jump.address: ${login}`);
    const deep = { address: "a", jump: { address: "b", jump: { address: "c", jump } } };
    isOne(inFleet({ a: deep }), `hosts.a.jump.jump.jump.address: ${login}`);
    isOne(inComponent(deep), `connection.jump.jump.jump.address: ${login}`);
    isOne(inProvider(deep), `hosts["a"].jump.jump.jump.address: ${login}`);
  });

  test("fields, each of them: nothing is wrong", () => {
    const jump = { address: "gate.example.com", user: "alice@corp.example", port: 65535 };
    const right = {
      ...{ address: "2001:db8::1", port: 1, user: "_a", agent: true, identityFile: "~/a", passphrase: "" },
      ...{ knownHostsFile: "a b", sshConfig: "./ssh_config", sudo: { password: "p" }, connectTimeout: 600 },
      jump: { ...jump, sshConfig: false, jump: { address: "203.0.113.1" } },
    };
    assert.deepEqual([inFleet({ a: right }), inComponent(right), inProvider(right)], [[], [], []]);
  });
});

test("what is no host at all", () => {
  const cases: [object, string][] = [
    [{ a: null }, 'hosts.a: is missing: the host, and how to log in to it, as in { address: "192.0.2.11" }'],
    [{ a: "web-1" }, 'hosts.a: must be the host, and how to log in to it, as in { address: "192.0.2.11" }'],
    [{ a: {} }, 'hosts.a.address: is missing: the name of the host or its IP address, as in "192.0.2.11"'],
    [{ "a b": { address: "a" } }, 'hosts["a b"]: a name is letters, digits, "-", "_" and "."'],
    [["web-1"], "hosts: must be an object"],
  ];
  for (const [hosts, said] of cases) assert.deepEqual(inFleet(hosts), [said]);
});
