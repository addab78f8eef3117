import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { SocketActivatedNginxArgs } from "../../components/site/arguments.ts";
import { checkArguments } from "../../components/site/check.ts";
import { render } from "../../components/site/render.ts";

const args: SocketActivatedNginxArgs = {
  connection: { address: "192.0.2.11" },
  manager: "system",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:80", "[::]:80", "/run/web.sock"],
};

/** The problems of `verify`. */
function problems(verify: unknown): string[] {
  const { problems } = checkArguments("web", { ...args, verify } as SocketActivatedNginxArgs);
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

function probes(change: Partial<SocketActivatedNginxArgs>) {
  return render("web", { ...args, ...change }).probes;
}

describe("right", () => {
  const right: unknown[] = [
    undefined,
    false,
    {},
    { path: "/health?full=1&x=%20", hostName: "www.example.com", status: 200, body: "ok, \u00fcber" },
    { hostName: "[2001:db8::1]:8080" },
    { status: 100 },
    { status: 599 },
  ];
  for (const verify of right)
    test(JSON.stringify(verify) ?? "nothing", () => assert.deepEqual(problems(verify), []));
});

describe("wrong, and where", () => {
  const cases: [unknown, RegExp][] = [
    [true, /^verify: must be false, or \{ path, hostName, status, body, outside \}$/],
    ["/health", /^verify: must be false, or /],
    [{ path: "health" }, /^verify\.path: must begin with "\/"/],
    [{ path: "/a b" }, /^verify/],
    [{ path: "/a\r\nX-Evil: 1" }, /^verify/],
    [{ hostName: "a b" }, /^verify/],
    [{ hostName: "a\nb" }, /^verify/],
    [{ status: 99 }, /^verify/],
    [{ status: 600 }, /^verify/],
    [{ status: 200.5 }, /^verify/],
    [{ body: "" }, /^verify/],
    [{ body: "two\nlines" }, /^verify/],
  ];
  for (const [verify, expected] of cases)
    test(JSON.stringify(verify), () => {
      const found = problems(verify);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", expected);
    });

  test("a field is named", () => {
    assert.match(problems({ path: "health" }).join(), /^verify\.path: must begin with "\/"/);
  });

  test("a key that is not known names the nearest", () => {
    assert.deepEqual(problems({ pth: "/" }), ['verify.pth: is not known. Did you mean "path"?']);
  });
});

describe("what is asked", () => {
  test("by default, every address for any answer", () => {
    assert.deepEqual(probes({}), { "0.0.0.0:80": {}, "[::]:80": {}, "/run/web.sock": {} });
  });

  test("what is wanted, on every address", () => {
    const verify = { path: "/health", status: 200, body: "ok" };
    assert.deepEqual(probes({ verify }), {
      "0.0.0.0:80": verify,
      "[::]:80": verify,
      "/run/web.sock": verify,
    });
  });

  test("from outside, except what only the host itself reaches", () => {
    const listen = ["0.0.0.0:80", "192.0.2.11:81", "127.0.0.1:82", "[::1]:83", "/run/web.sock"];
    const verify = { path: "/health", outside: true };
    const inside = { path: "/health" };
    assert.deepEqual(probes({ listen, verify }), {
      "0.0.0.0:80": verify,
      "192.0.2.11:81": verify,
      "127.0.0.1:82": inside,
      "[::1]:83": inside,
      "/run/web.sock": inside,
    });
    assert.deepEqual(probes({ listen: ["0.0.0.0:80"], verify: { ...verify, outside: false } }), {
      "0.0.0.0:80": inside,
    });
  });

  test("nothing, with false", () => assert.deepEqual(probes({ verify: false }), {}));

  const nginx = "server { listen 80; listen [::]:80 proxy_protocol; listen unix:/run/web.sock http2; }";

  test("no address that gives a plain request no answer", () => {
    assert.deepEqual(probes({ nginx: { "default.conf": nginx } }), {
      "0.0.0.0:80": {},
      "/run/web.sock": {},
    });
  });

  test("a wildcard by an address that is its own", () => {
    const text = `${nginx} server { listen 127.0.0.1:80 proxy_protocol; }`;
    assert.deepEqual(probes({ nginx: { "default.conf": text }, verify: { path: "/x" } }), {
      "0.0.0.0:80": { path: "/x", address: "127.0.0.2" },
      "/run/web.sock": { path: "/x" },
    });
  });

  test("the same by a secret text, and that is no secret", async () => {
    const found = probes({ nginx: { "default.conf": pulumi.secret(nginx) }, verify: { path: "/x" } });
    assert.ok(pulumi.Output.isInstance(found));
    assert.equal(await pulumi.isSecret(pulumi.output(found)), false);
    assert.deepEqual(await new Promise((resolve) => found.apply(resolve)), {
      "0.0.0.0:80": { path: "/x" },
      "/run/web.sock": { path: "/x" },
    });
  });

  test("no secret text is in it", async () => {
    const canary = "CANARY-7f3a";
    const text = `server { listen 80; location / { return 200 ${canary}; } }`;
    const found = probes({ nginx: { "default.conf": pulumi.secret(text) } });
    const seen = await new Promise((resolve) => pulumi.output(found).apply(resolve));
    assert.ok(!JSON.stringify(seen).includes(canary));
    assert.deepEqual(seen, { "0.0.0.0:80": {}, "[::]:80": {}, "/run/web.sock": {} });
  });
});
