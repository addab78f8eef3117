import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { checkArguments } from "../../components/site/check.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { generatedFiles } from "../../components/proxy/nginx-files.ts";
import { render } from "../../components/site/render.ts";
import { tlsOptions } from "../../components/tls/tls.ts";
import { parseListenStream } from "../../units/nginx/address.ts";
import { makeCertificate } from "../certificates.ts";
import { certificate as one, httpd, proxy as shape, rootful } from "./shapes.ts";

const two = makeCertificate(["api.example.com"]);
const site = { ...rootful, tls: one };
const proxy = { ...shape, tls: one, backends: { apache: httpd } };

function known<T>(value: pulumi.Input<T>): Promise<unknown> {
  return new Promise((resolve) => pulumi.output(value).apply(resolve));
}

describe("a site with TLS", () => {
  test("a second socket, a directory for the files, and nginx that uses them", async () => {
    const { units, files, services, checks, probes } = render("web", site);
    assert.deepEqual(Object.keys(units), ["web.container", "web.socket", "web-443.socket"]);
    const text = (await known(units["web.container"] ?? "")) as string;
    assert.match(text, /^Environment=NGINX=3:4;$/m);
    assert.match(text, /^Volume=\/etc\/quadlet-fleet\/web\/tls:\/etc\/nginx\/tls:ro,Z$/m);
    assert.equal(text.includes("PRIVATE KEY"), false);
    assert.deepEqual(Object.keys(files), [
      "/etc/quadlet-fleet/web/conf.d/default.conf",
      "/etc/quadlet-fleet/web/tls/certificate.pem",
      "/etc/quadlet-fleet/web/tls/key.pem",
    ]);
    const key = files["/etc/quadlet-fleet/web/tls/key.pem"];
    assert.equal(key?.mode, "0600");
    assert.ok(pulumi.Output.isInstance(key.content));
    assert.equal(await pulumi.isSecret(pulumi.output(key.content)), true);
    assert.deepEqual(services["web.service"]?.reloadOn, Object.keys(files));
    assert.deepEqual(checks["nginx -t"]?.mounts, {
      "/etc/quadlet-fleet/web/conf.d": "/etc/nginx/conf.d",
      "/etc/quadlet-fleet/web/tls": "/etc/nginx/tls",
    });
    assert.deepEqual(probes, { "0.0.0.0:80": {}, "0.0.0.0:443": {} });
  });

  test("the same file with and without a newline at its end", () => {
    const tls = { ...one, certificate: one.certificate.trimEnd() };
    const path = "/etc/quadlet-fleet/web/tls/certificate.pem";
    assert.deepEqual(render("web", { ...site, tls }).files[path], render("web", site).files[path]);
  });

  test("nothing of it without the argument", () => {
    const { files, checks, units } = render("web", rootful);
    assert.deepEqual(Object.keys(files), ["/etc/quadlet-fleet/web/conf.d/default.conf"]);
    assert.deepEqual(Object.keys(units), ["web.container", "web.socket"]);
    assert.deepEqual(Object.keys(checks["nginx -t"]?.mounts ?? {}), ["/etc/quadlet-fleet/web/conf.d"]);
  });

  test("redirect, HTTP/1.1 only, and a name with a certificate of its own", () => {
    const tls = {
      ...one,
      listen: ["0.0.0.0:8443", "127.0.0.1:8443"],
      http2: false,
      redirect: true,
      certificates: { "*.example.com": two },
    };
    const args = { ...site, manager: "user" as const, user: "test", tls };
    const { files, probes } = render("web", { ...args, verify: { path: "/health", status: 200 } });
    const page = files["~/.config/quadlet-fleet/web/conf.d/default.conf"]?.content as string;
    assert.deepEqual(page.match(/(?<= {4})(listen|server_name|ssl_certificate|http2|return) .*(?=;)/g), [
      "listen 8443 ssl",
      "listen 127.0.0.1:8443 ssl bind",
      "server_name localhost",
      "ssl_certificate /etc/nginx/tls/certificate.pem",
      "listen 8443 ssl",
      "listen 127.0.0.1:8443 ssl",
      "server_name *.example.com",
      "ssl_certificate /etc/nginx/tls/_.example.com.certificate.pem",
      "listen 80",
      "server_name localhost",
      "return 301 https://$host:8443$request_uri",
    ]);
    assert.ok(files["~/.config/quadlet-fleet/web/tls/_.example.com.key.pem"]);
    // Neither the redirect nor nginx's answer to a request without TLS has that status.
    assert.deepEqual(probes, {
      "0.0.0.0:80": { path: "/health" },
      // At 127.0.0.1 the other server answers.
      "0.0.0.0:8443": { path: "/health", address: "127.0.0.2" },
      "127.0.0.1:8443": { path: "/health" },
    });
  });

  test("TLS alone", () => {
    const args = { ...site, listen: [] };
    assert.deepEqual(checkArguments("web", args), { problems: [], warnings: [] });
    const { units, files } = render("web", { ...args, tls: { ...one, redirect: true } });
    assert.deepEqual(Object.keys(units), ["web.container", "web-443.socket"]);
    const { content } = files["/etc/quadlet-fleet/web/conf.d/default.conf"] as { content: string };
    assert.equal(content.match(/server \{/g)?.length, 1);
  });
});

test("a proxy with TLS: certificates by name, and a redirect for each name", () => {
  const certificates = { "apache.example.com": makeCertificate(["apache.example.com"]) };
  const options = tlsOptions({ ...one, redirect: true, certificates });
  const files = generatedFiles(proxy.backends, { listen: [parseListenStream("0.0.0.0:82")], tls: options });
  assert.deepEqual(files["apache.conf"]?.match(/(?<= {4})(listen|ssl_certificate|return) .*(?=;)/g), [
    "listen 443 ssl",
    "ssl_certificate /etc/nginx/tls/apache.example.com.certificate.pem",
    "listen 82",
    "return 301 https://$host$request_uri",
  ]);
  assert.match(files["_default.conf"] ?? "", /listen 82 default_server;\n {4}listen 443 ssl default_server;/);
  assert.deepEqual(checkProxy("web", { ...proxy, tls: { ...one, redirect: true, certificates } }), {
    problems: [],
    warnings: [],
  });
  const verify = { status: 200 };
  assert.match(
    checkProxy("web", { ...proxy, verify, tls: { ...one, redirect: true, certificates } }).warnings[0] ?? "",
    /^verify: /,
  );
  const wildcard = tlsOptions({ ...one, certificates: { "*.example.com": two } });
  assert.match(
    generatedFiles(proxy.backends, { tls: wildcard })["apache.conf"] ?? "",
    /tls\/_\.example\.com\.key\.pem;/,
  );
});
