import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { type RequestListener, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import { type SmokeRequest, smokeProgram, smokeTargets } from "../../components/commands/smoke-request.ts";
import { makeCertificate } from "../certificates.ts";

// The real program, with servers in this process.

let early = 0;
const answer: RequestListener = (request, response) => {
  if (request.url === "/moved") response.writeHead(301, { location: "https://x/" }).end();
  else if (request.url === "/bad") response.writeHead(503).end();
  else if (request.url === "/late" && early++ < 2) response.writeHead(503).end();
  else response.end(`page of ${request.headers.host}`);
};
const own = makeCertificate(["www.example.com"]);
const servers = {
  http: createServer(answer),
  https: createTlsServer({ cert: own.certificate, key: own.key }, answer),
};
const ports: Record<string, number> = {};
for (const [scheme, server] of Object.entries(servers)) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ports[scheme] = (server.address() as AddressInfo).port;
}
after(() => Object.values(servers).forEach((server) => server.close()));

const fingerprint = (certificate: string) => new X509Certificate(certificate).fingerprint256;

/** The program's error; "" if all is well. */
function run(
  scheme: "http" | "https",
  change: Partial<SmokeRequest> = {},
  redirects = false,
): Promise<string> {
  const url = `${scheme}://www.example.com:8443/`;
  const request: SmokeRequest = {
    targets: [{ url, address: "127.0.0.1", port: ports[scheme] ?? 0, redirects }],
    fingerprints: [fingerprint(own.certificate)],
    timeout: 0,
    ...change,
  };
  const argv = ["--input-type=module", "--eval", smokeProgram, JSON.stringify(request)];
  return new Promise((resolve) =>
    execFile(process.execPath, argv, { timeout: 300_000 }, (error, stdout, stderr) =>
      resolve(error ? `${stdout}${stderr}` : ""),
    ),
  );
}

const at = "smoke test: http://www.example.com:8443/ at 127.0.0.1: ";

describe("the program", () => {
  test("nothing to say", async () => {
    assert.equal(await run("http", { status: 200, body: "page of www.example.com:8443" }), "");
    assert.equal(await run("https"), "");
    assert.equal(await run("http", { path: "/moved" }, true), "");
  });

  test("what is wrong with an answer", async () => {
    assert.equal(await run("http", { path: "/bad" }), `${at}answers 503, not below 500\n`);
    assert.equal(await run("http", { status: 404 }), `${at}answers 200, not 404\n`);
    assert.equal(await run("http", { body: "x y" }), `${at}answers without "x y" in it\n`);
    assert.equal(await run("http", {}, true), `${at}answers 200, not with a redirect to https\n`);
  });

  test("another certificate", async () => {
    const { certificate } = makeCertificate(["www.example.com"]);
    assert.match(
      await run("https", { fingerprints: [fingerprint(certificate)] }),
      /serves another certificate: www\.example\.com, valid to /,
    );
    assert.equal(await run("https", { fingerprints: undefined }), "");
  });

  test("it asks again while it has time", async () => {
    assert.equal(await run("http", { path: "/late", timeout: 300 }), "");
    assert.equal(early, 3);
  });

  test("nobody there, at the end of its time", async () => {
    const targets = [{ url: "http://a/", address: "127.0.0.1", port: 1, redirects: false }];
    assert.match(
      await run("http", { targets, timeout: 1 }),
      /http:\/\/a\/ at 127\.0\.0\.1: connect ECONNREFUSED/,
    );
  });
});

describe("what is asked", () => {
  const tls = { ...own, listen: ["[::]:8443"], redirect: true };
  test("each address that others can reach, once", () => {
    const listen = ["0.0.0.0:80", "[::]:80", "192.0.2.12:81", "127.0.0.1:82", "/run/web.sock"];
    assert.deepEqual(smokeTargets({ listen, tls }, "192.0.2.11"), [
      { url: "http://192.0.2.11/", address: "192.0.2.11", port: 80, redirects: true },
      { url: "http://192.0.2.12:81/", address: "192.0.2.12", port: 81, redirects: true },
      { url: "https://192.0.2.11:8443/", address: "192.0.2.11", port: 8443, redirects: false },
    ]);
  });
  test("by a proxy's names, or by the one that is wanted", () => {
    const urls = (smokeTest: object) =>
      smokeTargets({ listen: ["80"], smokeTest }, "h", ["a.example.com", "*.b"]).map(({ url }) => url);
    assert.deepEqual(urls({}), ["http://a.example.com/"]);
    assert.deepEqual(urls({ hostName: "c" }), ["http://c/"]);
  });
});
