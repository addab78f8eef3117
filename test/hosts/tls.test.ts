import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Fleet } from "../../tools/fleet/index.ts";
import { type Certificate, makeCertificate } from "../certificates.ts";
import { openScene } from "./support/scene.ts";
import { difference, example1, example2, failedUnits, image, invocation, listing } from "./support/stack.ts";

// TLS in all shapes: Example 1 with a redirect, Example 2 hardened and with its own nginx files, Example 4 with a certificate for each
// name. Each test goes on where the last one ended.

const scene = await openScene("tls");
const { fleet, host, stack } = scene;
let untouched: Map<string, string>;
let directory: string;
let first: Certificate;
let renewed: Certificate;
let proxyNames: Record<"other" | "apache" | "renewed", Certificate>;

const ownNginx = `server {
  listen 80;
  listen 443 ssl;
  http2 on;
  ssl_certificate /etc/nginx/tls/certificate.pem;
  ssl_certificate_key /etc/nginx/tls/key.pem;
  location / { return 200 "$server_protocol"; }
}
`;

function configure(site: Certificate, other = proxyNames.other) {
  const { apache } = proxyNames;
  scene.configure({
    sites: {
      example1: { ...example1, tls: { ...site, listen: ["0.0.0.0:8443"], redirect: true } },
      example2: { ...example2, hardened: true, tls: site, nginx: { "default.conf": ownNginx } },
    },
    proxies: {
      example4: {
        hosts: ["web-1"],
        // Not the account of example1: each of the two removes its own images and directories.
        user: "deploy",
        image,
        listen: [],
        tls: { ...other, listen: ["0.0.0.0:8444"], certificates: { "apache.example.com": apache } },
        backends: {
          "apache-container": {
            image: "docker.io/library/httpd:latest",
            serverName: "apache.example.com",
            port: 80,
            extra: 'location = /seen { return 200 "$scheme $host$proxy_port_suffix"; }',
          },
          "caddy-container": {
            image: "docker.io/library/caddy:latest",
            serverName: "caddy.example.com",
            port: 80,
          },
        },
      },
    },
  });
}

/** A file with the only certificates that a client trusts. */
function trusting(...certificates: Certificate[]): string {
  const path = join(directory, `trusted-${certificates.length}-${Math.random()}.pem`);
  writeFileSync(path, certificates.map(({ certificate }) => certificate).join(""));
  return path;
}

interface Counts {
  answered: number;
  again: number;
  failed: string[];
}

/** Starts a load of support/http2-load.ts, from the client's address. */
function loadHttp2(at: Fleet, address: string, port: number, name: string, trusted: string) {
  const script = join(import.meta.dirname, "support/http2-load.ts");
  const stop = join(directory, `stop-${port}`);
  const words = [process.execPath, script, address, String(port), name, trusted, stop];
  const running = at.client(words, { timeoutMs: 120_000 });
  return {
    async stop(): Promise<Counts> {
      writeFileSync(stop, "");
      return JSON.parse((await running).stdout) as Counts;
    },
  };
}

interface Answer {
  exit: number;
  status: string;
  version: string;
  redirect: string;
  body: string;
}

/** The answer to a client that verifies the certificate. */
async function ask(url: string, trusted: string, ...options: string[]): Promise<Answer> {
  const format = "\n%{http_code} %{http_version} %{redirect_url}";
  const names = ["www", "apache", "caddy"].flatMap((name) =>
    [8443, 443, 8444, 8080].flatMap((port) => ["--resolve", `${name}.example.com:${port}:${host.address}`]),
  );
  const curl = ["curl", "--silent", "--max-time", "50", "--cacert", trusted, ...names, ...options];
  const { code, stdout } = await fleet.client([...curl, "--write-out", format, url], { check: false });
  const at = stdout.lastIndexOf("\n");
  const [status = "", version = "", redirect = ""] = stdout.slice(at + 1).split(" ");
  return { exit: code, status, version, redirect, body: stdout.slice(0, at) };
}

before(async () => {
  untouched = await listing(host);
  directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-tls-"));
  first = makeCertificate(["www.example.com"]);
  renewed = makeCertificate(["www.example.com"]);
  proxyNames = {
    other: makeCertificate(["caddy.example.com"]),
    apache: makeCertificate(["apache.example.com"]),
    renewed: makeCertificate(["caddy.example.com"]),
  };
  configure(first);
});

