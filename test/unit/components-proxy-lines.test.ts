import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Backend, ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { nginxOf } from "../../components/proxy/render.ts";

// A backend's own lines of nginx: where they are allowed, and that they stay unchanged.

function argsOf(backends: Record<string, Partial<Backend>>): ReverseProxyStackArgs {
  const web: Backend = { image: "docker.io/library/httpd:latest", serverName: "www.example.com", port: 80 };
  const all = Object.entries(backends).map(([name, change]) => [name, { ...web, ...change }]);
  return {
    connection: { address: "192.0.2.11" },
    user: "test",
    image: "docker.io/library/nginx:latest",
    listen: ["0.0.0.0:82"],
    backends: Object.fromEntries(all) as Record<string, Backend>,
  };
}

function problems(backends: Record<string, Partial<Backend>>): string[] {
  return checkProxy("p", argsOf(backends)).problems.map(({ path, message }) => `${path}: ${message}`);
}

function files(backends: Record<string, Partial<Backend>>): Record<string, string> {
  assert.deepEqual(problems(backends), []);
  return nginxOf("p", argsOf(backends)).nginx as Record<string, string>;
}

test("a string of several lines stays what it is, in a server and in a location", () => {
  const extra = `add_header X-A 'a';
error_page 404 = @none;
location @none {
  return 404 "not
  here
";
}`;
  const body = '"not\n  here\n";';
  assert.ok(
    files({ web: { extra } })["web.conf"]?.includes(`          return 404 ${body}\n    }\n`.slice(4)),
  );
  const api = files({ web: {}, api: { paths: ["/api/"], extra: `sub_filter a "x\n y";\n${extra}` } });
  const routes = api["www.example.com_api.routes"] ?? "";
  assert.ok(routes.includes('    sub_filter a "x\n y";\n'));
  assert.ok(routes.includes(`  return 404 ${body}\n}\n`));
});

describe("a directive that nginx does not take there is refused", () => {
  const told = (extra: string, paths?: string[]) =>
    problems({ web: { extra, ...(paths === undefined ? {} : { paths }) } });

  test("one for another context", () => {
    assert.deepEqual(told("limit_req_zone $host zone=a:1m rate=1r/s;\nmap $a $b { }\nworker_processes 2;"), [
      ...["limit_req_zone", "map"].map(
        (name, index) =>
          `backends.web.extra: "${name}" in line ${index + 1} belongs in the http block, outside of any server. Put it into a file of the argument nginx whose name ends in ".conf".`,
      ),
      'backends.web.extra: "worker_processes" in line 3 belongs at the top of nginx.conf, and that file is the image\'s. Remove it.',
    ]);
    assert.deepEqual(told("alias /srv;"), [
      'backends.web.extra: "alias" in line 1 belongs in a location, and these lines are in the server. Put it into a "location … { … }".',
    ]);
    assert.deepEqual(told("location /x/ { alias /srv/; internal; }"), []);
  });

  test("one for a server, newer ones too", () => {
    const names = [
      ...[
        "http2",
        "http3",
        "http3_hq",
        "quic_gso",
        "ssl_reject_handshake",
        "ssl_certificate_compression",
        "ssl_ech_file",
      ],
      ...[
        "http2_max_concurrent_streams",
        "max_headers",
        "client_body_early_read",
        "keepalive_timeout",
        "http2_chunk_size",
      ],
    ];
    const refused = told(names.map((name) => `${name} 1;`).join(" "), ["/a/"]).map(
      (line) => /"(\w+)" in line 1 belongs in a whole server/.exec(line)?.[1],
    );
    assert.deepEqual(refused, names.slice(0, -2));
    assert.deepEqual(told(names.map((name) => `${name} 1;`).join(" ")), []);
  });
});
