import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { renderBackends } from "../../components/proxy/backend-set.ts";
import type { Backend, ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";
import { nginxOf, proxyAdditions } from "../../components/proxy/render.ts";
import { type Rendered, render } from "../../components/site/render.ts";
import { httpd as apache, caddy, proxy as example4 } from "./shapes.ts";

const conf = "~/.config/quadlet-fleet/example4/conf.d";

function proxy(change: Partial<ReverseProxyStackArgs> = {}): Rendered {
  const args = { ...example4, ...change };
  return render("example4", nginxOf("example4", args), proxyAdditions("example4", args));
}

function backends(change: Partial<ReverseProxyStackArgs> = {}): Rendered {
  return renderBackends("example4", { ...example4, ...change });
}

/** The text of a unit's lines with one of the keys. */
function lines(units: Rendered["units"], unit: string, ...keys: string[]): string[] {
  return (units[unit] as string).split("\n").filter((line) => keys.includes(line.split("=")[0] ?? ""));
}

function known(value: unknown): Promise<unknown> {
  return new Promise((resolve) => (pulumi.output(value) as pulumi.Output<unknown>).apply(resolve));
}

describe("a backend that comes, with routes on the name of another, or goes", () => {
  const api: Backend = { ...caddy, serverName: "api.example.com", serverNames: ["apache.example.com"] };
  const changes: [string, Backend, string[]][] = [
    ["a name of its own", { ...caddy, serverName: "new.example.com" }, ["new.conf"]],
    ["paths of another's name", { ...apache, paths: ["/api/"] }, ["apache.example.com_new.routes"]],
    ["both", { ...api, paths: ["/api/"] }, ["new.conf", "apache.example.com_new.routes"]],
  ];
  for (const [what, added, expected] of changes) {
    test(what, () => {
      const more = { backends: { ...example4.backends, new: added } };
      const [before, after] = [backends(), backends(more)];
      assert.deepEqual(difference(before.units, after.units), ["new.container"]);
      assert.deepEqual(difference(before.services, after.services), ["new.service"]);
      const [nginxBefore, nginxAfter] = [proxy(), proxy(more)];
      assert.deepEqual(difference(nginxBefore.units, nginxAfter.units), []);
      assert.deepEqual(
        difference(nginxBefore.files, nginxAfter.files),
        expected.map((file) => `${conf}/${file}`),
      );
    });
  }
});

test("a server name's block is that of the backend with all else, wherever it stands", () => {
  const api: Backend = { ...apache, paths: ["/api/"] };
  const names = (backends: Record<string, Backend>) =>
    Object.keys(proxy({ backends }).files).flatMap((path) =>
      path.includes("/_") ? [] : [path.replace(`${conf}/`, "")],
    );
  assert.deepEqual(names({ api, web: apache }), ["apache.example.com_api.routes", "web.conf"]);
  assert.deepEqual(names({ api, v2: { ...apache, paths: ["/v2/"] } }), [
    "api.conf",
    "apache.example.com_v2.routes",
  ]);
});

/** The keys whose values differ. */
function difference(before: object, after: object): string[] {
  const text = (of: object, key: string) => JSON.stringify((of as Record<string, unknown>)[key]);
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => text(before, key) !== text(after, key));
}

