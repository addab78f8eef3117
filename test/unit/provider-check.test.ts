import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkUnitSet } from "../../provider/check.ts";
import { configuration } from "../../provider/configuration.ts";
import { type PlainObject, unknown, wireUnknown } from "../../provider/wire.ts";

const right: PlainObject = {
  hosts: {
    "web-1": {
      address: "192.0.2.11",
      port: 2222,
      user: "admin",
      hostKey: "ssh-ed25519 AAAAC3Nz+/== root@web-1",
      agent: false,
      sudo: { password: "s" },
      jump: { address: "2001:db8::1", agent: "~/agent.sock" },
      connectTimeout: 5,
      commandTimeout: 86400,
    },
    "192.0.2.12": { address: "192.0.2.12", state: "offline" },
  },
  name: "web",
  manager: "user",
  user: "test",
  linger: true,
  units: { "web.container": "[Container]\nImage=docker.io/library/nginx\n" },
  files: { "~/conf.d/default.conf": { content: "", mode: "0600" }, "/etc/web": { content: "x" } },
  services: {
    "web.service": { reloadOn: ["~/conf.d/default.conf"], restartOn: ["web.container"], handover: true },
  },
  probes: {
    "0.0.0.0:8080": {},
    "[::1]:80": { path: "/health?a=%20", hostName: "www.example.com:80", status: 204, body: "ok" },
    "/run/web.sock": { hostName: "[::1]" },
  },
  images: { "docker.io/library/nginx": { pull: "missing" } },
  registries: { "registry.example.com": { username: "u", password: "p" } },
  adopt: false,
  hooks: { before: [{ command: ["drain", "-n", ""], environment: { TOKEN: "t" } }], after: [] },
  rollout: { canary: 1, maxParallel: "25%", maxFailures: "2", minHealthyTime: 0, offline: "skip" },
};

/** "path: reason" of each failure. */
function failures(change: PlainObject): string[] {
  return checkUnitSet({ ...right, ...change }).map(({ path, reason }) => `${path}: ${reason}`);
}

describe("nothing is wrong with", () => {
  test("the right inputs", () => assert.deepEqual(failures({}), []));

  test("what is not known yet, at any depth", () => {
    for (const key of Object.keys(right)) assert.deepEqual(failures({ [key]: unknown }), [], key);
    for (const part of ["units", "files", "services", "probes", "images", "registries"]) {
      const all = right[part] as PlainObject;
      for (const key of Object.keys(all))
        assert.deepEqual(failures({ [part]: { ...all, [key]: unknown } }), [], `${part}.${key}`);
    }
    assert.deepEqual(
      failures({
        hosts: {
          "web-1": { address: unknown, port: unknown, sudo: unknown, jump: unknown, agent: unknown },
          "web-2": unknown,
        },
        rollout: { canary: unknown, only: [unknown] },
        files: { "/a": { content: unknown, mode: unknown } },
        services: { "web.service": { active: unknown, reloadOn: [unknown] } },
      }),
      [],
    );
  });

  test("Example 2: no user", () => {
    const { user, linger, ...system } = right;
    assert.deepEqual([user, linger], ["test", true]);
    const reason = "is in the home directory of an account, and no account is given (user)";
    assert.deepEqual(checkUnitSet({ ...system, manager: "system" }), [
      { path: 'files["~/conf.d/default.conf"]', reason },
    ]);
    const elsewhere = { files: { "/etc/web": { content: "x" } }, services: {} };
    assert.deepEqual(checkUnitSet({ ...system, ...elsewhere, manager: "system" }), []);
  });
});

