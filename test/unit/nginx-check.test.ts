import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { toListenStream, toNginxListen } from "../../units/nginx/address.ts";
import { checkListens, type CheckResult, type SocketUnit } from "../../units/nginx/check.ts";
import { configuration, crowdedAddress, listenAddress } from "./nginx-arbitraries.ts";

const sockets = (...listen: string[]): SocketUnit[] =>
  listen.length === 0 ? [] : [{ unit: "a.socket", listen }];
const messages = ({ errors, warnings }: CheckResult) => ({
  errors: errors.map(({ message }) => message),
  warnings: warnings.map(({ message }) => message),
});
const server = (...listens: string[]) =>
  `server {\n${listens.map((listen) => `listen ${listen};\n`).join("")}}\n`;

/** Checks default.conf against the sockets, and returns the messages. */
const check = (text: string, ...listen: string[]) =>
  messages(checkListens([{ name: "default.conf", text }], sockets(...listen)));

const errors = (text: string, ...listen: string[]) => {
  const result = check(text, ...listen);
  assert.deepEqual(result.warnings, []);
  return result.errors;
};
const warnings = (text: string, ...listen: string[]) => {
  const result = check(text, ...listen);
  assert.deepEqual(result.errors, []);
  return result.warnings;
};

describe("configuration and sockets agree", () => {
  const agreeing: [string, string, string[]][] = [
    ["IPv4 wildcard", server("8080"), ["0.0.0.0:8080"]],
    ["IPv4 wildcard with a star", server("*:8080"), ["0.0.0.0:8080"]],
    ["IPv6 wildcard", server("[::]:80"), ["80"]],
    ["one IPv4 address", server("127.0.0.1"), ["127.0.0.1:80"]],
    ["one IPv6 address in two spellings", server("[0:0::1]:80"), ["[::1]:80"]],
    ["an IPv4-mapped address", server("[::ffff:127.0.0.1]:80"), ["[::ffff:7f00:1]:80"]],
    ["a unix socket", server("unix:/run/x.sock"), ["/run/x.sock"]],
    [
      "several servers on one listen",
      server("80 default_server") + server("80") + server("*:80"),
      ["0.0.0.0:80"],
    ],
    ["options that change no address", server("443 ssl http2 proxy_protocol"), ["0.0.0.0:443"]],
    ["backlog=, which nginx sets on the socket", server("80 backlog=7"), ["0.0.0.0:80"]],
    ["a range of ports", server("80-81"), ["0.0.0.0:80", "0.0.0.0:81"]],
    ["a server without listen", "server { server_name a; }", ["0.0.0.0:80"]],
    ["an address that a wildcard covers", server("8080") + server("127.0.0.1:8080"), ["0.0.0.0:8080"]],
    ["an IPv6 address that a wildcard covers", server("[::]:80", "[::1]:80"), ["[::]:80"]],
    ["a covered address with bind", server("80", "127.0.0.1:80 bind"), ["0.0.0.0:80", "127.0.0.1:80"]],
    ["listen in other contexts", "map $a $b { listen 1; }", []],
    ["an include in a location", "server { listen 80; location / { include /etc/x; } }", ["0.0.0.0:80"]],
    ["an include of a file of the image", "server { listen 80; include fastcgi_params; }", ["0.0.0.0:80"]],
    ["nothing at all", "", []],
  ];
  for (const [what, text, listen] of agreeing) {
    test(`says nothing to ${what}`, () =>
      assert.deepEqual(check(text, ...listen), { errors: [], warnings: [] }));
  }

  test("says nothing where each address of several units has its listen", () => {
    const files = [{ name: "default.conf", text: server("8080", "[::]:8081") }];
    const units = [
      { unit: "a.socket", listen: ["0.0.0.0:8080"] },
      { unit: "a-1.socket", listen: ["8081"] },
    ];
    assert.deepEqual(checkListens(files, units), { errors: [], warnings: [] });
  });
});

