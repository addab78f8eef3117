import assert from "node:assert/strict";
import { test } from "node:test";
import { parseListenStream } from "../../units/nginx/address.ts";
import { checkListens } from "../../units/nginx/check.ts";
import { type Directive, parseNginx } from "../../units/nginx/parse.ts";
import { readExtra } from "../../units/nginx/extra.ts";
import { proxyHeaders, withHeaders } from "../../units/nginx/headers.ts";
import { routesFile } from "../../units/nginx/proxy-files.ts";
import { otherNames, proxyCommon, tlsCommon } from "../../units/nginx/proxy-shared.ts";
import { proxyServer } from "../../units/nginx/retry.ts";
import { type ProxiedBackend, locations, virtualHost } from "../../units/nginx/virtual-host.ts";

const streams = ["0.0.0.0:80", "192.0.2.11:80", "/run/web.sock"];
const listen = streams.map(parseListenStream);
const headers = withHeaders([]);
const backend = (change: Partial<ProxiedBackend>): ProxiedBackend => ({
  name: "web",
  port: 8080,
  serverNames: ["*.example.com"],
  paths: ["/"],
  extra: readExtra(),
  ...change,
});
const lines = "client_max_body_size 1m; # more\nlocation = /x { return 204; }\n";
const web = backend({ paths: ["/", "/more/"], extra: readExtra(lines) });
const host = virtualHost({ serverName: "*.example.com", listen, backend: web, headers, isWhole: true });

test("paths that no backend has are no files of the image", () => {
  const api = backend({ name: "api", paths: ["/api/"] });
  const text = virtualHost({ serverName: "a", listen, backend: api, headers, isWhole: false });
  assert.match(text, / {4}location \/api\/ \{[^}]*\}\n {4}location \/ \{\n {8}return 404;\n {4}\}\n/);
});

test("unknown names; only there a listen has options of the socket", () => {
  assert.equal(
    otherNames(listen),
    `server {
    listen 80 default_server;
    listen 192.0.2.11:80 default_server bind;
    listen unix:/run/web.sock default_server;
    server_name _;
    return 404;
}
`,
  );
});

test("together they are what the sockets are, and nothing is out of sight", () => {
  const routes = locations(backend({ name: "b", paths: ["/b/"] }), headers, headers);
  const files = [
    { name: "_proxy.conf", text: proxyCommon() },
    { name: "_proxy-headers", text: proxyHeaders(headers) },
    { name: "_proxy-server", text: proxyServer() },
    { name: "_default.conf", text: otherNames(listen) },
    { name: "web.conf", text: host },
    { name: routesFile("*.example.com", "b"), text: routes },
  ];
  const sockets = [{ unit: "web.socket", listen: streams }];
  assert.deepEqual(checkListens(files, sockets), { errors: [], warnings: [] });
  // The routes' file is checked, too: a listen in it is found.
  const wrong = files.map((file) => (file.name.endsWith(".routes") ? { ...file, text: "listen 81;" } : file));
  assert.match(
    checkListens(wrong, sockets).errors[0]?.message ?? "",
    /_\.example\.com_b\.routes:1: "listen 81"/,
  );
});

test("the headers replace what a client says of itself", () => {
  const lines = parseNginx(proxyHeaders(headers), "x").flatMap(({ name, args }) =>
    name === "proxy_set_header" ? [args] : [],
  );
  const values = Object.fromEntries(lines.map(([name = "", value]) => [name, value]));
  assert.deepEqual(values, {
    Host: "$host$proxy_port_suffix",
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Proto": "$scheme",
    "X-Forwarded-Host": "$host$proxy_port_suffix",
    "X-Forwarded-Port": "$server_port",
    Forwarded: "",
    Proxy: "",
    Upgrade: "$proxy_upgrade",
    Connection: "$proxy_connection",
  });
});

test("what is shared is in the http context, and can be read", () => {
  assert.deepEqual(
    parseNginx(proxyCommon(), "x").map(({ name, args }) => [name, args[0]]),
    [
      ["include", "/etc/nginx/resolver.d/*.conf"],
      ["resolver_timeout", "5s"],
      ["proxy_connect_timeout", "2s"],
      ["proxy_http_version", "1.1"],
      ["map", "$http_upgrade"],
      ["map", "$proxy_upgrade"],
      ["proxy_buffering", "off"],
      ["map", "$http_host"],
      ["map", ""],
    ],
  );
});

test("what somebody's own files have there is not written a second time", () => {
  const names = [
    "resolver_timeout",
    "proxy_connect_timeout",
    "proxy_http_version",
    "proxy_buffering",
    "server_names_hash_bucket_size",
  ];
  const written = (own: Directive[]) =>
    parseNginx(proxyCommon({ serverNames: ["a".repeat(47)], own }), "x").map(({ name }) => name);
  assert.deepEqual(names.filter((name) => written([]).includes(name)).sort(), [...names].sort());
  const own = parseNginx(names.map((name) => `${name} 1;`).join("\n"), "x");
  assert.deepEqual(new Set(written(own)), new Set(["include", "map"]));
  const tls = { listen, http2: true, redirect: false, names: [], acme: false };
  const lines = (own: string) => tlsCommon(tls, parseNginx(own, "x")).trim().split("\n").slice(2);
  assert.deepEqual(lines(""), ["ssl_protocols TLSv1.2 TLSv1.3;", "http2 on;"]);
  assert.deepEqual(lines("ssl_protocols TLSv1.3; http2 off;"), []);
});

test("a second try is where `error_page` says, by a variable: one of its own would replace the server's others", () => {
  assert.deepEqual(
    parseNginx(proxyServer(), "x").map(({ name, args }) => [name, ...args]),
    [
      ["error_page", "504", "=", "$again"],
      ["location", "@again"],
    ],
  );
  assert.match(proxyCommon(), /\nmap "" \$again \{\n {4}default @again;\n\}\n$/);
});

test("a WebSocket is passed on, and no other upgrade: with h2c a client would be past routes and headers", () => {
  const maps = parseNginx(proxyCommon(), "x").filter(({ name }) => name === "map");
  const table = (result: string) =>
    maps
      .filter(({ args }) => args[1] === result)
      .map(({ args: [source], block = [] }) => [source, block.map(({ name, args }) => [name, ...args])]);
  assert.deepEqual(table("$proxy_upgrade"), [
    [
      "$http_upgrade",
      [
        ["default", ""],
        ["websocket", "websocket"],
      ],
    ],
  ]);
  assert.deepEqual(table("$proxy_connection"), [
    [
      "$proxy_upgrade",
      [
        ["default", "close"],
        ["websocket", "upgrade"],
      ],
    ],
  ]);
});
