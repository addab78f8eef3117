import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { checkArguments } from "../../components/site/check.ts";
import { checkTls } from "../../components/tls/check.ts";
import { makeCertificate, withPassphrase } from "../certificates.ts";
import { certificate as one, rootful } from "./shapes.ts";

const two = makeCertificate(["api.example.com"]);
const site = { ...rootful, tls: one };

function problems(change: object): string[] {
  return checkArguments("web", { ...site, ...change }).problems.map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

describe("what is wrong", () => {
  const cases: [string, object, string[]][] = [
    [
      "an unknown key",
      { tls: { ...one, redirects: true } },
      ['tls.redirects: is not known. Did you mean "redirect"?'],
    ],
    [
      "no key",
      { tls: { certificate: one.certificate } },
      [
        'tls.key: is missing: the private key of the certificate in PEM, its text, as in "-----BEGIN PRIVATE KEY-----…"',
      ],
    ],
    ["no address at all", { listen: [], tls: undefined }, ["listen: needs one address at least"]],
    ["no address for TLS", { tls: { ...one, listen: [] } }, ["tls.listen: needs one address at least"]],
    [
      "an address that is no address",
      { tls: { ...one, listen: ["x"] } },
      [
        'tls.listen[0]: "x" is not an address that systemd can listen on. Write an address and a port, as "0.0.0.0:8080" (IPv4) or "[::]:8080" (IPv6), or a path, as "/run/example.sock".',
      ],
    ],
    [
      "an address that listen has",
      { tls: { ...one, listen: ["0.0.0.0:80"] } },
      ['tls.listen[0]: duplicates listen[0] ("0.0.0.0:80")'],
    ],
    [
      "nginx of one's own that does not listen there",
      { nginx: { "a.conf": "server { listen 80; }" } },
      [
        'nginx: web-443.socket: "0.0.0.0:443", the argument tls.listen[0], has no "listen": nginx would close it, and every client would hang. nginx binds 0.0.0.0:80 (a.conf:1). Write "listen 443".',
      ],
    ],
    [
      "a redirect beside nginx of one's own",
      {
        nginx: { "a.conf": "server { listen 80; listen 443 ssl; }" },
        tls: { ...one, redirect: true, http2: true },
      },
      [
        "tls.redirect: has no effect, because it changes only generated files and you give your own. Remove it, and set this in your files",
        "tls.http2: has no effect, because it changes only generated files and you give your own. Remove it, and set this in your files",
      ],
    ],
    [
      "a name that is none",
      { tls: { ...one, certificates: { "a/b": two } } },
      ['tls.certificates["a/b"]: is not a server name such as "www.example.com" or "*.example.com"'],
    ],
    [
      "a certificate of a name",
      { tls: { ...one, certificates: { "a.b": { ...two, key: "x" } } } },
      [
        'tls.certificates["a.b"].key: is not a private key in PEM (-----BEGIN PRIVATE KEY-----). Give the text of the file, not its name.',
      ],
    ],
  ];
  for (const [what, change, expected] of cases)
    test(what, () => assert.deepEqual(problems(change), expected));

  const pairs: [string, string, string, string[]][] = [
    [
      "no PEM",
      "a b",
      "c d",
      [
        "tls.certificate: is not a certificate in PEM (-----BEGIN CERTIFICATE-----).",
        "tls.key: is not a private key in PEM (-----BEGIN PRIVATE KEY-----).",
      ],
    ],
    [
      "names of files",
      "/etc/ssl/a.pem",
      "key.pem",
      [
        "tls.certificate: is not a certificate in PEM (-----BEGIN CERTIFICATE-----). Give the text of the file, not its name.",
        "tls.key: is not a private key in PEM (-----BEGIN PRIVATE KEY-----). Give the text of the file, not its name.",
      ],
    ],
    [
      "swapped",
      one.key,
      one.certificate,
      [
        "tls.certificate: is a private key. Are certificate and key swapped?",
        "tls.key: is a certificate. Are certificate and key swapped?",
      ],
    ],
    [
      "both in one",
      one.key + one.certificate,
      one.key,
      ["tls.certificate: also holds a private key, and certificates are not kept secret. Move it to key."],
    ],
    [
      "cut off",
      one.certificate.replace(/\n.*\n/, "\n"),
      one.key.replace(/\n.*\n/, "\n"),
      [
        "tls.certificate: can't be read as a certificate: it is damaged, or was cut off",
        "tls.key: can't be read as a private key: it is damaged, or was cut off",
      ],
    ],
    [
      "a passphrase",
      one.certificate,
      withPassphrase(one.key),
      [
        "tls.key: has a passphrase, and nginx can't ask for it. Remove the passphrase: openssl pkey -in FILE -out NEW",
      ],
    ],
    [
      "another key",
      one.certificate,
      two.key,
      [
        "tls.key: does not belong to tls.certificate: CN=www.example.com. Give the key that it was made with.",
      ],
    ],
    [
      "a chain upside down",
      two.certificate + one.certificate,
      one.key,
      ["tls.key: belongs to certificate 2 of tls.certificate, and nginx takes the first. Put it first."],
    ],
    ["nothing", one.certificate + two.certificate, one.key, []],
  ];
  for (const [what, certificate, key, expected] of pairs)
    test(`certificate and key: ${what}`, () => {
      const { problems } = checkTls({ certificate, key });
      assert.deepEqual(
        problems.map(({ path, message }) => `${path}: ${message}`),
        expected,
      );
    });

  test("what is not known is not looked at", () => {
    const unknown = pulumi.secret("x");
    assert.deepEqual(checkTls({ certificate: one.certificate, key: unknown }).problems, []);
    assert.deepEqual(checkTls({ certificate: unknown, key: two.key }).problems, []);
    assert.deepEqual(checkTls(undefined), { problems: [], warnings: [] });
  });

  test("a certificate out of its time is a warning", () => {
    const in2 = (days: number) => new Date(Date.now() + days * 86_400_000);
    const at = (days: number) =>
      checkTls(one, [], in2(days)).warnings.map((text) => text.replace(/ [A-Z][a-z]{2} .*GMT/, ""));
    assert.deepEqual(at(0.1), []);
    assert.deepEqual(at(31), ["tls.certificate: CN=www.example.com expired on. Clients refuse it."]);
    assert.deepEqual(at(-1), ["tls.certificate: CN=www.example.com is not valid before. Clients refuse it."]);
  });

  test("a status that nobody is asked for is a warning", () => {
    const verify = { status: 200 };
    const warnings = (change: object) => checkArguments("web", { ...site, verify, ...change }).warnings;
    assert.deepEqual(warnings({}), []);
    assert.match(warnings({ listen: [] })[0] ?? "", /^verify: status and body are never checked/);
    assert.match(warnings({ tls: { ...one, redirect: true } })[0] ?? "", /^verify: /);
  });
});

describe("a certificate for other names is a warning", () => {
  const warning = (path: string, subject: string, name: string) =>
    `${path}.certificate: CN=${subject} is not for "${name}". Clients that ask for that name refuse it.`;
  const star = makeCertificate(["*.example.com"]);

  test("none where it has the name, by itself or by a pattern, and for a site, of which no name is known", () => {
    for (const names of [[], ["www.example.com"]])
      assert.deepEqual(checkTls(one, names), { problems: [], warnings: [] });
    assert.deepEqual(checkTls(star, ["*.example.com", "a.example.com"]).warnings, []);
    const named = { ...one, certificates: { "api.example.com": two, "*.example.com": star } };
    assert.deepEqual(checkTls(named, ["api.example.com", "b.example.com"]).warnings, []);
  });

  test("of a name that is asked for, and of one that has a certificate of its own", () => {
    assert.deepEqual(checkTls(one, ["a.example.com", "*.example.com"]).warnings, [
      warning("tls", "www.example.com", "a.example.com"),
      warning("tls", "www.example.com", "*.example.com"),
    ]);
    assert.deepEqual(checkTls({ ...one, certificates: { "www.example.com": two } }).warnings, [
      warning('tls.certificates["www.example.com"]', "api.example.com", "www.example.com"),
    ]);
  });

  test("nothing is said of what is not known yet", () => {
    const later = { certificate: pulumi.output(one.certificate), key: one.key };
    assert.deepEqual(checkTls(later, ["a.example.com"]).warnings, []);
  });
});

describe("TLS in nginx of one's own", () => {
  const found = (text: string, change: object = {}) =>
    checkArguments("web", {
      ...site,
      tls: { ...one, listen: ["0.0.0.0:8443"] },
      nginx: { "a.conf": `server { listen 80; }\n${text}` },
      ...change,
    });
  const inClear = (listen: string, written = listen) =>
    `a.conf:2: "${written}" has no "ssl", and is for an address of the argument tls.listen: everything would be sent there without encryption. Write "${listen} ssl".`;

  const fine: [string, string][] = [
    ["ssl", "server { listen 8443 ssl; }"],
    ["ssl beside others", "server { listen 0.0.0.0:8443 default_server ssl http2; }"],
    ["one listen of several, as nginx has it", "server { listen 8443; }\nserver { listen 8443 ssl; }"],
    ["an old nginx's directive", "server { listen 8443; ssl on; }"],
    ["an old nginx's directive for all servers", "ssl on; server { listen 8443; }"],
    ["an address of its own below the wildcard", "server { listen 8443 ssl; listen 192.0.2.11:8443 ssl; }"],
  ];
  for (const [what, text] of fine)
    test(`nothing is wrong: ${what}`, () => assert.deepEqual(found(text), { problems: [], warnings: [] }));

  const wrong: [string, string, string][] = [
    ["no ssl", "server { listen 8443; root /srv; }", inClear("listen 8443")],
    [
      "no ssl on any",
      "server { listen *:8443; }\nserver { listen 8443; }",
      inClear("listen 8443", "listen *:8443"),
    ],
    [
      "an address below the wildcard, which would answer in clear",
      "server { listen 8443 ssl; listen 192.0.2.11:8443; }",
      inClear("listen 192.0.2.11:8443"),
    ],
    ["ssl off", "server { listen 8443; ssl off; }", inClear("listen 8443")],
  ];
  for (const [what, text, expected] of wrong)
    test(what, () =>
      assert.deepEqual(found(text), { problems: [{ path: "nginx", message: expected }], warnings: [] }),
    );

  test("a server without a listen, on the default port", () => {
    const change = {
      listen: [],
      tls: { ...one, listen: ["0.0.0.0:80"] },
      nginx: { "a.conf": "\nserver { root /srv; }" },
    };
    assert.deepEqual(
      found("", change).problems.map(({ message }) => message),
      [
        'a.conf:2: this server has no "listen", so nginx takes 0.0.0.0:80, and that has no "ssl", and is for an address of the argument tls.listen: everything would be sent there without encryption. Write "listen 80 ssl".',
      ],
    );
  });

  test("what can't be seen may have it: a warning", () => {
    const { problems, warnings } = found("server { listen 8443; include /etc/nginx/tls.conf; }");
    assert.deepEqual(problems, []);
    assert.match(
      warnings.at(-1) ?? "",
      /has no "ssl".* without encryption, unless an include that can't be seen has it with "ssl"\. /,
    );
  });

  test("an address of listen that has it is a warning beside tls, and as good as any without", () => {
    const nginx = { "a.conf": "server { listen 80 ssl; listen 8443 ssl; listen 127.0.0.1:9000 ssl; }" };
    assert.deepEqual(
      found("", { nginx }).warnings.filter((text) => text.includes('has "ssl"')),
      [
        'a.conf:1: "listen 80 ssl" has "ssl", and 0.0.0.0:80 is in the argument listen, so verify, smokeTest and urls would use it without TLS. Move it to tls.listen.',
      ],
    );
    const volumes = ["/etc/letsencrypt:/certificates:ro"];
    const own = { tls: undefined, volumes, nginx: { "a.conf": "server { listen 80 ssl; }" } };
    assert.deepEqual(found("", own), { problems: [], warnings: [] });
  });
});
