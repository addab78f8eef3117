import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { Backend, ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { nginxOf } from "../../components/proxy/render.ts";

// A backend's own lines of nginx.

const web: Backend = { image: "docker.io/library/httpd:latest", serverName: "www.example.com", port: 80 };
const base: ReverseProxyStackArgs = {
  connection: { address: "192.0.2.11" },
  user: "test",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:82"],
  backends: {},
};

/** The files of a proxy that has no problems. */
function files(
  backends: Record<string, Partial<Backend>>,
  nginx: ReverseProxyStackArgs["nginx"] = {},
): Record<string, string> {
  const args = { ...base, backends: whole(backends), nginx };
  assert.deepEqual(checkProxy("p", args), { problems: [], warnings: [] });
  return nginxOf("p", args).nginx as Record<string, string>;
}

function problems(backends: Record<string, Partial<Backend>>, more: object = {}): string[] {
  return checkProxy("p", { ...base, backends: whole(backends), ...more }).problems.map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

function whole(backends: Record<string, Partial<Backend>>): Record<string, Backend> {
  return Object.fromEntries(Object.entries(backends).map(([name, change]) => [name, { ...web, ...change }]));
}

/** The file of a backend that has its own server, after the `listen` and the name. */
const server = (text: string) => `server {
    listen 82;
    server_name www.example.com;

${text}    include /etc/nginx/conf.d/_proxy-server;
    include /etc/nginx/conf.d/www.example.com_*.routes;
}
`;
const passes = (backend: string) => `set $backend http://${backend}.dns.podman:80;`;

describe("a header of one's own is in the place of the generated one", () => {
  const otherwise = "# In place of _proxy-headers, which has one that is set otherwise.";

  test("in the server, and so in all its locations; whatever its case", () => {
    const extra =
      "proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;\nproxy_set_header HOST internal.example.com;\n";
    assert.equal(
      files({ web: { extra } })["web.conf"],
      server(`    proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;
    proxy_set_header HOST internal.example.com;

    location / {
        ${passes("web")}
        proxy_pass $backend;
    }

    ${otherwise}
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $host$proxy_port_suffix;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header Forwarded "";
    proxy_set_header Proxy "";
    proxy_set_header Upgrade $proxy_upgrade;
    proxy_set_header Connection $proxy_connection;
`),
    );
  });

  test("nothing of it where no generated one is set, or only in a location", () => {
    const extra = "proxy_set_header X-Other a;\nlocation /x { proxy_set_header Host x; }";
    assert.match(
      files({ web: { extra } })["web.conf"] ?? "",
      /\n {4}include \/etc\/nginx\/conf\.d\/_proxy-headers;/,
    );
  });

  test("in a file that it includes", () => {
    const nginx = { "host.inc": "proxy_set_header Host x;" };
    const text = files({ web: { extra: "include conf.d/host.inc;" } }, nginx)["web.conf"] ?? "";
    assert.match(text, /proxy_set_header X-Real-IP/);
    assert.doesNotMatch(text, /proxy_set_header Host|_proxy-headers;/);
  });

  test("for all backends, in a file of the http context", () => {
    const nginx = { "balancer.conf": "proxy_set_header x-forwarded-proto $http_x_forwarded_proto;" };
    const before = files({ web: {} });
    const after = files({ web: {} }, nginx);
    assert.equal(after["web.conf"], before["web.conf"]);
    assert.equal(
      after["_proxy-headers"],
      before["_proxy-headers"]?.replace(
        "X-Forwarded-Proto $scheme",
        "x-forwarded-proto $http_x_forwarded_proto",
      ),
    );
  });

  test("in a location, which has the headers of one level only: with those of the server", () => {
    const backends = {
      web: { extra: "proxy_set_header X-Forwarded-Proto https;\nproxy_set_header X-A 'a b';" },
      api: {
        paths: ["/api/"],
        transport: "unix" as const,
        port: undefined,
        extra: "proxy_set_header Host x;",
      },
    };
    assert.equal(
      files(backends)["www.example.com_api.routes"],
      `location /api/ {
    set $backend "";
    proxy_set_header Host x;
    ${otherwise}
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header X-Forwarded-Host $host$proxy_port_suffix;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header Forwarded "";
    proxy_set_header Proxy "";
    proxy_set_header Upgrade $proxy_upgrade;
    proxy_set_header Connection $proxy_connection;
    proxy_set_header X-A "a b";
    proxy_pass http://api;
}
`,
    );
    const other = files({ web: {}, api: { ...backends.api, extra: "proxy_set_header X-A a;" } });
    assert.match(
      other["www.example.com_api.routes"] ?? "",
      / {4}proxy_set_header X-A a;\n {4}include \/etc\/nginx\/conf\.d\/_proxy-headers;\n {4}proxy_pass/,
    );
  });
});

test("an address of one's own is in the place of the generated one", () => {
  const text = files({ web: { extra: "listen 82 proxy_protocol;" } })["web.conf"] ?? "";
  assert.deepEqual(text.match(/listen .*/g), ["listen 82 proxy_protocol;"]);
});

describe("with paths, one's own lines are in the locations of these", () => {
  const extra = `client_max_body_size 100m; # uploads
# The backend knows nothing of /api.
rewrite ^/api/(.*) /$1 break;
location = /api/health { return 204; }`;
  const api = { paths: ["/api/", "/v2"], extra };
  const inLocation = (path: string) => `location ${path} {
    ${passes("api")}
    set $again @again-api;
    client_max_body_size 100m; # uploads
    # The backend knows nothing of /api.
    rewrite ^/api/(.*) /$1 break;
    proxy_pass $backend;
}
`;
  // A request that is tried again has been rewritten before.
  const routes = `${inLocation("/api/")}${inLocation("/v2")}location @again-api {
    if ($upstream_connect_time ~ [0-9]) {
        return 504;
    }
    client_max_body_size 100m; # uploads
    proxy_pass $backend;
}
location = /api/health { return 204; }
`;

  test("where another backend has the server", () => {
    const { "www.example.com_api.routes": text, "web.conf": others } = files({ web: {}, api });
    assert.equal(text, routes);
    assert.equal(others, files({ web: {} })["web.conf"]);
  });

  test("and the same where it has that itself", () => {
    const text = files({ api })["api.conf"] ?? "";
    assert.equal(
      text,
      server(`${routes.replaceAll(/^(?=.)/gm, "    ")}    location / {
        return 404;
    }

    include /etc/nginx/conf.d/_proxy-headers;
`),
    );
  });

  test("locations alone change nothing of those of the paths", () => {
    const text = files({ web: {}, api: { paths: ["/api/"], extra: "location = /x { return 204; }" } });
    assert.equal(
      text["www.example.com_api.routes"],
      `location /api/ {
    ${passes("api")}
    proxy_pass $backend;
}
location = /x { return 204; }
`,
    );
  });

  test("an error_page of its own does not take the second try away", () => {
    const text = files({ web: {}, api: { paths: ["/api/"], extra: "error_page 502 /sorry;" } });
    assert.match(
      text["www.example.com_api.routes"] ?? "",
      /^ {4}error_page 502 \/sorry;\n {4}error_page 504 = \$again;\n {4}proxy_pass/m,
    );
  });

  test("what is for a whole server is refused", () => {
    const lines = "large_client_header_buffers 4 16k;\nssl_session_timeout 1h; proxy_pass http://x;";
    const found = (whole: string) => [
      ...["large_client_header_buffers", "ssl_session_timeout"].map(
        (name, index) =>
          `backends.api.extra: "${name}" in line ${index + 1} belongs in a whole server, of which this backend has "/api/", "/v2" only. Put it into ${whole}.`,
      ),
      'backends.api.extra: "proxy_pass" in line 2 is generated: remove it, or give it its own location',
    ];
    const wrong = { ...api, extra: lines };
    assert.deepEqual(problems({ api: wrong, web: {} }), found("backends.web.extra"));
    assert.deepEqual(problems({ api: wrong }), found('the extra of a backend that has "/"'));
    assert.deepEqual(problems({ web: { extra: "large_client_header_buffers 4 16k;" } }), []);
  });
});

describe("a location of one's own", () => {
  const rest = "location / { return 302 /api/; }";

  test('for "/" is in the place of the 404, in the lines of any backend of the name', () => {
    const text = files({ api: { paths: ["/api/"], extra: rest } })["api.conf"] ?? "";
    assert.deepEqual(text.match(/location .*/g), ["location /api/ {", rest]);
    const two = files({ api: { paths: ["/api/"] }, v2: { paths: ["/v2/"], extra: rest } });
    assert.doesNotMatch(two["api.conf"] ?? "", /404/);
    assert.match(two["www.example.com_v2.routes"] ?? "", /^location \/ \{ return 302/m);
    // Another server name has its own 404.
    const other = files({
      api: { paths: ["/api/"] },
      v2: { paths: ["/v2/"], extra: rest, serverName: "b.example.com" },
    });
    assert.match(other["api.conf"] ?? "", /404/);
  });

  test("for that exactly is beside it", () => {
    const extra = "location = / { return 204; }";
    assert.match(files({ api: { paths: ["/api/"], extra } })["api.conf"] ?? "", /404/);
  });

  test("that the server has already is refused", () => {
    const message = (path: string, other: string) =>
      `the location "${path}" is already ${other}, and a server can have it only once`;
    const more = { nginx: { "more.inc": "location /v2 { }" } };
    assert.deepEqual(
      problems(
        {
          web: { extra: "location ^~ /api/ { }\nlocation @again { }\ninclude conf.d/more.inc;" },
          api: { paths: ["/api/", "/v2"], extra: `${rest}\nlocation = /x { }` },
          b: { paths: ["/b/"], extra: "location = /x { }\nlocation ~ ^/b/ { }" },
        },
        more,
      ),
      [
        `backends.web.extra: ${message("/api/", 'a path of backend "api"')}`,
        `backends.web.extra: ${message("@again", "generated")}`,
        `backends.web.extra: ${message("/v2", 'a path of backend "api"')}`,
        `backends.api.extra: ${message("/", 'a path of backend "web"')}`,
        `backends.b.extra: ${message("= /x", 'in the extra of backend "api"')}`,
      ],
    );
    assert.deepEqual(problems({ web: { extra: "location = /api/ { }" }, api: { paths: ["/api/"] } }), []);
  });
});

describe("room for long names", () => {
  const long = { serverName: `${"a".repeat(50)}.example.com` };
  const size = (text = "") => /^server_names_hash_bucket_size .*$/m.exec(text)?.[0];

  test("where a name needs it", () => {
    assert.equal(size(files({ web: {} })["_proxy.conf"]), undefined);
    assert.equal(size(files({ web: long })["_proxy.conf"]), "server_names_hash_bucket_size 128;");
  });

  test("is that of a person's own file, in the http context", () => {
    const directive = "server_names_hash_bucket_size 512;";
    assert.equal(size(files({ web: long }, { "a.conf": directive })["_proxy.conf"]), undefined);
    const included = { "a.conf": "include conf.d/b.inc;", "b.inc": directive };
    assert.equal(size(files({ web: long }, included)["_proxy.conf"]), undefined);
    assert.notEqual(size(files({ web: long }, { "b.inc": directive })["_proxy.conf"]), undefined);
    assert.notEqual(size(files({ web: long }, { "a.conf": pulumi.output("") })["_proxy.conf"]), undefined);
  });
});