test("a thoroughly wrong input: everything at once, each with its path", () => {
  const wrong: PlainObject = {
    hosts: {
      "web-1": {
        adress: "192.0.2.11",
        port: 70000,
        user: "two words",
        hostKey: "AAAA",
        privateKey: "ssh-ed25519 AAAA",
        agent: 1,
        sudo: { pasword: "x" },
        jump: { address: "-oProxyCommand=x y", identityFile: 5 },
        connectTimeout: 0,
        commandTimeout: 1.5,
        state: "gone",
      },
      "-x": { address: "a" },
    },
    hooks: { before: [{ command: "drain" }], after: [{ command: ["a\nb"] }] },
    rollout: { canary: "a few", minHealthyTime: -1, offline: "ignore", maxFailure: 1 },
    manger: "user",
    name: "../web",
    manager: "root",
    units: { web: "[Container]\n", "web.socket": "ListenStream=80\n", "b.socket": 5 },
    files: {
      "/etc/../shadow": { content: "x" },
      "~/": { content: "x" },
      "conf.d/a": { content: "x" },
      "/etc/a\nb": { content: "x" },
      "/etc/a": { content: "x", mode: "644" },
      "/etc/b": { mode: "0644" },
    },
    services: { "web.service": { active: "yes", reloadOn: "x", enable: true, handover: "yes" } },
    probes: {
      "nginx:80": {},
      "0.0.0.0:0": {},
      "0.0.0.0:80": {
        path: "health",
        hostName: "a\r\nb",
        status: 600,
        body: "two\nlines",
        method: "HEAD",
      },
      "0.0.0.0:83": { body: "" },
      "0.0.0.0:81": { path: "/a b", status: "200" },
      "0.0.0.0:82": false,
    },
    images: { "a b": { pull: "sometimes" } },
    registries: { r: { username: "u" } },
    linger: "yes",
  };
  const inDirectory = 'a path can\'t leave its directory: it has no "..", "." or empty part';
  const found = checkUnitSet(wrong).map(({ path, reason }) => `${path}: ${reason}`);
  assert.deepEqual(
    found.filter((line) => !line.startsWith('units["web"]')),
    [
      'hosts["web-1"].address: is missing',
      'hosts["web-1"].adress: is not known. Did you mean "address"?',
      'hosts["web-1"].port: must be a whole number from 1 to 65535',
      'hosts["web-1"].user: is not a valid account name',
      'hosts["web-1"].hostKey: must be a type and a key, such as "ssh-ed25519 AAAA…": `ssh-keyscan -t ed25519 ADDRESS` prints it after the address. Compare it with /etc/ssh/ssh_host_ed25519_key.pub on the host.',
      'hosts["web-1"].privateKey: is a public key. Give the private key: it is in the file of the same name without .pub',
      'hosts["web-1"].agent: must be the path of an agent\'s socket, true or false',
      'hosts["web-1"].sudo.pasword: is not known. Did you mean "password"?',
      'hosts["web-1"].jump.address: can\'t begin with "-"',
      'hosts["web-1"].jump.identityFile: must be text',
      'hosts["web-1"].connectTimeout: must be a whole number from 1 to 600',
      'hosts["web-1"].commandTimeout: must be a whole number from 1 to 86400',
      'hosts["web-1"].state: must be "present" or "offline" or "retired"',
      'hosts["-x"]: must be letters, digits, "-", "_", "." and ":", the first one a letter, a digit or "_"',
      "hooks.before[0].command: must be a list",
      "hooks.after[0].command[0]: can't hold a newline or another control character",
      'rollout.canary: must be a whole number or a percentage, as in "25%"',
      "rollout.minHealthyTime: must be a whole number from 0 to 3600",
      'rollout.offline: must be "fail" or "skip"',
      'rollout.maxFailure: is not known. Did you mean "maxFailures"?',
      'manger: is not known. Did you mean "manager"?',
      'name: must be letters, digits, "-", "_" and ".", at most 100',
      'manager: must be "system" or "user"',
      'units["web.socket"]: web.socket:1: ListenStream= is before the first section. Move it below a line such as [Unit].',
      'units["b.socket"]: must be text',
      `files["/etc/../shadow"]: ${inDirectory}`,
      `files["~/"]: ${inDirectory}`,
      'files["conf.d/a"]: a path is absolute, or begins with "~/"',
      'files["/etc/a\nb"]: a path can\'t hold control characters',
      'files["/etc/a"].mode: must be four octal digits, as in "0644"',
      'files["/etc/b"].content: is missing',
      'services["web.service"].active: must be true or false',
      'services["web.service"].reloadOn: must be a list',
      'services["web.service"].enable: is not known. Did you mean "enabled"?',
      'services["web.service"].handover: must be true or false',
      'probes["nginx:80"]: is not an address that a socket listens on',
      'probes["0.0.0.0:0"]: is not an address that a socket listens on',
      'probes["0.0.0.0:80"].path: must begin with "/", without spaces and control characters',
      'probes["0.0.0.0:80"].hostName: is not a valid host name',
      'probes["0.0.0.0:80"].status: must be a whole number from 100 to 599',
      'probes["0.0.0.0:80"].body: can\'t hold a newline or another control character',
      'probes["0.0.0.0:80"].method: is not known. Known: path, hostName, status, body, outside, address.',
      'probes["0.0.0.0:83"].body: is empty: give the text that the answer must contain, or leave it out',
      'probes["0.0.0.0:81"].path: must begin with "/", without spaces and control characters',
      'probes["0.0.0.0:81"].status: must be a whole number from 100 to 599',
      'probes["0.0.0.0:82"]: must be an object',
      'images["a b"]: "a b" has a blank or a control character. Write "ab".',
      'images["a b"].pull: must be "missing" or "always" or "never"',
      'registries["r"].password: is missing',
      "linger: must be true or false",
    ],
  );
  assert.match(found.join("\n"), /^units\["web"\]: "web" is not a valid unit name: it must end in one of /m);
});

