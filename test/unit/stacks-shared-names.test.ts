import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ArgumentError } from "../../components/problems.ts";
import { placeFleet } from "../../stacks/fleet.ts";

const hosts = { "web-1": { address: "192.0.2.11" }, "web-2": { address: "192.0.2.12" } };
const image = "docker.io/library/nginx:latest";
const backend = { image, serverName: "a.example.com", port: 80 };
const proxy = { hosts: ["web-1"], user: "test", image, listen: ["0.0.0.0:82"], backends: { app: backend } };
const site = { hosts: ["web-1"], manager: "user", user: "test", image, listen: ["0.0.0.0:8080"] };

function problems(sites: object, proxies: object): string[] {
  try {
    placeFleet({ hosts, sites, proxies });
  } catch (thrown) {
    if (!(thrown instanceof ArgumentError)) throw thrown;
    return thrown.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe("one name may be there twice", () => {
  const other = { ...proxy, listen: ["0.0.0.0:83"] };
  const fine: [string, object, object][] = [
    ["of another account", {}, { one: proxy, two: { ...other, user: "www" } }],
    ["on another host", {}, { one: proxy, two: { ...other, hosts: ["web-2"] } }],
    ["of the host's manager", { app: { ...site, manager: "system" } }, { one: proxy }],
  ];
  for (const [what, sites, proxies] of fine) test(what, () => assert.deepEqual(problems(sites, proxies), []));
});

test("two units of an account can't have one name: of backends, of a replica, of a site", () => {
  const taken = (path: string, unit: string, by: string) =>
    `${path}: "${unit}" is the name of a unit of ${by} already, of the account "test" on web-1. Choose another one.`;
  const both = { one: proxy, two: { ...proxy, listen: ["0.0.0.0:83"] } };
  assert.deepEqual(problems({}, both), [
    taken("proxies.two.backends.app", "app", "proxies.one.backends.app"),
  ]);
  assert.deepEqual(problems({ app: site }, { one: proxy }), [
    taken("proxies.one.backends.app", "app", "sites.app"),
  ]);
  const replicas = { ...proxy, backends: { app: { ...backend, replicas: 2 } } };
  assert.deepEqual(problems({ "app-2": site }, { one: replicas }), [
    taken("proxies.one.backends.app", "app-2", "sites.app-2"),
  ]);
});
