import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isContainerUnitName, pageUrl, socketUnits, urlsOf } from "../../components/site/names.ts";

test("a socket keeps its name when its neighbours change", () => {
  const names = (...listen: string[]) => socketUnits("web", { listen }).map(({ unit }) => unit);
  assert.deepEqual(names("80", "0.0.0.0:81", "[::]:81"), [
    "web.socket",
    "web-81.socket",
    "web-ipv6-81.socket",
  ]);
  assert.deepEqual(names("80", "[::]:81"), ["web.socket", "web-ipv6-81.socket"]);
  assert.deepEqual(names("80", "/run/a-b", "/run/a/b"), [
    "web.socket",
    "web-unix-run-a_2db.socket",
    "web-unix-run-a-b.socket",
  ]);
});

test("a socket with TLS keeps its name when one without comes or goes", () => {
  const tls = { certificate: "", key: "" };
  const names = (...listen: string[]) => socketUnits("web", { listen, tls }).map(({ unit }) => unit);
  assert.deepEqual(names(), ["web-443.socket"]);
  assert.deepEqual(names("0.0.0.0:80"), ["web.socket", "web-443.socket"]);
});

describe("names of units", () => {
  for (const name of ["web", "web-1.example_2", "0", "a".repeat(100)])
    test(`${name}: right`, () => assert.equal(isContainerUnitName(name), true));
  for (const name of ["", "-web", ".web", "we b", "web/1", "web@1", "wéb", "web\n", "a".repeat(101)])
    test(`${JSON.stringify(name)}: none`, () => assert.equal(isContainerUnitName(name), false));
});

describe("the page for people", () => {
  const pages: [string, string, string | undefined][] = [
    ["192.0.2.11", "0.0.0.0:8080", "http://192.0.2.11:8080/"],
    ["192.0.2.11", "0.0.0.0:80", "http://192.0.2.11/"],
    ["2001:db8::1", "8080", "http://[2001:db8::1]:8080/"],
    ["web-1", "[::1]:81", "http://[::1]:81/"],
    ["web-1", "/run/web.sock", undefined],
  ];
  for (const [host, listen, url] of pages)
    test(`${listen} of ${host}`, () => assert.equal(pageUrl(host, listen), url));
});

test("the pages of all addresses, each once, those without TLS first", () => {
  const urls = (listen: string[], tls?: string[]) =>
    urlsOf(
      { listen, ...(tls === undefined ? {} : { tls: { certificate: "", key: "", listen: tls } }) },
      (one, scheme) => pageUrl("192.0.2.11", one, scheme),
    );
  assert.deepEqual(urls(["0.0.0.0:80", "[::]:80"]), ["http://192.0.2.11/"]);
  assert.deepEqual(
    urls(["0.0.0.0:80", "0.0.0.0:81", "/run/a.sock", "192.0.2.11:80"], ["0.0.0.0:443", "[::]:443"]),
    ["http://192.0.2.11/", "http://192.0.2.11:81/", "https://192.0.2.11/"],
  );
  assert.deepEqual(urls(["/run/a.sock"]), []);
});
