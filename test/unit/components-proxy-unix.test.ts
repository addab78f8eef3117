import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";
import { renderBackends } from "../../components/proxy/backend-set.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { nginxOf, proxyAdditions } from "../../components/proxy/render.ts";
import { awaitFirstPodman } from "../../components/site/first-podman.ts";
import { type Rendered, render } from "../../components/site/render.ts";
import { args, caddy, page } from "./proxy-unix-example.ts";

// A proxy without any network: the reference's Examples 5 and 6, and with everything in one manager, as in its Example 7.

const proxy = (change: Partial<ReverseProxyStackArgs> = {}): Rendered =>
  render("web", nginxOf("web", { ...args, ...change }), proxyAdditions("web", { ...args, ...change }));
const backends = (change: Partial<ReverseProxyStackArgs> = {}) =>
  renderBackends("web", { ...args, ...change });
/** The text of a unit's lines with one of the keys. */
function lines(units: Rendered["units"], unit: string, ...keys: string[]): string[] {
  return (units[unit] as string).split("\n").filter((line) => keys.includes(line.split("=")[0] ?? ""));
}

describe("the backends' set", () => {
  test("nginx: systemd's socket, which comes with the target, and the address that nginx has inherited", () => {
    const { units, files, checks, probes } = backends();
    assert.deepEqual(lines(units, "page.socket", "Requires", "ListenStream", "WantedBy"), [
      "Requires=web-sockets.service",
      "ListenStream=/run/user/@UID@/web-sockets/page/http.sock",
      "WantedBy=sockets.target web-backends.target",
    ]);
    assert.deepEqual(lines(units, "page.container", "Network", "Environment", "WantedBy"), [
      "Environment=NGINX=3;",
      "Network=none",
      "WantedBy=default.target",
    ]);
    const file = files["~/.config/quadlet-fleet/page/conf.d/default.conf"];
    assert.equal(file?.placeholders, true);
    assert.match(
      file.content as string,
      /^ {4}listen unix:\/run\/user\/@UID@\/web-sockets\/page\/http\.sock;$/m,
    );
    assert.deepEqual(checks["nginx -t of page"]?.volumes, ["/run/user/@UID@/web-sockets/page"]);
    assert.deepEqual(probes, { "/run/user/@UID@/web-sockets/page/http.sock": {} });
  });

  test("another program that is handed its socket", () => {
    const { units, services } = backends({ backends: { caddy: { ...caddy, socketActivated: true } } });
    assert.deepEqual(lines(units, "caddy.socket", "ListenStream", "Requires", "WantedBy"), [
      "Requires=web-sockets.service",
      "ListenStream=%t/web-sockets/caddy/http.sock",
      "WantedBy=sockets.target web-backends.target",
    ]);
    assert.deepEqual(lines(units, "caddy.container", "Requires", "Volume", "ExecStartPost", "WantedBy"), [
      "Requires=caddy.socket",
      "WantedBy=default.target",
    ]);
    assert.deepEqual(services["caddy.socket"], { enabled: true });
  });

  test("a socket elsewhere, and replicas: a directory each", () => {
    const { units } = backends({
      backends: { caddy: { ...caddy, replicas: 2, socketPath: "/srv/app/a.sock" } },
    });
    assert.deepEqual(lines(units, "caddy-2.container", "Volume", "RuntimeDirectory"), [
      "Volume=%t/web-sockets/caddy-2:/srv/app:rw,z",
      "RuntimeDirectory=web-sockets/caddy-2",
    ]);
    const conf = proxy({
      backends: { caddy: { ...caddy, replicas: 2, socketPath: "/srv/app/a.sock" } },
    }).files;
    assert.match(
      conf["~/.config/quadlet-fleet/web/conf.d/caddy.conf"]?.content as string,
      /^upstream caddy \{\n {4}server unix:\/run\/backends\/caddy\.sock fail_timeout=1s;\n {4}server unix:\/run\/backends\/caddy-2\.sock fail_timeout=1s;\n\}\n\nserver/,
    );
  });

  test("beside one with a network, which is there for that one only", () => {
    const mixed = {
      ...args.backends,
      web: { image: "docker.io/library/httpd:latest", port: 80, serverName: "w" },
    };
    const { units } = backends({ backends: mixed });
    assert.deepEqual(
      [units["caddy.container"], units["page.container"]],
      [backends().units["caddy.container"], backends().units["page.container"]],
    );
    assert.deepEqual(lines(units, "web.container", "Network"), ["Network=web-net.network"]);
  });

  test("secret text of nginx: its socket is filled in, and it stays a secret", async () => {
    const nginx = { "default.conf": pulumi.secret("server { listen unix:@SOCKET@; }") };
    const { files } = backends({ backends: { page: { ...page, nginx } } });
    const content = files["~/.config/quadlet-fleet/page/conf.d/default.conf"]?.content;
    assert.equal(await pulumi.isSecret(content as pulumi.Output<string>), true);
    const text = await new Promise((resolve) => pulumi.output(content).apply(resolve));
    assert.equal(text, "server { listen unix:/run/user/@UID@/web-sockets/page/http.sock; }");
  });
});

describe("nginx", () => {
  test("in the system's: it starts the backends, and has no resolver", () => {
    const { units, files } = proxy({ manager: "system" });
    assert.deepEqual(lines(units, "web.service", "ExecStartPre", "RuntimeDirectory"), [
      `ExecStartPre=${awaitFirstPodman("/run/user/@UID@")}`,
      "ExecStartPre=-/usr/bin/timeout 90 /usr/bin/systemctl --user start web-sockets.service web-backends.target",
    ]);
    const command = lines(units, "web.service", "ExecStart")[0] ?? "";
    assert.match(
      command,
      / --network none .* --volume \/run\/user\/@UID@\/web-sockets:\/run\/backends:ro,z /,
    );
    assert.doesNotMatch(
      files["~/.config/quadlet-fleet/web/conf.d/_proxy.conf"]?.content as string,
      /resolver/,
    );
  });

  test("keeps its SELinux label where no socket is systemd's", () => {
    const { units } = proxy({ backends: { caddy } });
    assert.deepEqual(lines(units, "web.container", "SecurityLabelDisable"), []);
  });

  test("a backend that comes changes a file of its own only", () => {
    const [before, after] = [
      proxy({ backends: { caddy } }),
      proxy({ backends: { caddy, other: { ...caddy, serverName: "o" } } }),
    ];
    assert.deepEqual(after.units, before.units);
    const added = Object.keys(after.files).filter((path) => !(path in before.files));
    assert.deepEqual(added, ["~/.config/quadlet-fleet/web/conf.d/other.conf"]);
  });
});

describe("hardened", () => {
  test("all of it holds where all backends are nginx with sockets", () => {
    const all = { hardened: true, backends: { page } };
    assert.deepEqual(checkProxy("web", { ...args, ...all }), { problems: [], warnings: [] });
    for (const [set, unit] of [
      [proxy(all), "web.container"],
      [backends(all), "page.container"],
    ] as const)
      assert.deepEqual(lines(set.units, unit, "RestrictAddressFamilies", "ReadOnly"), [
        "ReadOnly=true",
        "RestrictAddressFamilies=AF_UNIX AF_NETLINK",
      ]);
  });

  test("says which backends are only kept from new privileges", () => {
    const { warnings } = checkProxy("web", { ...args, hardened: true });
    assert.deepEqual(warnings, [
      "hardened: these backends only get no new privileges, because it is not known what their images write and do (caddy). A backend with nginx is hardened as a site is.",
    ]);
  });
});
