import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ArgumentError } from "../../components/arguments/problems.ts";
import { placeFleet } from "../../stacks/fleet.ts";

const hosts = { "web-1": { address: "192.0.2.11" }, "web-2": { address: "192.0.2.12" } };
const image = "docker.io/library/nginx:latest";
const backend = { image, serverName: "a.example.com", port: 80 };
const proxy = { hosts: ["web-1"], user: "test", image, listen: ["0.0.0.0:82"], backends: { app: backend } };
const site = { hosts: ["web-1"], manager: "user", user: "test", image, listen: ["0.0.0.0:8080"] };
const ofHost = { hosts: ["web-1"], manager: "system", image, listen: ["0.0.0.0:80"] };

function problems(sites: object, proxies: object = {}): string[] {
  try {
    placeFleet({ hosts, sites, proxies });
  } catch (thrown) {
    if (!(thrown instanceof ArgumentError)) throw thrown;
    return thrown.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

const other = { ...proxy, listen: ["0.0.0.0:83"] };
const open = { internal: false };

describe("one name may be there twice", () => {
  const www = { ...ofHost, listen: ["0.0.0.0:80", "0.0.0.0:8080"] };
  const fine: [string, object, object][] = [
    ["of another account", {}, { one: proxy, two: { ...other, user: "www" } }],
    ["on another host", {}, { one: proxy, two: { ...other, hosts: ["web-2"] } }],
    ["of the host's manager", { app: ofHost }, { one: proxy }],
    ["of the host's manager and of an account's", { www, "www-8080": site }, {}],
    ["on each of several hosts", { www: { ...www, hosts: ["web-1", "web-2"] } }, {}],
    ["that only looks like one", { www, "www-80800": ofHost, "www-handover-2": ofHost }, {}],
    ["that only a target of a proxy has", { "p-backends": site }, { p: proxy }],
  ];
  for (const [what, sites, proxies] of fine) test(what, () => assert.deepEqual(problems(sites, proxies), []));
});

describe("two can't have one name", () => {
  const www = { ...ofHost, listen: ["0.0.0.0:80", "0.0.0.0:8080"] };
  const cases: [string, object, object, string, string, string, string, boolean][] = [
    [
      "backends",
      {},
      { one: proxy, two: other },
      "proxies.two.backends.app",
      "app.service",
      "a unit",
      "proxies.one.backends.app",
      true,
    ],
    [
      "a site and a backend",
      { app: site },
      { one: proxy },
      "proxies.one.backends.app",
      "app.service",
      "a unit",
      "sites.app",
      true,
    ],
    [
      "a site and a replica",
      { "app-2": site },
      { one: { ...proxy, backends: { app: { ...backend, replicas: 2 } } } },
      "proxies.one.backends.app",
      "app-2.service",
      "a unit",
      "sites.app-2",
      true,
    ],
    [
      "a socket and a site",
      { www, "www-8080": { ...ofHost, listen: ["0.0.0.0:81"] } },
      {},
      "sites.www-8080",
      "www-8080.socket",
      "a unit",
      "sites.www",
      false,
    ],
    [
      "what a restart needs, and a site",
      { www, "www-rehearsal": { ...ofHost, listen: ["0.0.0.0:81"] } },
      {},
      "sites.www-rehearsal",
      "www-rehearsal.service",
      "a unit",
      "sites.www",
      false,
    ],
    [
      "the same, the other way round",
      { "www-handover": { ...ofHost, listen: ["0.0.0.0:81"] }, www },
      {},
      "sites.www",
      "www-handover.service",
      "a unit",
      "sites.www-handover",
      false,
    ],
    [
      "what hardening needs, and a site",
      {
        "www-usernamespace": site,
        www: { ...site, listen: ["0.0.0.0:81"], network: "none", hardened: true },
      },
      {},
      "sites.www",
      "www-usernamespace.service",
      "a unit",
      "sites.www-usernamespace",
      true,
    ],
    [
      "what rotates an access log, and a site",
      { "www-rotate": site, www: { ...site, listen: ["0.0.0.0:81"], accessLog: {} } },
      {},
      "sites.www",
      "www-rotate.service",
      "a unit",
      "sites.www-rotate",
      true,
    ],
    [
      "a site and a network",
      { "p-net-network": site },
      { p: proxy },
      "proxies.p",
      "p-net-network.service",
      "a unit",
      "sites.p-net-network",
      true,
    ],
    [
      "networks",
      {},
      { "p-open": proxy, p: { ...other, network: open, backends: { b: backend } } },
      "proxies.p",
      "p-open-net-network.service",
      "a unit",
      "proxies.p-open",
      true,
    ],
    [
      "a proxy's nginx and a site",
      { "p-handover": { ...ofHost, listen: ["0.0.0.0:81"] } },
      { p: proxy },
      "proxies.p",
      "p-handover.service",
      "a unit",
      "sites.p-handover",
      false,
    ],
    [
      "containers of an account in two managers",
      { app: { ...site, manager: "system" } },
      { one: { ...proxy, backends: { "systemd-app": backend } } },
      "proxies.one.backends.systemd-app",
      "systemd-app",
      "a container",
      "sites.app",
      true,
    ],
    [
      "the files of their ids",
      { app: { ...site, manager: "system" } },
      { one: proxy },
      "proxies.one.backends.app",
      "app.cid",
      "a container's id file",
      "sites.app",
      true,
    ],
  ];
  for (const [title, sites, proxies, path, name, what, by, isAccount] of cases)
    test(title, () => {
      const whose = isAccount ? ', of the account "test"' : "";
      assert.deepEqual(problems(sites, proxies), [
        `${path}: "${name}" is the name of ${what} of ${by} already${whose} on web-1. Choose another name.`,
      ]);
    });

  test("on the second host only", () => {
    const sites = { app: { ...site, hosts: ["web-2"] } };
    assert.match(problems(sites, { one: { ...proxy, hosts: ["web-1", "web-2"] } })[0] ?? "", / on web-2\./);
  });
});

test("a site and a proxy can't have one name, wherever they are: the stack's outputs and --target go by it", () => {
  for (const hosts of [["web-1"], ["web-2"]])
    assert.deepEqual(problems({ www: ofHost }, { www: { ...proxy, hosts } }), [
      "proxies.www: is also the name of a site. Choose another name.",
    ]);
  assert.deepEqual(problems({ www: ofHost }, { front: proxy }), []);
});
