import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { SocketActivatedNginxArgs } from "../../components/index.ts";
import { claimsOfSite } from "../../components/claims.ts";
import { checkProxy } from "../../components/proxy/check.ts";
import { nginxOf } from "../../components/proxy/render.ts";
import { checkArguments } from "../../components/site/check.ts";
import { render } from "../../components/site/render.ts";
import type { TlsArgs } from "../../components/index.ts";
import { certificate, caddy, httpd, proxy as shape, rootful, rootless, rootOwnedSocket } from "./shapes.ts";

// The units and nginx's files are in test/golden (rootful-acme, rootless-acme, root-owned-socket-acme, proxy-acme).

const acme = { names: ["www.example.com"] };
const site = { ...rootful, tls: { acme } };
const proxy = { ...shape, listen: ["0.0.0.0:80"], tls: { acme: {} } };

function said(args: SocketActivatedNginxArgs) {
  const { problems, warnings } = checkArguments("web", args);
  return { problems: problems.map(({ path, message }) => `${path}: ${message}`), warnings };
}

describe("the check of a site", () => {
  const cases: [string, Partial<SocketActivatedNginxArgs>, string[]][] = [
    ["all is well", {}, []],
    [
      "beside certificate and key",
      { tls: { ...certificate, acme } },
      ["tls.acme: can't be combined with certificate and key: give one or the other"],
    ],
    ["neither", { tls: {} }, ["tls: needs certificate and key, or acme"]],
    [
      "no name",
      { tls: { acme: {} } },
      ['tls.acme.names: is missing: the names that the certificate is for, as in ["www.example.com"]'],
    ],
    [
      "a pattern",
      { tls: { acme: { names: ["*.example.com"] } } },
      [
        'tls.acme.names: "*.example.com" is a pattern, and HTTP-01 proves single names only. Name each host, or give the pattern a certificate in tls.certificates.',
      ],
    ],
    [
      "no address without TLS",
      { listen: [] },
      ['listen: needs an address for tls.acme, as in ["0.0.0.0:80"]: the CA asks without TLS'],
    ],
    [
      "values that are none",
      {
        tls: {
          acme: {
            names: ["-a.example.com"],
            email: "--x@y",
            directory: "http://ca.example.com/",
            image: "a\nb",
          },
        },
      },
      [
        'tls.acme.names[0]: is not a valid host name: use lower-case letters, digits, "-" and "."',
        "tls.acme.email: is not an e-mail address",
        'tls.acme.directory: is not the address of an ACME directory, such as "https://ca.example.com/acme/acme/directory"',
        "tls.acme.image: can't hold a newline or another control character",
      ],
    ],
    [
      "a key in place of the CA's certificate",
      { tls: { acme: { ...acme, ca: certificate.key } } },
      ["tls.acme.ca: is not a certificate in PEM (-----BEGIN CERTIFICATE-----)"],
    ],
    [
      "an image without a registry",
      { tls: { acme: { ...acme, image: "certbot/certbot" } } },
      [
        'tls.acme.image: "certbot/certbot" names no registry, so each host would choose one by itself. Write for example "docker.io/certbot/certbot".',
      ],
    ],
    [
      "an image without a digest, where one is required",
      { image: `docker.io/library/nginx@sha256:${"0".repeat(64)}`, requireDigest: true },
      [
        "tls.acme.image: \"docker.io/certbot/certbot:v5.6.0\" has no digest, and requireDigest is set. Write docker.io/certbot/certbot:v5.6.0@sha256:… (podman image inspect --format '{{.Digest}}').",
      ],
    ],
    [
      "a volume at its place",
      { volumes: ["/srv/tls:/etc/nginx/acme"] },
      [
        'volumes[0]: "/etc/nginx/acme" is where the argument tls.acme is already mounted, and podman mounts one volume at a path. Choose another path.',
      ],
    ],
  ];
  for (const [what, change, expected] of cases)
    test(what, () => assert.deepEqual(said({ ...site, ...change }), { problems: expected, warnings: [] }));

  test("warns where the CA finds nothing on port 80", () => {
    const warning =
      "tls.acme: the CA asks on port 80, and no address of listen has it. This works only if something in front of the host forwards port 80 to one of them.";
    for (const listen of [["0.0.0.0:8080"], ["127.0.0.1:80"], ["/run/web.sock"]])
      assert.deepEqual(said({ ...site, listen }), { problems: [], warnings: [warning] });
    assert.deepEqual(said({ ...site, listen: ["0.0.0.0:8080", "[::]:80"] }).warnings, []);
  });

  test("warns of several hosts, of which the CA asks one", () => {
    const { connection: _, ...rest } = site;
    void _;
    const warnings = (...states: ("present" | "retired")[]) =>
      said({
        ...rest,
        hosts: Object.fromEntries(
          states.map((state, at) => [`web-${at}`, { address: `192.0.2.${at}`, state }]),
        ),
      }).warnings;
    assert.deepEqual(warnings("present", "present", "retired"), [
      "tls.acme: 2 hosts ask for the same names, and the CA asks only the host that a name leads to. Make an entry for each host with its own names, or deploy one certificate to all of them.",
    ]);
    assert.deepEqual(warnings("present", "retired"), []);
  });

  test("warns of nginx's own files that do not answer the CA", () => {
    const own = (more: string) => ({ "a.conf": `server { listen 80; listen 443 ssl; ${more} }` });
    const location = "location ^~ /.well-known/acme-challenge/ { root /etc/nginx/acme/webroot; }";
    assert.deepEqual(said({ ...site, nginx: own("") }).warnings, [
      `nginx: no file answers the CA's requests for tls.acme. Add to the server on port 80: ${location}`,
    ]);
    assert.deepEqual(said({ ...site, nginx: own(location) }).warnings, []);
    assert.deepEqual(said({ ...site, nginx: { "a.conf": pulumi.output(own("")["a.conf"]) } }).warnings, []);
  });
});

