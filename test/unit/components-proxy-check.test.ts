import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { type Backend, type ReverseProxyStackArgs, proxySchema } from "../../components/proxy/arguments.ts";
import { checkProxy } from "../../components/proxy/check.ts";

const web: Backend = { image: "docker.io/library/httpd:latest", serverName: "www.example.com", port: 80 };
const right: ReverseProxyStackArgs = {
  connection: { address: "192.0.2.11" },
  user: "test",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:82"],
  backends: { web },
};

function problems(change: object): string[] {
  return checkProxy("example4", { ...right, ...change }).problems.map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

describe("nothing is wrong with", () => {
  const fine: Record<string, object> = {
    "Example 4": {},
    "everything that there is": {
      createUser: true,
      listen: ["0.0.0.0:82", "[::]:82", "/run/web.sock"],
      network: { internal: false },
      nginx: { "_default.conf": "server { listen 82; listen [::]:82; listen unix:/run/web.sock; }" },
      backends: {
        web: {
          ...web,
          serverNames: ["*.example.com"],
          extra: "client_max_body_size 1m; # a comment",
          replicas: 3,
          environment: { NGINX: "1", A: pulumi.secret("a") },
          volumes: ["data.volume:/data", "%t/x:/x"],
          healthCheck: {
            command: "curl -f http://localhost/ | grep '[a-z]'.",
            interval: "1m30s",
            retries: 1,
          },
        },
        api: { ...web, paths: ["/api/", "/v2"] },
      },
    },
    "an image that is not known yet": { backends: { web: { ...web, image: pulumi.output("nginx") } } },
    "files that are not known yet": { nginx: { "a.conf": pulumi.output("server { listen 1; }") } },
  };
  for (const [what, change] of Object.entries(fine))
    test(what, () => {
      const found = checkProxy("example4", { ...right, ...change });
      assert.deepEqual(found, { problems: [], warnings: [] });
    });
});

const cases: [string, object, string[]][] = [
  ["no backend", { backends: {} }, ["backends: needs one backend at least"]],
  [
    "what a site has and a proxy has not",
    { linger: true, network: { internl: true } },
    [
      'network.internl: is not known. Did you mean "internal"?',
      `linger: is not known. Known: ${Object.keys(proxySchema.shape).join(", ")}.`,
    ],
  ],
  ["root", { user: "root" }, ["user: root has no rootless podman: choose another account"]],
  [
    "the shape of a backend",
    {
      backends: {
        Web: web,
        a: { ...web, imgae: "x", port: 0 },
        b: { ...web, serverName: "a b", serverNames: ["WWW.example.com", "~x"], paths: ["api", "/a b"] },
        c: { ...web, healthCheck: { command: '"x"', interval: "5" }, replicas: 0, paths: [] },
      },
    },
    [
      'backends.Web: a backend\'s name is a label of DNS: lower-case letters, digits and "-", at most 60 characters',
      "backends.a.port: must be a whole number from 1 to 65535, and is 0",
      'backends.a.imgae: is not known. Did you mean "image"?',
      ...["serverName", "serverNames[0]", "serverNames[1]"].map(
        (at) =>
          `backends.b.${at}: is not a valid host name: use lower-case letters, digits, "-" and ".", and for a pattern "*." at the start`,
      ),
      'backends.b.paths[0]: is not a path: it must begin with "/"',
      'backends.b.paths[1]: is not a path: it must begin with "/"',
      "backends.c.paths: needs one path at least",
      "backends.c.replicas: must be a whole number from 1 to 100, and is 0",
      "backends.c.healthCheck.command: can't begin or end with a quote or a blank",
      'backends.c.healthCheck.interval: is not a duration such as "30s"',
    ],
  ],
  [
    "server names: none, and those of others",
    {
      backends: {
        web,
        none: { ...web, serverName: undefined },
        again: { ...web, serverName: undefined, serverNames: ["www.example.com"] },
        api: { ...web, paths: ["/api/", "/api/"] },
        whole: { ...web, paths: ["/"] },
      },
    },
    [
      "backends.none.serverName: is missing: nginx chooses the backend by its server name",
      'backends.again: "www.example.com" duplicates that of backend "web". Give one of them paths.',
      'backends.api: "/api/" of "www.example.com" duplicates that of backend "api".',
      'backends.whole: "/" of "www.example.com" duplicates that of backend "again".',
    ],
  ],
  [
    "names that are taken",
    {
      backends: {
        a: { ...web, replicas: 2 },
        "a-2": { ...web, serverName: "b" },
        "systemd-example4": { ...web, serverName: "c" },
        "example4-net-network": { ...web, serverName: "d" },
      },
    },
    [
      'backends.a-2: "a-2.service" is already the name of a unit of backend "a". Choose another name.',
      'backends.systemd-example4: "systemd-example4" is already the name of a container of the proxy itself. Choose another name.',
      'backends.example4-net-network: "example4-net-network.service" is already the name of a unit of the proxy itself. Choose another name.',
    ],
  ],
  [
    "an image without a registry, and lines that leave their block",
    { image: "nginx", backends: { web: { ...web, image: "httpd", extra: "}\nserver {" } } },
    [
      'image: "nginx" names no registry, so each host would choose one by itself. Write for example "docker.io/library/nginx".',
      'backends.web.image: "httpd" names no registry, so each host would choose one by itself. Write for example "docker.io/library/httpd".',
      'backends.web.extra: extra:1: unexpected "}": no block is open.',
    ],
  ],
  [
    "the name of a generated file",
    { nginx: { "web.conf": "", "_proxy.conf": "", "_proxy-server": "" } },
    ['["web.conf"]', '["_proxy.conf"]', "._proxy-server"].map(
      (file) => `nginx${file}: is the name of a generated file. Choose another name.`,
    ),
  ],
  [
    "a listen that no socket has, in a file and in a backend's lines",
    { nginx: { "z.conf": "server { listen 80; }" }, backends: { web: { ...web, extra: "listen 83;" } } },
    ["web.conf:5", "z.conf:1"].map((at) => {
      const port = at.startsWith("z") ? 80 : 83;
      return `nginx: ${at}: "listen ${port}" binds 0.0.0.0:${port}, which no socket passes on. Sockets: 0.0.0.0:82 (example4.socket). Remove it, or add "0.0.0.0:${port}" to the argument listen.`;
    }),
  ],
];

describe("what is wrong, and where", () => {
  for (const [what, change, expected] of cases)
    test(what, () => assert.deepEqual(problems(change), expected));

  test("an address, beside what is wrong with a backend", () => {
    const found = problems({ listen: ["x"], backends: { web: { ...web, image: "httpd" } } });
    assert.deepEqual(
      found.map((line) => line.split(": ")[0]),
      ["listen[0]", "backends.web.image"],
    );
  });
});
