import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { SocketActivatedNginxArgs } from "../../components/site/arguments.ts";
import type { ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";
import { renderBackends } from "../../components/proxy/backend-set.ts";
import { nginxOf, proxyAdditions } from "../../components/proxy/render.ts";
import { type Rendered, render } from "../../components/site/render.ts";

// docs/units.md explains exactly the lines of our units that the reference's units don't have.

const page = readFileSync(join(import.meta.dirname, "../../docs/units.md"), "utf8");
const documented = [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = ""]) =>
  [...cell.matchAll(/`([A-Z][\w]*=[^`]*)`/g)].map(([, line = ""]) => line),
);

const image = "docker.io/library/nginx:latest";
const site: SocketActivatedNginxArgs = {
  connection: { address: "192.0.2.11" },
  manager: "user",
  user: "test",
  image,
  listen: ["0.0.0.0:8080", "[::]:8080"],
  network: "none",
};
const proxy: ReverseProxyStackArgs = {
  connection: site.connection,
  user: "test",
  image,
  listen: ["0.0.0.0:82"],
  backends: {
    tcp: { image, serverName: "a", port: 80 },
    unix: { image, serverName: "b", transport: "unix" },
  },
};
const rendered: Rendered[] = [
  render("example1", site),
  render("example1", { ...site, hardened: true }),
  render("example1", { ...site, accessLog: {} }),
  render("example1", { ...site, tls: { acme: { names: ["www.example.com"] } } }),
  render("example1", { ...site, listen: ["192.0.2.11:8080"] }),
  render("example3", { ...site, manager: "system" }),
  render("example4", nginxOf("example4", proxy), proxyAdditions("example4", proxy)),
  renderBackends("example4", proxy),
];
const lines = rendered
  .flatMap(({ units }) => Object.values(units) as string[])
  .flatMap((text) => text.split("\n"))
  .filter((line) => line.includes("="));

/** The keys of the reference's Examples 1 to 4, with any value. */
const reference =
  `Description Requires After RequiresMountsFor Image Environment Volume Network ListenStream WantedBy User KillMode
  ExecStop ExecStopPost Delegate Type NotifyAccess SyslogIdentifier ExecStart ContainerName Internal`.split(
    /\s+/,
  );

test("each line of the page is in a unit", () => {
  assert.ok(documented.length > 20);
  assert.deepEqual(
    documented.filter((wanted) => !lines.some((line) => line.startsWith(wanted))),
    [],
  );
});

test("each key of the units that the reference does not have is on the page", () => {
  const keys = [...new Set(lines.map((line) => line.split("=")[0] ?? ""))];
  const said = new Set(documented.map((line) => line.split("=")[0]));
  assert.deepEqual(
    keys.filter((key) => !reference.includes(key) && !said.has(key)),
    [],
  );
});