describe("a proxy", () => {
  const names = (tls: TlsArgs, backends = { httpd, caddy }) =>
    nginxOf("web", { ...proxy, backends, tls }).tls?.acme?.names;

  test("has the names of its backends, but for those with another certificate", () => {
    const certificates = { "caddy.example.com": certificate };
    assert.deepEqual(names({ acme: {} }), ["apache.example.com", "caddy.example.com"]);
    assert.deepEqual(names({ acme: {}, certificates }), ["apache.example.com"]);
    assert.deepEqual(names({ acme }), acme.names);
    assert.deepEqual(checkProxy("web", proxy), { problems: [], warnings: [] });
  });

  test("warns of a server name that the certificate is not for", () => {
    assert.deepEqual(
      checkProxy("web", { ...proxy, tls: { acme: { names: ["apache.example.com"] } } }).warnings,
      ['tls.acme.names: has no "caddy.example.com". Clients that ask for that name refuse the certificate.'],
    );
  });

  test("refuses what is generated for the CA already", () => {
    const path = "/.well-known/acme-challenge/";
    const problems = (change: object) =>
      checkProxy("web", { ...proxy, backends: { httpd: { ...httpd, ...change } } }).problems.map(
        (problem) => `${problem.path}: ${problem.message}`,
      );
    assert.deepEqual(problems({ paths: ["/", path] }), [
      `backends.httpd.paths: has "${path}", which tls.acme needs. Remove it.`,
    ]);
    assert.deepEqual(problems({ extra: `location ${path} { return 204; }` }), [
      `backends.httpd.extra: the location "${path}" is already generated, and a server can have it only once`,
    ]);
  });
});

describe("what follows from it", () => {
  const lineage = (change: TlsArgs["acme"]) =>
    /--cert-name (\S+)/.exec(
      render("web", { ...site, tls: { acme: change } }).units["web-acme.service"] as string,
    )?.[1];

  test("nothing of it without the argument", () => {
    const { units, images, services } = render("web", rootful);
    assert.deepEqual(Object.keys(units), ["web.container", "web.socket"]);
    assert.deepEqual(images, { [rootful.image as string]: { pull: "missing" } });
    assert.deepEqual(Object.keys(services), ["web.socket", "web.service"]);
    assert.doesNotMatch(JSON.stringify(render("web", { ...rootful, tls: certificate }).units), /acme/);
  });

  test("a certificate of certbot's for each CA and set of names, in whatever order", () => {
    const two = { names: ["a.example.com", "b.example.com"] };
    assert.equal(lineage(two), lineage({ names: [...two.names].reverse() }));
    const all = [lineage(acme), lineage(two), lineage({ ...acme, directory: "https://ca.example.com/" })];
    assert.equal(new Set(all).size, 3);
  });

  test("the client's image is pulled as the site's is, and its names are taken", () => {
    const { images, services } = render("web", { ...site, pull: "always" });
    assert.deepEqual(images, {
      [site.image as string]: { pull: "always" },
      "docker.io/certbot/certbot:v5.6.0": { pull: "always" },
    });
    assert.deepEqual(services["web-acme.timer"], { enabled: true, restartOn: ["web-acme.service"] });
    const names = claimsOfSite("web", site).map(({ what, name }) => `${what} ${name}`);
    for (const one of ["a unit web-acme.service", "a unit web-acme.timer", "a container systemd-web-acme"])
      assert.ok(names.includes(one), one);
  });

  test("no certificate is part of the set", () => {
    const { files, checks, services } = render("web", site);
    const [page = "", ...others] = Object.keys(files);
    assert.equal(page, "/etc/quadlet-fleet/web/conf.d/default.conf");
    assert.deepEqual(others, ["/etc/quadlet-fleet/web/acme/image"]);
    assert.deepEqual(services["web.service"]?.reloadOn, [page]);
    assert.deepEqual(checks["nginx -t"]?.volumes, undefined);
  });

  test("another version of the client leaves nginx alone", () => {
    const unit = (image: string) =>
      render("web", { ...site, tls: { acme: { ...acme, image } } }).units["web.container"];
    assert.equal(unit("registry.example.com/certbot:1"), unit("registry.example.com/certbot:2"));
  });

  test("the CA's certificate is a file, and another one asks again", () => {
    const { files, services } = render("web", {
      ...site,
      tls: { acme: { ...acme, ca: certificate.certificate } },
    });
    const file = "/etc/quadlet-fleet/web/acme/ca.pem";
    assert.deepEqual(files[file], { content: certificate.certificate });
    assert.deepEqual(services["web-acme.timer"]?.restartOn, ["web-acme.service", file]);
    assert.ok(!services["web.service"]?.reloadOn?.includes(file));
  });

  test("what an account runs is its own; only the reload is root's", () => {
    const commands = (args: SocketActivatedNginxArgs) => {
      const text = render("web", { ...args, tls: { acme } }).units["web-acme.service"] as string;
      return [...text.matchAll(/^ExecStart=(\S+)/gm)].map(([, program]) => program);
    };
    const plain = ["/usr/bin/podman", "/bin/sh", "/bin/sh", "/usr/bin/rm"];
    assert.deepEqual(commands(rootful), plain);
    assert.deepEqual(commands(rootless), plain);
    assert.deepEqual(commands(rootOwnedSocket), plain.with(2, "+/bin/sh"));
  });
});
