import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { checkArguments } from "../../components/site/check.ts";
import type { Backend } from "../../components/proxy/arguments.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { generatedFiles } from "../../components/proxy/nginx-files.ts";
import { tlsOptions } from "../../components/tls/tls.ts";
import { parseListenStream } from "../../units/nginx/address.ts";
import type { NginxFile } from "../../units/nginx/listens.ts";
import { makeCertificate } from "../certificates.ts";
import { certificate as one, httpd as apache, proxy as shape } from "./shapes.ts";

// Which server has a certificate of tls.certificates.

const two = makeCertificate(["api.example.com"]);
const proxy = { ...shape, tls: one, backends: { apache } };

describe("a certificate for a name that a pattern stands for", () => {
  const pattern = { ...apache, serverName: "*.example.com" };
  const api = { ...pattern, paths: ["/api/"] };
  const certificates = { "*.example.com": two, "www.example.com": two, "*.b.example.com": two };
  const served = (backends: Record<string, Backend>, redirect = false, own: NginxFile[] = []) =>
    generatedFiles(backends, {
      listen: [parseListenStream("0.0.0.0:82")],
      tls: tlsOptions({ ...one, redirect, certificates }),
      own,
    });

  test("is that of a server of its own, with the same locations", () => {
    const files = served({ apache: pattern, api });
    const server = (listen: string, name: string, file: string) => `server {
${listen}    listen 443 ssl;
    server_name ${name};
    ssl_certificate /etc/nginx/tls/${file}.certificate.pem;
    ssl_certificate_key /etc/nginx/tls/${file}.key.pem;

    location / {
        set $backend http://apache.dns.podman:80;
        proxy_pass $backend;
    }

    include /etc/nginx/conf.d/_proxy-headers;
    include /etc/nginx/conf.d/_proxy-server;
    include /etc/nginx/conf.d/_.example.com_*.routes;
}
`;
    assert.equal(
      files["apache.conf"],
      [
        server("    listen 82;\n", "*.example.com", "_.example.com"),
        server("", "www.example.com", "www.example.com"),
        server("", "*.b.example.com", "_.b.example.com"),
      ].join("\n"),
    );
    assert.deepEqual(Object.keys(files).slice(-2), ["apache.conf", "_.example.com_api.routes"]);
  });

  test("is that of the longest pattern; a redirect is the pattern's", () => {
    const names = (text = "") => [...text.matchAll(/server_name (.*);/g)].map(([, name]) => name);
    const files = served({ apache: pattern, b: { ...pattern, serverName: "*.b.example.com" } }, true);
    assert.deepEqual(names(files["apache.conf"]), ["*.example.com", "www.example.com", "*.example.com"]);
    assert.deepEqual(names(files["b.conf"]), ["*.b.example.com", "*.b.example.com"]);
  });

  test("makes none where the name is a server's already, or a file of one's own has it", () => {
    const www = served({ apache: pattern, www: { ...apache, serverName: "www.example.com" } });
    assert.doesNotMatch(www["apache.conf"] ?? "", /www/);
    const own = "server { ssl_certificate /etc/nginx/tls/www.example.com.certificate.pem; }";
    assert.doesNotMatch(
      served({ apache: pattern }, false, [{ name: "own.conf", text: own }])["apache.conf"] ?? "",
      /www/,
    );
  });

  test("counts among the long names", () => {
    const name = `${"a".repeat(50)}.example.com`;
    const tls = tlsOptions({ ...one, certificates: { [name]: two } });
    const common = (backends: Record<string, Backend>) => generatedFiles(backends, { tls })["_proxy.conf"];
    assert.match(common({ apache: pattern }) ?? "", /^server_names_hash_bucket_size 128;$/m);
    assert.doesNotMatch(common({ apache }) ?? "", /server_names_hash/);
  });
});

describe("a certificate for a name that nobody has", () => {
  const certificates = {
    "apache.example.com": two,
    "*.example.com": two,
    "apche.example.com": two,
    "www.other.test": two,
  };
  const problems = (change: object) =>
    checkProxy("web", { ...proxy, tls: { ...one, certificates }, ...change }).problems.map(
      ({ path, message }) => `${path}: ${message}`,
    );
  const none = "matches no server name of a backend, so no client would get it.";

  test("is a problem, with the name that was meant", () => {
    assert.deepEqual(problems({}), [
      `tls.certificates["apche.example.com"]: ${none} Did you mean "apache.example.com"?`,
      `tls.certificates["www.other.test"]: ${none}`,
    ]);
  });

  test("is none where a file of one's own has it, or may have", () => {
    const text = ["apche.example.com", "www.other.test"]
      .map((name) => `server { listen 82; ssl_certificate /etc/nginx/tls/${name}.certificate.pem; }`)
      .join("\n");
    assert.deepEqual(problems({ nginx: { "own.conf": text } }), []);
    assert.deepEqual(problems({ nginx: { "own.conf": pulumi.output("") } }), []);
  });

  test("is none below a pattern, and for a site, which gets a server for each", () => {
    const backends = { apache: { ...apache, serverNames: ["*.test"] } };
    assert.deepEqual(problems({ backends }), [
      `tls.certificates["apche.example.com"]: ${none} Did you mean "apache.example.com"?`,
    ]);
    const { connection, image, listen } = proxy;
    const site = { connection, image, listen, manager: "system" as const, tls: { ...one, certificates } };
    assert.deepEqual(checkArguments("web", site).problems, []);
  });
});