after(() => {
  rmSync(directory, { recursive: true, force: true });
});

test("up; a second preview is empty", async () => {
  await stack.up();
  await stack.expectNoChanges();
  assert.deepEqual(await failedUnits(host), []);
});

test("HTTP/2 and HTTP/1.1, with the very certificate; plain requests are sent there", async () => {
  const trusted = trusting(first);
  const url = "https://www.example.com:8443/";
  const two = await ask(url, trusted);
  assert.deepEqual([two.exit, two.status, two.version], [0, "200", "2"]);
  assert.match(two.body, /Welcome to nginx!/);
  const one = await ask(url, trusted, "--http1.1");
  assert.deepEqual([one.exit, one.status, one.version], [0, "200", "1.1"]);
  const plain = await ask("http://www.example.com:8080/a?b=c", trusted);
  assert.deepEqual([plain.status, plain.redirect], ["301", "https://www.example.com:8443/a?b=c"]);
  const stranger = await ask(url, trusting(renewed));
  assert.equal(stranger.exit, 60);
});

test("TLS 1.2 is the oldest", async () => {
  const seclevel = ["--ciphers", "DEFAULT@SECLEVEL=0"];
  const url = "https://www.example.com:8443/";
  assert.equal((await ask(url, trusting(first), "--tls-max", "1.2", ...seclevel)).status, "200");
  assert.equal((await ask(url, trusting(first), "--tlsv1.0", "--tls-max", "1.1", ...seclevel)).exit, 35);
});

test("nginx's files of one's own, hardened", async () => {
  const answer = await ask("https://www.example.com/", trusting(first));
  assert.deepEqual([answer.exit, answer.status, answer.body], [0, "200", "HTTP/2.0"]);
});

test("a proxy: a certificate by name, and the backend's page", async () => {
  const trusted = trusting(proxyNames.apache, proxyNames.other);
  const apache = await ask("https://apache.example.com:8444/", trusted);
  assert.deepEqual([apache.exit, apache.status, apache.version], [0, "200", "2"]);
  assert.match(apache.body, /It works!/);
  for (const version of ["--http2", "--http1.1"]) {
    const seen = await ask("https://apache.example.com:8444/seen", trusted, version);
    assert.equal(seen.body, "https apache.example.com:8444");
  }
  const caddy = await ask("https://caddy.example.com:8444/", trusted);
  assert.match(caddy.body, /Caddy works!/);
  assert.equal((await ask("https://apache.example.com:8444/", trusting(proxyNames.other))).exit, 60);
  const other = await ask(`https://www.example.com:8444/`, trusted, "--insecure");
  assert.equal(other.status, "404");
});

test("a key that does not belong to the certificate: nothing is done", async () => {
  configure({ certificate: renewed.certificate, key: first.key });
  const refused = await stack.up({ check: false });
  assert.notEqual(refused.code, 0);
  assert.match(refused.stdout + refused.stderr, /sites\.example1\.tls\.key: does not belong to/);
});

test("a renewal is a reload, without a failed request", async () => {
  configure(renewed, proxyNames.renewed);
  const preview = await stack.preview();
  for (const service of ["example1", "example2", "example4"])
    assert.match(preview, new RegExp(`reloads ${service}\\.service`));
  assert.doesNotMatch(preview, /restarts/);
  const services: [string, string?][] = [
    ["example1.service", "test"],
    ["example2.service"],
    ["example4.service"],
  ];
  const ids = () => Promise.all(services.map(([unit, user]) => invocation(host, unit, user)));
  const before = await ids();
  const trusted = trusting(first, renewed, ...Object.values(proxyNames));
  let ended = false;
  const pages: [string, number][] = [
    ["www.example.com", 8443],
    ["www.example.com", 443],
    ["caddy.example.com", 8444],
  ];
  const http1 = pages.map(async ([name, port]) => {
    const url = `https://${name}:${port}/`;
    const answers: string[] = [];
    while (!ended) {
      const { exit, status } = await ask(url, trusted, "--http1.1");
      answers.push(`${url}: ${exit} ${status}`);
    }
    return answers;
  });
  // If a new connection reaches an old worker that is ending, nginx sends a GOAWAY, "not processed", and clients ask again. curl 7.88
  // calls this an error (curl#1618), so the test has its own client.
  const http2 = pages.map(([name, port]) => loadHttp2(fleet, host.address, port, name, trusted));
  await stack.up();
  ended = true;
  const answers = (await Promise.all(http1)).flat();
  const counts = await Promise.all(http2.map((load) => load.stop()));
  const wrong = answers.filter((answer) => !answer.endsWith(": 0 200"));
  assert.deepEqual([...wrong, ...counts.flatMap(({ failed }) => failed)], []);
  assert.ok(answers.length > 60, `${answers.length} requests`);
  for (const { answered } of counts) assert.ok(answered > 20, `${answered} requests`);
  const sum = (key: "answered" | "again") => counts.reduce((all, count) => all + count[key], 0);
  console.log(
    `${answers.length} requests by HTTP/1.1, ${sum("answered")} by HTTP/2, ${sum("again")} of those made again`,
  );
  assert.deepEqual(await ids(), before);
  for (const url of ["https://www.example.com:8443/", "https://www.example.com/"]) {
    assert.equal((await ask(url, trusting(renewed))).status, "200");
    assert.equal((await ask(url, trusting(first))).exit, 60);
  }
  assert.equal((await ask("https://caddy.example.com:8444/", trusting(proxyNames.renewed))).status, "200");
  await stack.expectNoChanges();
});

