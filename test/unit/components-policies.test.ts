import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type UnitSetContent, readUnitSet } from "../../components/policies/index.ts";
import { servesOn } from "../../components/policies/serves.ts";
import { revealObject } from "../../provider/wire.ts";
import { parseListenStream } from "../../units/nginx/address.ts";
import { register } from "./registered.ts";
import { shapes } from "./shapes.ts";

// What a policy sees of a set, and how the rules of examples/policies use it. package.test.ts of test/hosts runs them with the engine.

interface Rule {
  name: string;
  problems: (content: UnitSetContent, where: { stack: string; stacks?: string[] }) => string[];
}
const rulesFile = new URL("../../examples/policies/rules.js", import.meta.url).href;
const { rules } = (await import(rulesFile)) as { rules: Rule[] };

describe("each shape is seen as its arguments say", () => {
  for (const [shape, of] of Object.entries(shapes))
    test(shape, async () => {
      const { resources } = await register("www", of);
      const contents = resources.map(({ inputs }) => readUnitSet(revealObject(inputs)));
      const { tls, verify, hardened = false, image } = of.args;
      assert.ok(contents.some(({ images }) => images.some((one) => one === image)));
      for (const { containers } of contents) {
        assert.ok(containers.length > 0);
        for (const { unit, isHardened } of containers) assert.equal(isHardened, hardened, unit);
      }
      const listeners = contents.flatMap((content) => content.listeners);
      assert.ok(listeners.length > 0);
      const withTls = (tls?.listen ?? ["0.0.0.0:443"]).map(String);
      for (const { address, serves, isVerified } of listeners) {
        assert.equal(isVerified, verify !== false, address);
        const expected = tls && withTls.includes(address) ? "tls" : tls?.redirect ? "redirect" : "plain";
        assert.equal(serves, expected, address);
      }
    });
});

describe("what nginx answers on 0.0.0.0:80", () => {
  const redirect = "return 301 https://$host$request_uri;";
  for (const [expected, text] of [
    ["plain", "server { listen 80; }"],
    ["plain", "server { server_name a; }"],
    ["tls", "server { listen 80 ssl; }"],
    ["tls", "server { listen 80 ssl; } server { listen 80; server_name b; }"],
    ["redirect", `server { listen 80; ${redirect} }`],
    ["redirect", "server { listen 80; server_name _; return 404; }"],
    [
      "redirect",
      `server { listen 80; location ^~ /.well-known/acme-challenge/ { root /w; } location / { ${redirect} } }`,
    ],
    ["plain", `server { listen 80; location /a { ${redirect} } }`],
    ["plain", `server { listen 80; location / { ${redirect} } location /b { root /b; } }`],
    ["plain", "server { listen 80; return 301 http://$host:81/; }"],
    ["plain", "server { listen 80; return 200 https://; }"],
    ["plain", `server { listen 80; if ($a) { return 200; } ${redirect} }`],
    ["plain", `server { listen 80; ${redirect} } server { listen 80; root /a; }`],
    // Clients of a wildcard's socket reach every address of its port, except loopback addresses.
    ["plain", `server { listen 80 ssl; } server { listen 192.0.2.1:80; }`],
    ["tls", `server { listen 80 ssl; } server { listen 127.0.0.1:80; }`],
    ["plain", `server { listen 80; ${redirect} include more; }`],
    ["plain", `include servers; server { listen 80; ${redirect} }`],
    ["redirect", `server { listen 80; ${redirect} } server { listen 81; root /a; }`],
    ["unknown", "server { listen 81; }"],
    ["unknown", "server { listen 80 quic; }"],
    ["unknown", "server { listen 80"],
  ] as const)
    test(`${expected}: ${text}`, () => {
      const files = [{ name: "a.conf", text: text as string }];
      if (text.includes("servers")) files.push({ name: "servers", text: "server { listen 80; root /a; }" });
      if (text.includes("more")) files.push({ name: "more", text: "location /m { root /m; }" });
      assert.equal(servesOn(files, parseListenStream("0.0.0.0:80"), false), expected);
    });
});

