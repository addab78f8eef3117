import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  AddressError,
  isSpecific,
  isWildcard,
  parseListen,
  parseListenStream,
  sameAddress,
  toListenStream,
  toNginxListen,
  type ListenAddress,
} from "../../units/nginx/address.ts";
import { canonicalIpv6, ipv6Digits } from "../../units/nginx/ip.ts";
import { listenAddress } from "./nginx-arbitraries.ts";

const ipv4 = (address: string, port: number): ListenAddress => ({ family: "ipv4", address, port });
const ipv6 = (address: string, port: number): ListenAddress => ({ family: "ipv6", address, port });
const unix = (path: string): ListenAddress => ({ family: "unix", path });

describe("parseListenStream", () => {
  const readable: [string, ListenAddress][] = [
    ["80", ipv6("::", 80)],
    ["0.0.0.0:80", ipv4("0.0.0.0", 80)],
    ["127.0.0.1:65535", ipv4("127.0.0.1", 65535)],
    ["[::]:80", ipv6("::", 80)],
    ["[0:0::1]:80", ipv6("::1", 80)],
    ["[::FFFF:7f00:1]:80", ipv6("::ffff:127.0.0.1", 80)],
    ["/run/x.sock", unix("/run/x.sock")],
    ["@abstract", unix("@abstract")],
  ];
  for (const [text, address] of readable) {
    test(`reads ${text}`, () => assert.deepEqual(parseListenStream(text), address));
  }

  const refused: [string, RegExp][] = [
    ["", /not an address that systemd can listen on\. Write an address and a port/],
    ["0", /0 is not a port\. Ports are 1 to 65535/],
    ["080", /without leading zeros/],
    ["0.0.0.0:65536", /65536 is not a port/],
    ["127.0.0.1", /not an address that systemd can listen on/],
    ["127.0.0.01:80", /not an address that systemd can listen on/],
    ["*:80", /Write an address and a port, as "0\.0\.0\.0:8080"/],
    ["localhost:80", /not an address that systemd can listen on/],
    ["::1:80", /not an address that systemd can listen on/],
    ["vsock:2:1234", /AF_VSOCK/],
    ["%t/x.sock", /only the host knows/],
    ["/run/%i.sock", /only the host knows/],
    ["[fe80::1]:80%eth0", /only the host knows/],
    ["/run/x\nListenStream=80", /a control character/],
    ["/run/x\\", /a "\\" or a space at the end can't be written/],
    [`/${"x".repeat(107)}`, /108 bytes are too long .* at most 107/],
  ];
  for (const [text, message] of refused) {
    test(`refuses ${JSON.stringify(text).slice(0, 40)}`, () => {
      assert.throws(() => parseListenStream(text), { name: "AddressError", message });
    });
  }
});

describe("parseListen", () => {
  const readable: [string, ListenAddress[]][] = [
    ["80", [ipv4("0.0.0.0", 80)]],
    ["080", [ipv4("0.0.0.0", 80)]],
    ["*:80", [ipv4("0.0.0.0", 80)]],
    ["*", [ipv4("0.0.0.0", 80)]],
    ["0.0.0.0:80", [ipv4("0.0.0.0", 80)]],
    ["127.0.0.1", [ipv4("127.0.0.1", 80)]],
    ["8080-8082", [ipv4("0.0.0.0", 8080), ipv4("0.0.0.0", 8081), ipv4("0.0.0.0", 8082)]],
    ["[::1]:80-81", [ipv6("::1", 80), ipv6("::1", 81)]],
    ["[::]:80", [ipv6("::", 80)]],
    ["[::1]", [ipv6("::1", 80)]],
    ["[::ffff:127.0.0.1]:80", [ipv6("::ffff:127.0.0.1", 80)]],
    ["unix:/run/x.sock", [unix("/run/x.sock")]],
    ["UNIX:/run/x.sock", [unix("/run/x.sock")]],
  ];
  for (const [parameter, addresses] of readable) {
    test(`reads ${parameter}`, () => {
      assert.deepEqual(parseListen(parameter), { kind: "addresses", addresses });
    });
  }

  test("keeps a host name, which only nginx can look up", () => {
    const host = { kind: "host", host: "localhost", firstPort: 8000, lastPort: 8000 };
    assert.deepEqual(parseListen("localhost:8000"), host);
    assert.deepEqual(parseListen("example.com"), {
      kind: "host",
      host: "example.com",
      firstPort: 80,
      lastPort: 80,
    });
  });

  const refused: [string, RegExp][] = [
    ["0", /0 is not a port/],
    ["65536", /65536 is not a port/],
    ["127.0.0.1:http", /"http" is not a port/],
    ["90-80", /starts above its end\. Write "80-90"/],
    ["::1", /not an address that nginx can listen on/],
    ["fe80::1", /IPv6 needs brackets/],
    ["[::1", /no valid IPv6 address in its brackets/],
    ["[::1]80", /no valid IPv6 address in its brackets/],
    ["[1::2::3]:80", /no valid IPv6 address in its brackets/],
    ["", /not an address that nginx can listen on/],
    ["example.com/x", /not an address that nginx can listen on/],
    ["unix:x.sock", /must be absolute/],
    ["unix:@name", /nginx has no "listen" for an abstract unix socket/],
  ];
  for (const [parameter, message] of refused) {
    test(`refuses ${JSON.stringify(parameter)}`, () => {
      assert.throws(() => parseListen(parameter), { name: "AddressError", message });
    });
  }
});

describe("addresses", () => {
  test("an IPv4-mapped IPv6 address is not the IPv4 address, and no wildcard", () => {
    assert.equal(sameAddress(ipv6("::ffff:127.0.0.1", 80), ipv4("127.0.0.1", 80)), false);
    assert.equal(isWildcard(ipv6("::ffff:0.0.0.0", 80)), false);
  });

  test("an address of one host's own", () => {
    const all = [ipv4("192.0.2.10", 80), ipv6("2001:db8::10", 80), ipv6("::ffff:127.0.0.1", 80)];
    assert.deepEqual(all.map(isSpecific), [true, true, true]);
    const others = [ipv4("0.0.0.0", 80), ipv6("::", 80), ipv4("127.0.0.53", 80), ipv6("::1", 80), unix("/a")];
    assert.deepEqual(others.filter(isSpecific), []);
  });

  test("an IPv6 address as the kernel lists it", () => {
    assert.equal(ipv6Digits("2001:db8::10"), "20010db8000000000000000000000010");
    assert.equal(ipv6Digits("::ffff:127.0.0.1"), "00000000000000000000ffff7f000001");
  });

  test("an abstract socket can't be written for nginx", () => {
    assert.throws(() => toNginxListen(unix("@name")), AddressError);
  });

  test("canonical IPv6 text is RFC 5952's", () => {
    assert.equal(canonicalIpv6("2001:DB8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
    assert.equal(canonicalIpv6("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
    assert.equal(canonicalIpv6("1:0:0:0:0:0:0:0"), "1::");
    assert.equal(canonicalIpv6("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
    for (const text of ["", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7::8", "12345::", "::1.2.3", "::g"]) {
      assert.equal(canonicalIpv6(text), undefined, text);
    }
  });

  test("canonical IPv6 text is the one that URL has too", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = canonicalIpv6(text) ?? "";
        assert.equal(canonicalIpv6(canonical), canonical);
        // URL never writes the last two words in the form of IPv4.
        const [, hex] = /^\[(.*)\]$/.exec(new URL(`http://[${text}]/`).hostname) ?? [];
        assert.equal(canonicalIpv6(hex ?? ""), canonical);
      }),
    );
  });

  test("what is printed is read again as the same address", () => {
    fc.assert(
      fc.property(listenAddress, (address) => {
        assert.deepEqual(parseListenStream(toListenStream(address)), address);
        const target = parseListen(toNginxListen(address));
        assert.deepEqual(target, { kind: "addresses", addresses: [address] });
      }),
    );
  });

  test("arbitrary text is an address or an AddressError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[[\]:*.\d/@%a-f-]{0,12}$/)), (text) => {
        for (const read of [parseListen, parseListenStream]) {
          try {
            assert.ok(read(text));
          } catch (error) {
            assert.ok(error instanceof AddressError, String(error));
          }
        }
      }),
    );
  });
});