describe("a backend", () => {
  const unit = "apache-container.container";
  const one = (change: Partial<Backend>) =>
    backends({ backends: { "apache-container": { ...apache, ...change } } });

  test("with a health check is started when that says so", () => {
    const { units } = one({ healthCheck: { command: 'curl -f "http://[::1]/" || exit $((1))', retries: 2 } });
    assert.deepEqual(lines(units, unit, "Notify", "HealthCmd", "HealthInterval", "HealthRetries"), [
      "Notify=healthy",
      'HealthCmd=curl -f "http://[::1]/" || exit $$((1))',
      "HealthInterval=5s",
      "HealthRetries=2",
    ]);
    assert.deepEqual(lines(units, unit, "ExecStartPost"), []);
  });

  test("with a health check has a start period and an interval more for its start", () => {
    const time = (healthCheck?: Backend["healthCheck"]) =>
      lines(one(healthCheck === undefined ? {} : { healthCheck }).units, unit, "TimeoutStartSec");
    assert.deepEqual(time(), ["TimeoutStartSec=90"]);
    assert.deepEqual(time({ command: "true" }), ["TimeoutStartSec=90s 5s"]);
    assert.deepEqual(time({ command: "true", startPeriod: "3m", interval: "10s" }), [
      "TimeoutStartSec=90s 3m 10s",
    ]);
  });

  test("its variables: plain ones in the unit, secret ones in a file whose change restarts it", async () => {
    const { units, files, services } = one({ environment: { A: "5%", TOKEN: pulumi.secret("s") } });
    const path = "~/.config/quadlet-fleet/example4/apache-container.environment";
    assert.deepEqual(lines(units, unit, "Environment", "EnvironmentFile"), [
      "Environment=A=5%%",
      "EnvironmentFile=%h/.config/quadlet-fleet/example4/apache-container.environment",
    ]);
    assert.deepEqual(Object.keys(files), [path]);
    assert.equal(files[path]?.mode, "0600");
    assert.equal(await known(files[path].content), "TOKEN=s\n");
    assert.deepEqual(services["apache-container.service"], { restartOn: [path] });
  });

  test("its volumes", () => {
    assert.deepEqual(lines(one({ volumes: ["%h/www:/www:ro"] }).units, unit, "Volume"), [
      "Volume=%h/www:/www:ro",
    ]);
  });

  test("its replicas: all answer to its name", () => {
    const { units, services } = one({ replicas: 2 });
    const names = ["apache-container", "apache-container-2"];
    assert.deepEqual(
      Object.keys(units).filter((name) => name.endsWith(".container")),
      names.map((name) => `${name}.container`),
    );
    for (const name of names) {
      assert.deepEqual(lines(units, `${name}.container`, "ContainerName", "NetworkAlias"), [
        `ContainerName=${name}`,
        // The name of a container needs no alias.
        ...(name === "apache-container" ? [] : ["NetworkAlias=apache-container"]),
      ]);
      assert.deepEqual(services[`${name}.service`], {});
    }
  });

  test("an image that is not known yet", async () => {
    const { units, images } = one({ image: pulumi.output("example.com/a:1") });
    assert.match(String(await known(units[unit])), /\nImage=example\.com\/a:1\n/);
    assert.deepEqual(await known(images), { "example.com/a:1": { pull: "missing" } });
  });
});

test("a network with a way out is another network; nginx waits for the host's, and no backend does", () => {
  const network = { internal: false };
  const { units } = backends({ network });
  assert.match(units["example4-open-net.network"] as string, /\nInternal=false\n/);
  assert.deepEqual(
    lines(units, "apache-container.container", "Network", "ExecStartPre", "DefaultDependencies"),
    [
      "Network=example4-open-net.network",
      "ExecStartPre=/usr/bin/podman network create --ignore systemd-example4-open-net",
      "DefaultDependencies=false",
    ],
  );
  const nginx = proxy({ network }).units;
  assert.deepEqual(lines(nginx, "example4.service", "Wants"), ["Wants=network-online.target"]);
  assert.match(
    lines(nginx, "example4.service", "ExecStart")[0] ?? "",
    / --network systemd-example4-open-net /,
  );
});

test("files of one's own beside the generated ones; the server of unknown names may be replaced", () => {
  const nginx = {
    "_default.conf": "server { listen 82 default_server; return 444; }",
    "more.conf": "# more\n",
  };
  const { files } = proxy({ nginx });
  assert.equal(files[`${conf}/_default.conf`]?.content, nginx["_default.conf"]);
  assert.equal(files[`${conf}/more.conf`]?.content, "# more\n");
});
