import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { SocketActivatedNginxArgs } from "../../components/site/arguments.ts";
import { render } from "../../components/site/render.ts";
import { rootful, rootless } from "./shapes.ts";

function known<T>(value: pulumi.Input<T>): Promise<unknown> {
  return new Promise((resolve) => pulumi.output(value).apply(resolve));
}

/** The lines of NAME.container that have one of the keys. */
async function lines(args: SocketActivatedNginxArgs, ...keys: string[]): Promise<string[]> {
  const text = (await known(render("web", args).units["web.container"] ?? "")) as string;
  return text.split("\n").filter((line) => keys.includes(line.split("=")[0] ?? ""));
}

test("an address of the host's own may come later than its socket; all others are there at boot", async () => {
  const listen = [
    "192.0.2.10:80",
    "[2001:db8::10]:80",
    "127.0.0.1:80",
    "[::1]:80",
    "[::]:81",
    "/run/web.sock",
  ];
  const { units } = render("web", { ...rootful, listen });
  const free = await Promise.all(
    Object.values(units).map(
      async (text) => /^ListenStream=(.*)$(?=[^]*^FreeBind=true$)/m.exec(String(await known(text)))?.[1],
    ),
  );
  assert.deepEqual(free.filter(Boolean), listen.slice(0, 2));
});

describe("several sockets", () => {
  const args = { ...rootful, listen: ["0.0.0.0:80", "[::]:81", "192.0.2.11:80", "/run/web.sock"] };
  const names = [
    "web.socket",
    "web-ipv6-81.socket",
    "web-192.0.2.11-80.socket",
    "web-unix-run-web.sock.socket",
  ];
  const { units, files, services } = render("web", args);

  test("one unit for each, enabled; all but the first name the service", () => {
    assert.deepEqual(Object.keys(units), ["web.container", ...names]);
    assert.deepEqual(
      names.filter((name) => !(units[name] as string).includes("\nService=web.service\n")),
      ["web.socket"],
    );
    for (const name of names) assert.deepEqual(services[name], { enabled: true });
  });

  test("the service is handed all of them, and nginx told of their descriptors", async () => {
    const all = names.join(" ");
    assert.deepEqual(await lines(args, "Requires", "After", "Sockets", "Environment"), [
      `Requires=${all}`,
      `After=${all}`,
      "Environment=NGINX=3:4:5:6;",
      `Sockets=${all}`,
    ]);
  });

  test("the default page is served on each; beside a wildcard it needs bind", () => {
    const page = files["/etc/quadlet-fleet/web/conf.d/default.conf"]?.content as string;
    assert.deepEqual(page.match(/(?<=listen ).*(?=;)/g), [
      "80",
      "[::]:81",
      "192.0.2.11:80 bind",
      "unix:/run/web.sock",
    ]);
  });
});

describe("environment", () => {
  const path = "/etc/quadlet-fleet/web/environment";

  test("plain text is written into the unit, where it can't be taken for anything else", async () => {
    const environment = { A: "two words", B: "100% $HOME", C: "a\nExec=b" };
    assert.deepEqual(await lines({ ...rootful, environment }, "Environment", "EnvironmentFile", "Exec"), [
      "Environment=NGINX=3;",
      'Environment="A=two words"',
      'Environment="B=100%% $$HOME"',
      'Environment="C=a\\nExec=b"',
    ]);
  });

  test("a secret is in a file of its own: secret, mode 0600, not in the unit; its change restarts", async () => {
    const args = { ...rootful, environment: { A: "a", TOKEN: pulumi.secret("s3cret $x") } };
    const { files, services, units } = render("web", args);
    const file = files[path];
    assert.ok(file);
    assert.equal(file.mode, "0600");
    assert.equal(await known(file.content), "TOKEN=s3cret $x\n");
    assert.equal(await pulumi.isSecret(file.content as pulumi.Output<string>), true);
    assert.equal(typeof units["web.container"], "string");
    assert.deepEqual(await lines(args, "Environment", "EnvironmentFile"), [
      "Environment=NGINX=3;",
      "Environment=A=a",
      `EnvironmentFile=${path}`,
    ]);
    assert.deepEqual(services["web.service"], {
      reloadOn: ["/etc/quadlet-fleet/web/conf.d/default.conf"],
      restartOn: [path],
      handover: true,
    });
  });

  test("in a home directory the unit finds it by %h", async () => {
    assert.deepEqual(
      await lines({ ...rootless, environment: { A: pulumi.secret("a") } }, "EnvironmentFile"),
      ["EnvironmentFile=%h/.config/quadlet-fleet/web/environment"],
    );
  });
});