describe("a listen without a socket", () => {
  test("in another family: one problem tells both sides, with what would match", () => {
    const text = "server {\n  listen 8080;\n}";
    const units = [{ unit: "example1.socket", listen: ["8080"] }];
    assert.deepEqual(checkListens([{ name: "default.conf", text }], units), {
      errors: [
        {
          file: "default.conf",
          line: 2,
          message:
            'default.conf:2: "listen 8080" binds 0.0.0.0:8080, which no socket passes on, and no "listen" has the address of example1.socket, [::]:8080: nginx would close that socket, and every client would hang. Write "listen [::]:8080", or "0.0.0.0:8080" in the argument listen.',
        },
      ],
      warnings: [],
    });
  });

  test("an IPv4 address is not the IPv4-mapped IPv6 one", () => {
    assert.match(
      errors(server("127.0.0.1:80"), "[::ffff:127.0.0.1]:80")[0] ?? "",
      /which no socket passes on/,
    );
  });

  test("with the options it was written with, beside one that has a socket", () => {
    assert.deepEqual(errors(server("[::]:443 ssl", "443 ssl"), "443"), [
      'default.conf:3: "listen 443 ssl" binds 0.0.0.0:443, which no socket passes on. Sockets: [::]:443 (a.socket). Remove it, or add "0.0.0.0:443" to the argument listen.',
    ]);
  });

  test("without any socket", () => {
    assert.deepEqual(errors(server("80")), [
      'default.conf:2: "listen 80" binds 0.0.0.0:80, which no socket passes on. There is no socket. Remove it, or add "0.0.0.0:80" to the argument listen.',
    ]);
  });

  test("a server without listen binds *:80", () => {
    assert.deepEqual(errors("\nserver { }", "0.0.0.0:8080"), [
      'default.conf:2: this server has no "listen", so nginx binds 0.0.0.0:80, which no socket passes on, and no "listen" has the address of a.socket, 0.0.0.0:8080: nginx would close that socket, and every client would hang. Write "listen 8080", or "0.0.0.0:80" in the argument listen.',
    ]);
  });

  test("with several sockets to choose from: each that no listen names has its own problem", () => {
    assert.deepEqual(errors(server("8080"), "0.0.0.0:81", "0.0.0.0:82"), [
      'default.conf:2: "listen 8080" binds 0.0.0.0:8080, which no socket passes on. Sockets: 0.0.0.0:81 (a.socket), 0.0.0.0:82 (a.socket). Remove it, or add "0.0.0.0:8080" to the argument listen.',
      'a.socket: "0.0.0.0:81", the argument listen, has no "listen": nginx would close it, and every client would hang. nginx binds 0.0.0.0:8080 (default.conf:2). Write "listen 81".',
      'a.socket: "0.0.0.0:82", the argument listen, has no "listen": nginx would close it, and every client would hang. nginx binds 0.0.0.0:8080 (default.conf:2). Write "listen 82".',
    ]);
  });

  test("for a socket whose address the user does not choose: no argument is named", () => {
    const files = [{ name: "a.conf", text: "server { listen 80; listen 81; }" }];
    const found = (...listen: string[]) =>
      checkListens(files, [{ unit: "a.socket", listen, argument: null }]).errors.map(
        ({ message }) => message,
      );
    assert.deepEqual(found("/run/a"), [
      'a.conf:1: "listen 80" binds 0.0.0.0:80, which no socket passes on, and no "listen" has the address of a.socket, /run/a: nginx would close that socket, and every client would hang. Write "listen unix:/run/a".',
      'a.conf:1: "listen 81" binds 0.0.0.0:81, which no socket passes on, and no "listen" has the address of a.socket, /run/a: nginx would close that socket, and every client would hang. Write "listen unix:/run/a".',
    ]);
    assert.deepEqual(found("0.0.0.0:80"), [
      'a.conf:1: "listen 81" binds 0.0.0.0:81, which no socket passes on. Sockets: 0.0.0.0:80 (a.socket). Remove it.',
    ]);
  });

  test("for the container itself is a warning, as nobody waits there", () => {
    assert.deepEqual(warnings(server("80", "127.0.0.1:9000", "unix:/tmp/status"), "0.0.0.0:80"), [
      'default.conf:3: "listen 127.0.0.1:9000" binds 127.0.0.1:9000, which no socket passes on: only the container itself can reach it.',
      'default.conf:4: "listen unix:/tmp/status" binds /tmp/status, which no socket passes on: only the container itself can reach it.',
    ]);
  });

  test("that nginx could not read is told once", () => {
    assert.deepEqual(errors(server("0")), [
      'default.conf:2: "listen 0": "0": 0 is not a port. Ports are 1 to 65535, without leading zeros.',
    ]);
  });
});

describe("a socket without a listen", () => {
  test("when there is no server", () => {
    assert.deepEqual(errors("", "8080"), [
      'a.socket: "[::]:8080", the argument listen, has no "listen": nginx would close it, and every client would hang. nginx binds nothing. Write "listen [::]:8080".',
    ]);
  });

  test("when a wildcard covers its listen", () => {
    assert.deepEqual(errors(server("8080", "127.0.0.1:8080"), "0.0.0.0:8080", "127.0.0.1:8080"), [
      'a.socket: "127.0.0.1:8080", the argument listen, would be closed, and every client would hang: nginx opens only the wildcard 0.0.0.0:8080 (default.conf:2), which covers 127.0.0.1:8080 (default.conf:3). Write "listen 127.0.0.1:8080 bind" there.',
    ]);
  });

  test("that nginx could never listen on", () => {
    assert.deepEqual(errors("", "@abstract", "vsock:2:1").length, 2);
    assert.match(
      errors("", "@abstract")[0] ?? "",
      /^a\.socket: the argument listen: "@abstract": nginx has no "listen"/,
    );
  });
});

