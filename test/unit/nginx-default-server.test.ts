import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseListenStream, toListenStream } from "../../units/nginx/address.ts";
import { checkListens } from "../../units/nginx/check.ts";
import { defaultServer, nginxVariable } from "../../units/nginx/default-server.ts";
import { crowdedAddress, listenAddress } from "./nginx-arbitraries.ts";

const server = (...listen: string[]) => defaultServer(listen.map(parseListenStream));
const listens = (text: string) => text.split("\n").filter((line) => line.startsWith("    listen "));

describe("defaultServer", () => {
  test("has an address once, and bind beside a wildcard of its port", () => {
    assert.deepEqual(listens(server("80", "[::]:80", "[::1]:80", "127.0.0.1:80", "0.0.0.0:81")), [
      "    listen [::]:80;",
      "    listen [::1]:80 bind;",
      "    listen 127.0.0.1:80;",
      "    listen 81;",
    ]);
  });

  test("quotes what needs it", () => {
    const text = defaultServer([parseListenStream("/run/a;b")], { serverName: "a b", root: '/srv/"x"' });
    assert.deepEqual(listens(text), ['    listen "unix:/run/a;b";']);
    assert.match(text, /server_name "a b";/);
    assert.match(text, /root "\/srv\/\\"x\\"";/);
  });

  test("refuses no address, and one that nginx can't name", () => {
    assert.throws(() => defaultServer([]), { name: "AddressError", message: /at least one/ });
    assert.throws(() => server("@abstract"), { name: "AddressError", message: /abstract/ });
  });

  test("makes room for a long name with a certificate", () => {
    const listen = [parseListenStream("0.0.0.0:443")];
    const text = (name: string) =>
      defaultServer([], { tls: { listen, http2: true, redirect: false, names: [name], acme: false } });
    assert.match(text("a".repeat(46)), /^server \{/);
    assert.match(text("a".repeat(47)), /^server_names_hash_bucket_size 128;\n\nserver \{/);
  });

  test("agrees with the sockets that it is made for", () => {
    const addresses = fc.array(fc.oneof(listenAddress, crowdedAddress), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(addresses, (all) => {
        const files = [{ name: "default.conf", text: defaultServer(all) }];
        const sockets = [{ unit: "a.socket", listen: all.map(toListenStream) }];
        assert.deepEqual(checkListens(files, sockets), { errors: [], warnings: [] });
      }),
    );
  });
});

describe("nginxVariable", () => {
  test("names each descriptor from 3 on and ends in a ;", () => {
    assert.equal(nginxVariable(1), "3;");
    assert.equal(nginxVariable(2), "3:4;");
    assert.equal(nginxVariable(3), "3:4:5;");
  });

  test("refuses what is no number of sockets", () => {
    for (const count of [0, -1, 1.5, NaN]) assert.throws(() => nginxVariable(count), RangeError);
  });
});
