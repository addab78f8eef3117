import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Backend, ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { args, caddy, page } from "./proxy-unix-example.ts";

const problems = (backend: Partial<Backend>, base: Backend = page) =>
  checkProxy("web", { ...args, backends: { page: { ...base, ...backend } } }).problems.map(
    ({ path, message }) => `${path}: ${message}`,
  );

describe("a preview says", () => {
  test("nothing where all is right", () => {
    assert.deepEqual(checkProxy("web", args), { problems: [], warnings: [] });
  });

  const tcp: Backend = { image: "docker.io/library/httpd:latest", serverName: "w.example.com", port: 80 };
  const cases: [string, string[], string[]][] = [
    [
      "what a transport has not",
      problems({ socketPath: "/run/a/b", socketActivated: true, nginx: {} }, tcp),
      ["socketPath", "socketActivated", "nginx"].map(
        (key) => `backends.page.${key}: needs transport: "unix"`,
      ),
    ],
    [
      "that a port is missing",
      problems({ transport: "tcp" }, { image: tcp.image, serverName: "w" }),
      ['backends.page.port: is missing: give the port on which the backend listens, or transport: "unix"'],
    ],
    [
      "that a port is too much",
      problems({ port: 80 }, caddy),
      ['backends.page.port: needs transport: "tcp". With "unix", give socketPath instead'],
    ],
    [
      "whose socket it is",
      problems({ socketPath: "/run/a/b" }),
      ["backends.page.socketPath: must be removed: with nginx, systemd creates the socket of the backend"],
    ],
    [
      "that a health check is not for nginx",
      problems({ healthCheck: { command: "true" } }),
      [
        "backends.page.healthCheck: must be removed: a backend with nginx is checked by a request to its socket, as a site is",
      ],
    ],
  ];
  for (const [what, found, expected] of cases) test(what, () => assert.deepEqual(found, expected));

  test("@SOCKET@ in an error about nginx's files", () => {
    const found = problems({ nginx: { "a.conf": "server { listen 80; }" } }).join("\n");
    assert.match(found, /^backends\.page\.nginx: .* Write "listen unix:@SOCKET@"\.$/);
    assert.doesNotMatch(found, /@UID@|the argument/);
  });

  test("names that are taken: of units in the account's manager, of containers, and of the files of their ids", () => {
    const found = (change: Partial<ReverseProxyStackArgs>) =>
      checkProxy("web", { ...args, ...change }).problems.map(({ path, message }) => `${path}: ${message}`);
    const other = { ...caddy, serverName: "o.example.com" };
    assert.deepEqual(found({ backends: { web: caddy } }), [
      'backends.web: "web.service" is already the name of a unit of the proxy itself. Choose another name.',
    ]);
    assert.deepEqual(found({ manager: "system", backends: { web: page } }), [
      'backends.web: "systemd-web" is already the name of a container of the proxy itself. Choose another name.',
    ]);
    assert.deepEqual(found({ backends: { page, "systemd-page": other } }), [
      'backends.systemd-page: "systemd-page" is already the name of a container of backend "page". Choose another name.',
    ]);
    const beside = { page, "page-usernamespace": other };
    assert.deepEqual(found({ hardened: true, backends: beside }), [
      'backends.page-usernamespace: "page-usernamespace.service" is already the name of a unit of backend "page". Choose another name.',
    ]);
    assert.deepEqual(found({ backends: beside }), []);
    assert.deepEqual(found({ manager: "system", backends: { web: caddy } }), [
      'backends.web: "web.cid" is already the name of a container\'s id file of the proxy itself. Choose another name.',
    ]);
  });

  test("that the path of a socket is too long, where systemd opens it", () => {
    const found = (backend: Backend, name: string) =>
      checkProxy(name, { ...args, backends: { ["b".repeat(40)]: backend } }).problems;
    const [whole, more] = ["w".repeat(32), "w".repeat(33)];
    for (const backend of [page, { ...caddy, socketActivated: true }]) {
      assert.deepEqual(found(backend, whole), []);
      assert.deepEqual(found(backend, more), [
        {
          path: `backends.${"b".repeat(40)}`,
          message:
            "the path of its socket would have 108 characters, and at most 107 are possible. Choose a shorter name, for it or for the proxy.",
        },
      ]);
    }
    assert.deepEqual(found(caddy, more), []);
  });
});