describe("volumes", () => {
  const cases: [Partial<SocketActivatedNginxArgs>, string[]][] = [
    [{ selinuxLabel: "shared" }, ["Volume=/etc/quadlet-fleet/web/conf.d:/etc/nginx/conf.d:ro,z"]],
    [{ selinuxLabel: "none" }, ["Volume=/etc/quadlet-fleet/web/conf.d:/etc/nginx/conf.d:ro"]],
    [{ configurationDirectory: "~/nginx_conf_d" }, ["Volume=%h/nginx_conf_d:/etc/nginx/conf.d:ro,Z"]],
    [
      { volumes: ["/srv/www:/usr/share/nginx/html:ro", "%h/cache:/var/cache/nginx"] },
      [
        "Volume=/etc/quadlet-fleet/web/conf.d:/etc/nginx/conf.d:ro,Z",
        "Volume=/srv/www:/usr/share/nginx/html:ro",
        "Volume=%h/cache:/var/cache/nginx",
      ],
    ],
  ];
  for (const [change, expected] of cases) {
    test(JSON.stringify(change), async () => {
      assert.deepEqual(await lines({ ...rootful, ...change }, "Volume"), expected);
    });
  }
});

test("the check of nginx's configuration sees the other volumes, and relabels none of them", () => {
  const volumes = ["/srv/www:/usr/share/nginx/html:ro,Z", "/srv/keys:/keys:z", "data.volume:/data"];
  const { checks } = render("web", { ...rootless, volumes });
  assert.deepEqual(checks["nginx -t"]?.volumes, ["/srv/www:/usr/share/nginx/html:ro", "/srv/keys:/keys"]);
});

test("nginx's files are in the directory; a change of any reloads; a secret .conf is the owner's alone, another one is below our own directory", () => {
  const hidden = { "b.conf": pulumi.secret("b"), htpasswd: pulumi.secret("h") };
  const elsewhere = { "a.conf": "a", "b.conf": hidden["b.conf"] };
  const other = render("web", { ...rootful, configurationDirectory: "/srv/conf", nginx: elsewhere });
  assert.deepEqual(
    Object.entries(other.files).map(([path, { mode }]) => [path, mode]),
    [
      ["/srv/conf/a.conf", undefined],
      ["/srv/conf/b.conf", "0600"],
    ],
  );
  const { files, services } = render("web", { ...rootful, nginx: { "a.conf": "a", ...hidden } });
  assert.deepEqual(
    Object.entries(files).map(([path, { mode }]) => [path, mode]),
    [
      ["/etc/quadlet-fleet/web/conf.d/a.conf", undefined],
      ["/etc/quadlet-fleet/web/conf.d/b.conf", "0600"],
      ["/etc/quadlet-fleet/web/conf.d/htpasswd", undefined],
    ],
  );
  assert.deepEqual(services["web.service"], { reloadOn: Object.keys(files), handover: true });
});

test("an image that is not known yet: in the unit and among the images as soon as it is", async () => {
  const args = { ...rootful, image: pulumi.output("registry.example.com/nginx:1"), pull: "always" as const };
  assert.deepEqual(await lines(args, "Image"), ["Image=registry.example.com/nginx:1"]);
  assert.deepEqual(await known(render("web", args).images), {
    "registry.example.com/nginx:1": { pull: "always" },
  });
});
