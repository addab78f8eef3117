import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseListenStream, toListenStream } from "../../units/nginx/address.ts";
import { plainAddress } from "../../units/nginx/plain.ts";

/** The address at which a socket is asked; undefined if there is none. */
function askedAt(text: string, socket = "0.0.0.0:80", name = "default.conf"): string | undefined {
  const found = plainAddress([{ name, text }], parseListenStream(socket));
  return found === undefined ? undefined : toListenStream(found);
}

const server = (...listens: string[]) => listens.map((listen) => `server { listen ${listen}; }`).join(" ");

describe("a plain request gets an answer", () => {
  const cases: [string, string, string?, string?][] = [
    ["by plain HTTP", server("80")],
    ["by TLS: a plain 400", server("80 ssl")],
    ["by TLS that speaks HTTP/2, too", server("80 ssl http2")],
    ["by HTTP/2 without TLS, which speaks HTTP/1 too since nginx 1.25.1", server("80 http2")],
    ["by the directive for it", "server { listen 80; http2 on; }"],
    ["where only another address is told the client", server("80", "81 proxy_protocol")],
    ["on a unix socket", server("unix:/run/web.sock"), "/run/web.sock", "/run/web.sock"],
    ["as far as it can be seen: an include of the image's", "include /etc/nginx/more/*.conf;"],
    ["without any listen that it names", server("81")],
    ["on an address", server("192.0.2.1:80", "80 proxy_protocol"), "192.0.2.1:80", "192.0.2.1:80"],
    ["on the IPv6 wildcard", server("[::]:80", "127.0.0.1:80"), "[::]:80", "[::1]:80"],
    ["on HTTP/3's TCP port", server("443 ssl", "127.0.0.1:443 quic"), "0.0.0.0:443", "127.0.0.1:443"],
  ];
  for (const [what, text, socket, at = "127.0.0.1:80"] of cases)
    test(what, () => assert.equal(askedAt(text, socket), at));
});

describe("a wildcard is asked by an address that no other listen has", () => {
  // nginx 1.22.1 and 1.31.5: 127.0.0.1 got an empty reply, 127.0.0.2 the page of the wildcard.
  test("where a proxy talks to 127.0.0.1", () =>
    assert.equal(askedAt(server("80", "127.0.0.1:80 proxy_protocol")), "127.0.0.2:80"));
  test("where a status page is at 127.0.0.1 and 127.0.0.2", () =>
    assert.equal(askedAt(server("80", "127.0.0.1:80", "127.0.0.2:80")), "127.0.0.3:80"));
  test("where a host name may be 127.0.0.1", () =>
    assert.equal(askedAt(server("80", "localhost:80 proxy_protocol")), "127.0.0.2:80"));
  test("nothing of it for another port", () =>
    assert.equal(askedAt(server("80", "127.0.0.1:81 proxy_protocol", "localhost:82")), "127.0.0.1:80"));
  test("where everything but 127.0.0.1 has to be told the client, nobody is asked", () =>
    assert.equal(askedAt(server("80 proxy_protocol", "127.0.0.1:80")), undefined));
  test("IPv6 has one address of the kind", () =>
    assert.equal(askedAt(server("[::]:80", "[::1]:80 proxy_protocol"), "[::]:80"), undefined));
});

describe("a plain request gets none", () => {
  const cases: [string, string, string?][] = [
    ["from who wants to be told the client", server("80 proxy_protocol")],
    ["by TLS behind that", server("80 ssl proxy_protocol")],
    ["where one of several servers on the address says so", server("80", "*:80 proxy_protocol")],
    ["on a unix socket", server("unix:/run/web.sock proxy_protocol"), "/run/web.sock"],
    ["on one of a range of ports", server("8080-8090 proxy_protocol"), "0.0.0.0:8085"],
  ];
  for (const [what, text, socket] of cases) test(what, () => assert.equal(askedAt(text, socket), undefined));
});

test("a file that nginx does not read does not count", () => {
  assert.equal(askedAt(server("80 proxy_protocol"), "0.0.0.0:80", "off.conf.disabled"), "127.0.0.1:80");
});