describe("options", () => {
  test("quic is UDP, also beside TCP on the same port", () => {
    assert.deepEqual(errors(server("443 ssl", "443 quic"), "0.0.0.0:443"), [
      'default.conf:3: "listen 443 quic" is UDP, and a socket unit passes on TCP only: nginx would bind it inside the container, where no client arrives. Remove it.',
    ]);
  });

  test("reuseport is a warning", () => {
    assert.match(
      warnings(server("80 reuseport"), "0.0.0.0:80").join("\n"),
      /^default\.conf:2: "listen 80 reuseport": with reuseport only one worker .* Remove reuseport/,
    );
  });

  test("ipv6only= is a warning that names the socket's own option", () => {
    assert.match(
      warnings(server("[::]:80 ipv6only=off"), "80").join("\n"),
      /ipv6only=off has no .*BindIPv6Only=both/,
    );
    assert.match(
      warnings(server("[::]:80 ipv6only=on"), "80").join("\n"),
      /ipv6only=on has no .*BindIPv6Only=ipv6-only/,
    );
  });

  test("multipath is an error", () => {
    assert.match(errors(server("80 multipath"), "0.0.0.0:80").join("\n"), /MPTCP.* Remove multipath\.$/);
  });
});

describe("a host name", () => {
  test("is a warning, and so is the socket that it may stand for", () => {
    assert.deepEqual(warnings(server("localhost:8000"), "127.0.0.1:8000"), [
      'default.conf:2: "listen localhost:8000" names a host, which nginx looks up when it starts: it can\'t be compared with the sockets. Write an address, as "listen 127.0.0.1:8000".',
      'a.socket: "127.0.0.1:8000", the argument listen, has no "listen", unless the host name in default.conf:2 stands for it. Write "listen 127.0.0.1:8000".',
    ]);
  });

  test("on another port does not excuse a socket", () => {
    assert.equal(check(server("localhost:8000"), "127.0.0.1:80").errors.length, 1);
  });
});

describe("for arbitrary input", () => {
  test("nothing is thrown", () => {
    fc.assert(
      fc.property(configuration, fc.array(fc.string()), (text, listen) => {
        const { errors: found } = checkListens([{ name: "a.conf", text }], sockets(...listen));
        for (const { file, message } of found)
          assert.ok(file !== undefined && message.startsWith(`${file}:`));
      }),
      { numRuns: 500 },
    );
  });

  test("sockets agree with the listens that are written for them, and a missing one is an error", () => {
    const addresses = fc.uniqueArray(listenAddress, { selector: toListenStream, minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(addresses, (all) => {
        const text = server(...all.map((one) => `"${toNginxListen(one).replaceAll('"', '\\"')}" bind`));
        const streams = all.map(toListenStream);
        assert.deepEqual(check(text, ...streams), { errors: [], warnings: [] });
        const { errors: found } = checkListens([{ name: "a.conf", text: "" }], sockets(...streams));
        assert.equal(found.length, all.length);
      }),
    );
  });

  test("there is an error exactly if a passed socket is not bound, or a bound address is not passed", () => {
    const some = fc.uniqueArray(crowdedAddress, { selector: toListenStream, maxLength: 4 });
    fc.assert(
      fc.property(some, some, (listens, passed) => {
        const wildcards = listens.map(toListenStream);
        const covered = (stream: string) =>
          (/^(127|192)\..*:80$/.test(stream) && wildcards.includes("0.0.0.0:80")) ||
          (stream === "[::1]:80" && wildcards.includes("[::]:80"));
        const bound = wildcards.filter((stream) => !covered(stream)).sort();
        const streams = passed.map(toListenStream).sort();
        // Each listen has its own server; a "server" without a listen would add one.
        const text = listens.map((one) => server(toNginxListen(one))).join("");
        const found = check(text, ...streams);
        const agree = JSON.stringify(bound) === JSON.stringify(streams);
        assert.equal(found.errors.length + found.warnings.length === 0, agree, JSON.stringify(found));
        const lost = streams.filter((stream) => !bound.includes(stream));
        const isOf = (stream: string) => (message: string) =>
          message.startsWith(`a.socket: "${stream}"`) ||
          message.includes(`the address of a.socket, ${stream}: nginx would close that socket`);
        assert.deepEqual(
          streams.filter((stream) => found.errors.some(isOf(stream))),
          lost,
        );
      }),
    );
  });
});
