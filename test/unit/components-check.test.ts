import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { SocketActivatedNginxArgs } from "../../components/site/arguments.ts";
import { checkArguments } from "../../components/site/check.ts";

const right: SocketActivatedNginxArgs = {
  connection: { address: "192.0.2.11" },
  manager: "user",
  user: "test",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:8080"],
};

function problems(change: object, name = "web"): string[] {
  const { problems } = checkArguments(name, { ...right, ...change });
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

describe("nothing is wrong with", () => {
  const fine: Record<string, object> = {
    "Example 1": {},
    "Example 2": { manager: "system", user: undefined, listen: ["0.0.0.0:80"] },
    "Example 3": { manager: "system", listen: ["0.0.0.0:80"] },
    "a digest that is demanded": {
      image: `docker.io/library/nginx@sha256:${"0".repeat(64)}`,
      requireDigest: true,
    },
    "an image of this host": { image: "localhost/myimage" },
    "a registry with a port": { image: "registry:5000/nginx" },
    "nginx text that listens as it should": { nginx: { "default.conf": "server { listen 8080; }" } },
    "everything that may be an Output": {
      connection: {
        address: pulumi.output("a"),
        port: pulumi.output(22),
        hostKey: pulumi.output("x y"),
        connectTimeout: pulumi.output(30),
        jump: { address: pulumi.output("b") },
        sudo: { password: pulumi.secret("p") },
      },
      image: pulumi.output("nginx"),
      nginx: { "default.conf": pulumi.output("server { listen 1; }"), htpasswd: pulumi.secret("h") },
      environment: { A: pulumi.secret("a") },
      registries: { r: { username: "u", password: pulumi.secret("p") } },
    },
  };
  for (const [what, change] of Object.entries(fine))
    test(what, () => {
      assert.deepEqual(checkArguments("web", { ...right, ...change }), { problems: [], warnings: [] });
    });
});

const image =
  '"nginx" names no registry, so each host would choose one by itself. Write for example "docker.io/library/nginx".';
const cases: [string, object, string[]][] = [
  ["an unknown key", { imgae: "x" }, ['imgae: is not known. Did you mean "image"?']],
  [
    "unknown keys further in",
    {
      connection: {
        address: "a",
        prot: 22,
        jump: { address: "b", identityfile: "x" },
        sudo: { pasword: "x" },
      },
      registries: { r: { username: "u", password: "p", mail: "m" } },
    },
    [
      'connection.jump.identityfile: is not known. Did you mean "identityFile"?',
      'connection.sudo.pasword: is not known. Did you mean "password"?',
      'connection.prot: is not known. Did you mean "port"?',
      "registries.r.mail: is not known. Known: username, password.",
    ],
  ],
  [
    "a port of sshd that is none",
    { connection: { address: "a", port: 70000 } },
    ["connection.port: must be a whole number from 1 to 65535, and is 70000"],
  ],
  [
    "a host key without its type",
    { connection: { address: "a", hostKey: "AAAA" } },
    [
      'connection.hostKey: must be a type and a key, such as "ssh-ed25519 AAAA…": `ssh-keyscan -t ed25519 ADDRESS` prints it after the address. Compare it with /etc/ssh/ssh_host_ed25519_key.pub on the host.',
    ],
  ],
  [
    "a private key that is none, and a key's text for the name of its file",
    {
      connection: {
        address: "a",
        privateKey: "ssh-ed25519 AAAA",
        identityFile: "-----BEGIN PRIVATE KEY-----",
      },
    },
    [
      "connection.identityFile: is the text of a key, and must be the path of its file. Move the text to privateKey, which is kept as a secret",
      "connection.privateKey: is a public key. Give the private key: it is in the file of the same name without .pub",
    ],
  ],
  [
    "a host key of the README",
    { connection: { address: "a", hostKey: "ssh-ed25519 AAAA…" } },
    [
      "connection.hostKey: is a placeholder, not a key. Get the host's own: `ssh-keyscan -t ed25519 ADDRESS` prints it after the address. Compare it with /etc/ssh/ssh_host_ed25519_key.pub on the host.",
    ],
  ],
  [
    "text that is none",
    { image: 5, environment: { A: 5 } },
    [
      'image: must be the image with its registry, as in "docker.io/library/nginx:latest"',
      "environment.A: must be text, and is a number. Put it in quotes.",
    ],
  ],
  [
    "an Output where none can be",
    {
      listen: [pulumi.output("80")],
      hardened: pulumi.output(true),
      tls: pulumi.secret({}),
      nginx: pulumi.secret({}),
      commands: { before: pulumi.output([]) },
      connection: { address: "a", jump: pulumi.output({ address: "b" }), sudo: pulumi.secret(true) },
    },
    [
      "connection.jump: can't be a secret or an Output as a whole. In it, these may be one or hold one: hostKey, knownHostsFile, identityFile, privateKey, passphrase, agent, sshConfig, address, port, user, jump.",
      "connection.sudo: can't be a secret or an Output as a whole. In it, these may be one or hold one: password.",
      "listen[0]: can't be a secret or an Output. Give a plain value.",
      "hardened: can't be a secret or an Output. Give a plain value.",
      "tls: can't be a secret or an Output as a whole. In it, these may be one or hold one: certificate, key, acme, certificates.",
      "nginx: can't be a secret or an Output as a whole. Each value in it may be one.",
      "commands.before: can't be a secret or an Output as a whole. In it, these may be one or hold one: [].environment.",
    ],
  ],
  [
    "an Output that is not known at all, and one beside another mistake",
    {
      lisen: pulumi.output("80"),
      connection: { address: pulumi.output("a"), prot: 1 },
      pull: pulumi.secret("x"),
    },
    [
      "pull: can't be a secret or an Output. Give a plain value.",
      'connection.prot: is not known. Did you mean "port"?',
      'lisen: is not known. Did you mean "listen"?',
    ],
  ],
  ["no address", { listen: [] }, ["listen: needs one address at least"]],
  [
    "a port to listen on that is none, once, beside a right one",
    { listen: ["0.0.0.0:70000", "0.0.0.0:80"] },
    ['listen[0]: "0.0.0.0:70000": 70000 is not a port. Ports are 1 to 65535, without leading zeros.'],
  ],
  [
    "the same address twice",
    { listen: ["[::]:80", "0.0.0.0:80", "80"] },
    ['listen[2]: duplicates listen[0] ("[::]:80")'],
  ],
  ["an image without a registry", { image: "nginx" }, [`image: ${image}`]],
  [
    "an image of someone, without a registry",
    { image: "someone/nginx:1" },
    [
      'image: "someone/nginx:1" names no registry, so each host would choose one by itself. Write for example "docker.io/someone/nginx:1".',
    ],
  ],
  [
    "an image that is none",
    { image: "docker.io/x\nExec=y" },
    [
      'image: "docker.io/x\\nExec=y" has a blank or a control character. Write for example "docker.io/library/nginx:1.29".',
    ],
  ],
  [
    "a tag where a digest is demanded",
    { requireDigest: true },
    [
      "image: \"docker.io/library/nginx:latest\" has no digest, and requireDigest is set. Write docker.io/library/nginx:latest@sha256:… (podman image inspect --format '{{.Digest}}').",
    ],
  ],
  [
    "a file that leaves its directory",
    { nginx: { "../evil.conf": "", "a/b.conf": "" } },
    ["../evil.conf", "a/b.conf"].map(
      (file) =>
        `nginx["${file}"]: a file name can't have a directory: the file would be outside /etc/nginx/conf.d`,
    ),
  ],
  ...["/srv/../etc", "conf.d", "/srv//conf", "/srv/conf/", "~", "/srv/a:b", "/srv/a b", "/srv/100%"].map(
    (configurationDirectory): [string, object, string[]] => [
      `the directory ${configurationDirectory}`,
      { configurationDirectory },
      ['configurationDirectory: must be absolute or begin with "~/", without ".", "..", ":" and "%"'],
    ],
  ),
  [
    "a secret file for nginx's workers in a directory where others can read",
    {
      configurationDirectory: "~/www",
      nginx: {
        "a.conf": pulumi.secret("server { listen 8080; }"),
        "plain.txt": "a",
        htpasswd: pulumi.secret("b"),
      },
    },
    [
      "nginx.htpasswd: can't be a secret or an Output in a configurationDirectory: nginx's workers read it as another account, so other accounts of the host could read it too. Remove configurationDirectory: the default directory is closed to them.",
    ],
  ],
  [
    "a newline in each value that becomes a line",
    { user: "te\nst", network: "none\nExec=x", volumes: ["/a:/b\nExec=x", "/a:/b\\"] },
    [
      "user: is not a valid account name",
      "network: is not a network of podman",
      "volumes[0]: holds a control character, or ends in a blank or a backslash",
      "volumes[1]: holds a control character, or ends in a blank or a backslash",
    ],
  ],
  [
    "a newline in an address",
    { listen: ["/run/a.sock\nExec=x"] },
    [
      'listen[0]: "/run/a.sock\\nExec=x": a control character, a "\\" or a space at the end can\'t be written in a socket unit. Choose another path.',
    ],
  ],
  [
    "a variable's name that is none",
    { environment: { "A=B": "x" } },
    ['environment["A=B"]: is not a valid name of an environment variable'],
  ],
  [
    "an image that podman can't pull",
    { image: "docker://docker.io/library/nginx" },
    [
      'image: "docker://docker.io/library/nginx" has a transport ("docker://"), and must be the name of an image. Write "docker.io/library/nginx".',
    ],
  ],
  [
    "the variable that names the sockets",
    { environment: { NGINX: "3;" } },
    ["environment.NGINX: is reserved: it tells nginx which sockets it gets. Remove it"],
  ],
  [
    "a name that is no unit's",
    { name: "web 1" },
    ['name: "web 1" is not a valid unit name. Use letters, digits, "-", "_" and ".", at most 100.'],
  ],
  [
    "a user manager of nobody",
    { user: undefined },
    ['user: is missing: manager "user" needs the account that runs the service'],
  ],
  [
    "linger of the system manager",
    { manager: "system", user: undefined, linger: true },
    ["linger: has an effect only with an account: set user, or remove it"],
  ],
];

describe("what is wrong, and where", () => {
  for (const [what, change, expected] of cases)
    test(what, () => assert.deepEqual(problems(change), expected));

  test("several things, all at once", () => {
    const found = checkArguments("a b", {
      ...right,
      user: undefined,
      image: "nginx",
      listen: ["x", "80", "[::]:80"],
    });
    assert.deepEqual(
      found.problems.map(({ path }) => path),
      ["user", "name", "listen[0]", "listen[2]", "image"],
    );
  });

  test("a resource's name that is no unit's", () => {
    assert.match(problems({}, "web/1").join("\n"), /^name: "web\/1" is not a valid unit name/);
  });
});

describe("nginx and the sockets", () => {
  test("a listen that no socket has", () => {
    assert.deepEqual(problems({ nginx: { "default.conf": "server {\n  listen 80;\n}" } }), [
      'nginx: default.conf:2: "listen 80" binds 0.0.0.0:80, which no socket passes on, and no "listen" has the address of web.socket, 0.0.0.0:8080: nginx would close that socket, and every client would hang. Write "listen 8080", or "0.0.0.0:80" in the argument listen[0].',
    ]);
  });

  test("an include that can't be seen is a warning", () => {
    const args = { ...right, nginx: { "default.conf": "include /etc/nginx/more/*.conf;" } };
    assert.deepEqual(checkArguments("web", args), {
      problems: [],
      warnings: [
        'default.conf:1: "include /etc/nginx/more/*.conf" reads files that can\'t be seen from here: a "listen" in them is not compared with the sockets.',
        'web.socket: "0.0.0.0:8080", the argument listen[0], has no "listen" that can be seen. If no include has "listen 8080", every client hangs.',
      ],
    });
  });
});
