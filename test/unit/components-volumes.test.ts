import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SocketActivatedNginxArgs } from "../../components/site/arguments.ts";
import { checkArguments } from "../../components/site/check.ts";
import type { Backend, ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { readVolume } from "../../units/volume.ts";

const site: SocketActivatedNginxArgs = {
  connection: { address: "192.0.2.11" },
  manager: "user",
  user: "test",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:8080"],
};

/** The problems and warnings of a site. */
function told(volumes: string[], change: Partial<SocketActivatedNginxArgs> = {}): string[] {
  const { problems, warnings } = checkArguments("web", { ...site, volumes, ...change });
  return [...problems.map(({ path, message }) => `${path}: ${message}`), ...warnings];
}

describe("a volume", () => {
  const right: [string, string | undefined, string][] = [
    ["/srv/www:/usr/share/nginx/html:ro,Z", "/srv/www", "/usr/share/nginx/html"],
    ["/a:/b/../c//d/", "/a", "/c/d"],
    ["%h/www:/www", "%h/www", "/www"],
    ["data:/srv", "data", "/srv"],
    ["data-%i:/srv", "data-%i", "/srv"],
    ["web.volume:/srv", "web.volume", "/srv"],
    ["/cache", undefined, "/cache"],
  ];
  for (const [text, source, target] of right)
    test(text, () =>
      assert.deepEqual(readVolume(text), { ...(source === undefined ? {} : { source }), target }),
    );

  const relative = "is relative, and the host would look for it beside its unit file.";
  const wrong: [string, string][] = [
    [
      "./html:/x",
      `"./html" ${relative} Write the whole path on the host, for example "/srv/html" or "%h/html".`,
    ],
    [
      "../html:/x",
      `"../html" ${relative} Write the whole path on the host, for example "/srv/html" or "%h/html".`,
    ],
    [
      "~/www:/x",
      '"~/www" begins with "~", which podman does not know. Write "%h/www", the account\'s home directory.',
    ],
    ["srv/www:/x", '"srv/www" is relative. Write the whole path on the host, for example "/srv/www".'],
    ["a b:/x", '"a b" is neither a path nor the name of a volume: letters, digits, "_", "." and "-".'],
    ["/srv/www:html", '"html" must be a path in the container that begins with "/". Write SOURCE:/TARGET.'],
    ["/a:/b:ro:Z", '"/a:/b:ro:Z" has too many ":". Write SOURCE:TARGET or SOURCE:TARGET:OPTIONS.'],
    [
      "/a:/",
      '"/a:/" would be mounted at the root of the container, which is not possible. Choose a directory in it.',
    ],
    [":/b", 'has no source before its first ":". Write SOURCE:TARGET.'],
  ];
  for (const [text, expected] of wrong) test(text, () => assert.equal(readVolume(text), expected));
});

describe("a volume of a site", () => {
  test("that covers nothing is not spoken of, nor are two that are the same", () => {
    assert.deepEqual(
      told(["/srv/www:/usr/share/nginx/html:ro", "data:/data", "data:/data", "/s:/etc/nginx/snippets"]),
      [],
    );
  });

  const taken = (index: number, path: string, what: string) =>
    `volumes[${index}]: "${path}" is where ${what} is already mounted, and podman mounts one volume at a path. Choose another path.`;
  test("that is relative", () => {
    assert.deepEqual(told(["data:/data", "./html:/srv"]), [
      'volumes[1]: "./html" is relative, and the host would look for it beside its unit file. Write the whole path on the host, for example "/srv/html" or "%h/html".',
    ]);
  });

  test("where something of ours is mounted", () => {
    assert.deepEqual(told(["/srv/conf:/etc/nginx/conf.d/"]), [
      taken(0, "/etc/nginx/conf.d", "the argument nginx"),
    ]);
    assert.deepEqual(told(["/a:/etc/nginx/tls", "/b:/var/cache/nginx"]), []);
    assert.deepEqual(told(["/b:/var/log/nginx"], { accessLog: {} }), [
      taken(0, "/var/log/nginx", "the argument accessLog"),
    ]);
    assert.deepEqual(told(["/b:/var/cache/nginx"], { hardened: true, network: "none" }), [
      taken(0, "/var/cache/nginx", "memory, because of hardened,"),
    ]);
    assert.deepEqual(told(["/a:/x", "/b:/x:ro"]), [taken(1, "/x", "volumes[0]")]);
  });

  test("in the place of the image's nginx.conf", () => {
    assert.deepEqual(told(["/srv/nginx.conf:/etc/nginx/nginx.conf:ro"]), [
      'volumes[0]: "/etc/nginx/nginx.conf" replaces the image\'s nginx.conf, which can\'t be checked here. Without "include /etc/nginx/conf.d/*.conf;" in its http block nginx closes the sockets, and every client hangs.',
    ]);
  });

  test("above the configuration", () => {
    assert.deepEqual(told(["data:/srv", "/srv/nginx:/etc/nginx"]), [
      'volumes[1]: "/etc/nginx" hides the image\'s nginx.conf, mime.types and the other files of that directory. The volume needs them, and an empty directory conf.d. To add files, mount them beside: "/etc/nginx/snippets".',
    ]);
  });

  test("in the directory of the configuration", () => {
    const beside = 'Mount it beside, as "/etc/nginx/snippets", and include it.';
    assert.deepEqual(told(["/srv/s:/etc/nginx/conf.d/s:ro"]), [
      `volumes[0]: "/etc/nginx/conf.d/s" is in the directory of the argument nginx, which is read-only: podman makes its mount point in the host's directory (crun) or fails (runc). What it holds is not compared with the sockets. ${beside}`,
    ]);
    assert.deepEqual(told(["/srv/x.conf:/etc/nginx/conf.d/default.conf"]), [
      `volumes[0]: "/etc/nginx/conf.d/default.conf" hides "default.conf" of the argument nginx, and that file is the one that is compared with the sockets. ${beside}`,
    ]);
  });

  test("of which an include may hold the listen", () => {
    const nginx = { "a.conf": "include conf.d/s/*.conf;" };
    assert.equal(
      told([], { nginx }).some((line) => line.startsWith("nginx: ")),
      true,
    );
    assert.equal(
      told(["/srv/s:/etc/nginx/conf.d/s"], { nginx }).some((line) => line.startsWith("nginx: ")),
      false,
    );
  });

  test("of templates, which the image can't fill in", () => {
    const message = (path: string) =>
      `volumes[0]: "${path}" has no effect: the image would write the results of these templates into /etc/nginx/conf.d, which is read-only. Give the finished files in the argument nginx.`;
    const volumes = ["/srv/t:/etc/nginx/templates:ro"];
    assert.deepEqual(told(volumes), [message("/etc/nginx/templates")]);
    assert.deepEqual(told(["/srv/t:/etc/nginx/templates/a.conf.template"]), [
      message("/etc/nginx/templates/a.conf.template"),
    ]);
    assert.deepEqual(told(volumes, { environment: { NGINX_ENVSUBST_OUTPUT_DIR: "/run/conf" } }), []);
    const environment = { NGINX_ENVSUBST_TEMPLATE_DIR: "/t" };
    assert.deepEqual(told(volumes, { environment }), []);
    assert.deepEqual(told(["/srv/t:/t"], { environment }), [message("/t")]);
  });
});

describe("a volume of a proxy", () => {
  const web: Backend = { image: "docker.io/library/httpd:latest", serverName: "www.example.com", port: 80 };
  const check = (backend: Partial<Backend>, change: Partial<ReverseProxyStackArgs> = {}) => {
    const args: ReverseProxyStackArgs = {
      connection: { address: "192.0.2.11" },
      user: "test",
      image: "docker.io/library/nginx:latest",
      listen: ["0.0.0.0:82"],
      ...change,
      backends: { web: { ...web, ...backend } },
    };
    return checkProxy("p", args);
  };
  const problems = (...args: Parameters<typeof check>) =>
    check(...args).problems.map(({ path, message }) => `${path}: ${message}`);
  const taken = (path: string, target: string, what: string) =>
    `${path}: "${target}" is where ${what} is already mounted, and podman mounts one volume at a path. Choose another path.`;

  test("of nginx's own container", () => {
    assert.deepEqual(problems({}, { volumes: ["/a:/etc/nginx/resolver.d", "/b:/srv"] }), [
      taken("volumes[0]", "/etc/nginx/resolver.d", "the network's resolver"),
    ]);
  });

  test("of a backend, whose /etc/nginx is its own business", () => {
    assert.deepEqual(problems({ volumes: ["/a:/etc/nginx/conf.d", "%h/x:/x"] }), []);
    assert.deepEqual(problems({ volumes: ["./a:/a"] }).length, 1);
    const unix = { transport: "unix" as const, port: undefined };
    assert.deepEqual(problems({ ...unix, volumes: ["/a:/run/backend"] }), [
      taken("backends.web.volumes[0]", "/run/backend", "the directory of its socket"),
    ]);
    assert.deepEqual(problems({ ...unix, nginx: {}, volumes: ["/a:/etc/nginx/conf.d"] }), [
      taken("backends.web.volumes[0]", "/etc/nginx/conf.d", "the argument nginx"),
    ]);
  });

  test("of a backend that is nginx is warned of by the backend's path", () => {
    const backend = {
      transport: "unix" as const,
      port: undefined,
      nginx: {},
      volumes: ["/t:/etc/nginx/templates"],
    };
    const { problems, warnings } = check(backend);
    assert.deepEqual(problems, []);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^backends\.web: volumes\[0\]: "\/etc\/nginx\/templates" has no effect/);
    assert.deepEqual(check({ ...backend, volumes: [] }), { problems: [], warnings: [] });
  });
});