test("a key that is secure: in the stack file is the same key, and is looked at as well", async () => {
  const set = (path: string, input: string, ...options: string[]) =>
    stack.run(["config", "set", "--path", ...options, `quadlet-fleet:sites.example2.tls.${path}`], { input });
  await set("certificate", renewed.certificate);
  await set("key", renewed.key, "--secret");
  await stack.expectNoChanges();
  await set("key", first.key, "--secret");
  const refused = await stack.run(["preview"], { check: false });
  assert.notEqual(refused.code, 0);
  assert.match(
    refused.stdout + refused.stderr,
    /SocketActivatedNginx "example2":\s+tls\.key: does not belong to tls\.certificate: CN=www\.example\.com/,
  );
  configure(renewed, proxyNames.renewed);
});

test("the keys: in files of mode 0600 on the host, and nowhere else", async () => {
  // A line of the private part.
  const lines = [renewed, proxyNames.renewed, proxyNames.apache].map(({ key }) => key.split("\n")[2] ?? "");
  const old = [first, proxyNames.other].map(({ key }) => key.split("\n")[2] ?? "");
  for (const line of [...lines, ...old]) assert.ok(line.length > 30, line);
  const findings = (text: string) => [...lines, ...old].filter((line) => text.includes(line));
  const { stdout: state } = await stack.run(["stack", "export"]);
  assert.deepEqual(findings(state), []);
  assert.match(state, /BEGIN CERTIFICATE/);
  assert.deepEqual(findings(await stack.preview()), []);
  assert.deepEqual(findings((await host.run(["journalctl", "--no-pager", "--all"])).stdout), []);
  const words = [...lines, ...old].flatMap((line) => ["-e", line]);
  const { stdout } = await host.run(
    ["grep", "-rlsF", ...words, "/etc", "/home", "/root", "/run", "/tmp", "/var", "/dev/shm"],
    { timeoutMs: 120_000, check: false },
  );
  const meant = [
    "/etc/quadlet-fleet/example2/tls/key.pem",
    "/home/deploy/.config/quadlet-fleet/example4/tls/apache.example.com.key.pem",
    "/home/deploy/.config/quadlet-fleet/example4/tls/key.pem",
    "/home/test/.config/quadlet-fleet/example1/tls/key.pem",
  ];
  assert.deepEqual(stdout.trim().split("\n").sort(), meant);
  for (const path of meant) {
    const found = [...(await host.snapshot([path])).values()].join();
    assert.match(found, / 0600 /);
  }
});

test("after a power loss all answer again", async () => {
  await host.powerLoss();
  await host.boot();
  for (const url of ["https://www.example.com:8443/", "https://www.example.com/"])
    assert.equal((await ask(url, trusting(renewed))).status, "200");
  assert.match((await ask("https://apache.example.com:8444/", trusting(proxyNames.apache))).body, /works/);
});

test("destroy: no certificate, no key and no unit is left", async () => {
  await stack.run(["destroy", "--yes", "--skip-preview"]);
  const left = difference(untouched, await listing(host));
  assert.deepEqual(
    left.filter((line) => /\.pem|tls|conf\.d|\.(socket|container|service|network|target)\b/.test(line)),
    [],
  );
  assert.deepEqual(await failedUnits(host), []);
});