describe("what inputs have to do with each other", () => {
  const { user, linger, ...noUser } = right;
  assert.deepEqual([user, linger], ["test", true]);
  const cases: [string, PlainObject, string[]][] = [
    [
      "a user manager of nobody",
      noUser,
      ['user: is missing: manager "user" needs the account that runs the service'],
    ],
    [
      "linger without an account",
      Object.fromEntries(
        Object.entries({ ...right, manager: "system", files: {}, services: {} }).filter(
          ([key]) => key !== "user",
        ),
      ),
      ["linger: has an effect only with an account: set user, or remove it"],
    ],
    [
      "an account to make, without its name",
      { ...noUser, manager: "system", createUser: true, files: {}, services: {} },
      ["createUser: needs user: the account to create"],
    ],
    [
      "a reload for a file that is not there",
      { ...right, services: { "web.service": { reloadOn: ["/etc/webb"], restartOn: ["web.socket"] } } },
      [
        'services["web.service"].reloadOn: "/etc/webb" is not a file or unit of this set',
        'services["web.service"].restartOn: "web.socket" is not a file or unit of this set',
      ],
    ],
  ];
  for (const [what, inputs, expected] of cases) {
    test(what, () => {
      assert.deepEqual(
        checkUnitSet(inputs).map(({ path, reason }) => `${path}: ${reason}`),
        expected,
      );
    });
  }
});

describe("no failure tells a secret", () => {
  const canary = "CANARY-7f3a";
  const bad: Record<string, PlainObject> = {
    privateKey: { hosts: { "web-1": { address: "a", privateKey: [canary] } } },
    "a private key that is none": { hosts: { "web-1": { address: "a", privateKey: canary } } },
    "a private key that was cut off": {
      hosts: { "web-1": { address: "a", privateKey: `-----BEGIN PRIVATE KEY-----\n${canary}` } },
    },
    "a key's text for the name of its file": {
      hosts: { "web-1": { address: "a", identityFile: `-----BEGIN PRIVATE KEY-----\n${canary}` } },
    },
    passphrase: { hosts: { "web-1": { address: "a", passphrase: { text: canary } } } },
    "sudo's password": { hosts: { "web-1": { address: "a", sudo: { password: [canary] } } } },
    "a sudo that is the password": { hosts: { "web-1": { address: "a", sudo: canary } } },
    "a jump host's key": {
      hosts: { "web-1": { address: "a", jump: { address: "b", privateKey: [canary] } } },
    },
    "a connection that is the key": { hosts: { "web-1": canary } },
    "a registry's password": { registries: { r: { username: "u", password: [canary] } } },
    "a file that is its content": { files: { "/a": canary } },
    "a file's content": { files: { "/a": { content: [canary] } } },
    "a secret unit": { units: { "a.service": `Environment=TOKEN=${canary}` } },
  };
  for (const [where, change] of Object.entries(bad)) {
    test(where, () => {
      const found = failures(change);
      assert.notDeepEqual(found, []);
      assert.ok(!found.join("\n").includes(canary), found.join("\n"));
    });
  }

  test("the canary would be seen where it is no secret", () => {
    assert.match(failures({ [canary]: 1 }).join("\n"), new RegExp(canary));
  });
});

describe("the provider's configuration", () => {
  test("credentials, with booleans as the engine writes them", () => {
    assert.deepEqual(configuration({ identityFile: "~/.ssh/id", agent: "false", version: "0.1.0" }), {
      credentials: { identityFile: "~/.ssh/id", agent: false },
      failures: [],
    });
  });

  test("a passphrase is a text, whatever it says", () => {
    assert.deepEqual(configuration({ passphrase: "true", sshConfig: "true" }).credentials, {
      passphrase: "true",
      sshConfig: true,
    });
  });

  test("unknown keys name the nearest, and values stay untold", () => {
    assert.deepEqual(configuration({ privatKey: "CANARY", hostKey: "CANARY" }).failures, [
      { path: "privatKey", reason: 'is not known. Did you mean "privateKey"?' },
      {
        path: "hostKey",
        reason:
          'must be a type and a key, such as "ssh-ed25519 AAAA…": `ssh-keyscan -t ed25519 ADDRESS` prints it after the address. Compare it with /etc/ssh/ssh_host_ed25519_key.pub on the host.',
      },
    ]);
  });

  for (const value of [wireUnknown, null]) {
    test(`${JSON.stringify(value)} is no credential yet`, () => {
      assert.deepEqual(configuration({ hostKey: value }), { credentials: {}, failures: [] });
    });
  }
});