describe("a set that somebody has written", () => {
  const container = (lines: string) => readUnitSet({ units: { "a.container": `[Container]\n${lines}\n` } });

  test("images of units and of checks", () => {
    const units = {
      "a.container": "[Container]\nImage=a.image\n",
      "a.image": "[Image]\nImage=quay.io/a\n",
      "b.volume": "[Volume]\nImage=quay.io/b\n",
      "c.container": "[Container]\nImage=quay.io/c:1\nImage=quay.io/c:2\n",
    };
    const checks = { check: { image: "quay.io/d", command: ["true"] } };
    const images = { "quay.io/e": { pull: "missing" } };
    assert.deepEqual(
      readUnitSet({ units, checks, images }).images,
      ["a", "b", "c:2", "d", "e"].map((name) => `quay.io/${name}`),
    );
  });

  test("a published port is a listener, except on the loopback", () => {
    const of = (lines: string) =>
      container(lines).listeners.map(({ address, serves }) => [address, serves].join(" "));
    assert.deepEqual(of("PublishPort=8080:80\nPublishPort=127.0.0.1:81:81\nPodmanArgs=-p 82:82"), [
      "8080:80 unknown",
      "82:82 unknown",
    ]);
    const service = "[Service]\nExecStart=/usr/bin/podman run --publish=83:83 quay.io/a\n";
    assert.equal(readUnitSet({ units: { "a.service": service } }).listeners[0]?.address, "83:83");
  });

  test("the last value counts, and privileged is not hardened", () => {
    const isHardened = (lines: string) => container(lines).containers[0]?.isHardened;
    assert.equal(isHardened("NoNewPrivileges=true"), true);
    assert.equal(isHardened("NoNewPrivileges=true\nNoNewPrivileges=false"), false);
    assert.equal(isHardened("NoNewPrivileges=true\nPodmanArgs=--privileged"), false);
  });

  test("a socket without nginx behind it", () => {
    const units = {
      "a.socket": "[Socket]\nListenStream=80\nListenStream=/run/a\nListenStream=127.0.0.1:81\n",
    };
    assert.deepEqual(readUnitSet({ units }).listeners, [
      { unit: "a.socket", address: "[::]:80", serves: "unknown", isVerified: false },
    ]);
    const listener = readUnitSet({ units, probes: { "80": {} } }).listeners[0];
    assert.equal(listener?.isVerified, true);
  });

  test("what a preview does not know yet keeps only the rules from working that need it", () => {
    // As the SDK hands it over: reading it throws an error.
    const unknown = {
      get content(): string {
        throw new Error("not known yet");
      },
    };
    const set = (conf: object) => ({
      units: {
        "a.socket": "[Socket]\nListenStream=0.0.0.0:443\n",
        "a.container": "[Container]\nImage=quay.io/a\n",
      },
      checks: { nginx: { image: "quay.io/a", command: [], mounts: { "/a/conf.d": "/etc/nginx/conf.d" } } },
      files: { "/a/conf.d/a.conf": conf, "/a/tls/key.pem": unknown },
    });
    assert.equal(readUnitSet(set({ content: "server { listen 443 ssl; }" })).listeners[0]?.serves, "tls");
    const half = readUnitSet(set(unknown));
    assert.deepEqual(half.images, ["quay.io/a"]);
    assert.throws(() => half.listeners, /not known yet/);
  });

  test("no units at all", () =>
    assert.deepEqual(readUnitSet({}), { images: [], containers: [], listeners: [] }));
});

describe("examples/policies", () => {
  const good: UnitSetContent = {
    images: [`docker.io/library/nginx@sha256:${"0".repeat(64)}`],
    containers: [{ unit: "www.container", isHardened: true }],
    listeners: [
      { unit: "www.socket", address: "0.0.0.0:80", serves: "redirect", isVerified: true },
      { unit: "www-443.socket", address: "0.0.0.0:443", serves: "tls", isVerified: true },
    ],
  };
  const listener = { unit: "www.socket", address: "0.0.0.0:80", serves: "tls", isVerified: true } as const;
  const bad: Record<string, [Partial<UnitSetContent>, string]> = {
    "images-by-digest": [
      { images: ["r.example.com:5000/nginx:1.29"] },
      "The image r.example.com:5000/nginx:1.29 has no digest. Write r.example.com:5000/nginx@sha256:…, as `skopeo inspect docker://r.example.com:5000/nginx:1.29` says it.",
    ],
    "tls-only": [
      { listeners: [{ ...listener, serves: "plain" }] },
      "www.socket answers on 0.0.0.0:80 without TLS. Write tls: { …, redirect: true }, or listen on 127.0.0.1.",
    ],
    "hardened-in-production": [
      { containers: [{ unit: "www.container", isHardened: false }] },
      "www.container is not hardened, and the stack production is production. Write hardened: true.",
    ],
    verified: [
      { listeners: [{ ...listener, isVerified: false }] },
      "A deploy does not check that www.socket answers on 0.0.0.0:80. Leave out verify: false.",
    ],
  };

  for (const { name, problems } of rules)
    test(name, () => {
      const [change, message] = bad[name] ?? assert.fail();
      assert.deepEqual(problems({ ...good, ...change }, { stack: "production" }), [message]);
      assert.deepEqual(problems(good, { stack: "production" }), []);
    });

  test("all rules are tried", () =>
    assert.deepEqual(rules.map(({ name }) => name).sort(), Object.keys(bad).sort()));

  test("tls-only: what can't be seen is refused", () => {
    const rule = rules.find(({ name }) => name === "tls-only") ?? assert.fail();
    const content = { ...good, listeners: [{ ...listener, serves: "unknown" as const }] };
    assert.match(rule.problems(content, { stack: "dev" })[0] ?? "", /it can't be seen that this has TLS/);
  });

  test("hardened-in-production: only in the stacks that count as production", () => {
    const rule = rules.find(({ name }) => name === "hardened-in-production") ?? assert.fail();
    const content = { ...good, containers: [{ unit: "www.container", isHardened: false }] };
    assert.deepEqual(rule.problems(content, { stack: "dev" }), []);
    assert.deepEqual(rule.problems(content, { stack: "production", stacks: ["eu"] }), []);
    assert.equal(rule.problems(content, { stack: "eu", stacks: ["eu"] }).length, 1);
  });
});
