import assert from "node:assert/strict";
import { createHash, scryptSync } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Approval, approvalOf, removalOf } from "../../provider/approval.ts";
import { type Wire, type WireObject, isObject, isSecret, secret, wireUnknown } from "../../provider/wire.ts";

// The digests of a change: what they cover, and that they don't reveal a secret.

const urn = "urn:pulumi:production::fleet::quadlet:index:UnitSet::www";
const nginx = "docker.io/library/nginx:1.29";
const conf = "/etc/quadlet-fleet/www/conf.d/default.conf";

function inputs(change: WireObject = {}): WireObject {
  return {
    hosts: secret({ "web-1": { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA", privateKey: "PRIVATE" } }),
    where: { "web-1": "192.0.2.11" },
    name: "www",
    manager: "system",
    units: { "www.container": `[Container]\nImage=${nginx}\nExec=nginx\n` },
    files: { [conf]: { content: "one" }, "/token": { content: secret("TOKEN"), mode: "0600" } },
    images: { [nginx]: { pull: "missing" } },
    checks: { "nginx -t": { image: nginx, command: ["nginx", "-t"] } },
    rollout: { canary: 1 },
    ...change,
  };
}

const recorded = { inputs: inputs(), properties: { ...inputs(), owner: urn, unitStates: {} } };

async function of(
  change: WireObject = {},
  more: Partial<Parameters<typeof approvalOf>[0]> = {},
): Promise<Approval> {
  const found = await approvalOf({ urn, before: recorded, inputs: inputs(change), credentials: {}, ...more });
  assert.ok(found);
  return found;
}

/** The digests that differ. */
function differing(one: Approval, other: Approval): string[] {
  return Object.entries(one).flatMap(([part, digest]) =>
    other[part as keyof Approval] === digest ? [] : [part],
  );
}

describe("what differs", () => {
  for (const [what, change, parts] of [
    [
      "a file",
      { files: { [conf]: { content: "onf" }, "/token": { content: secret("TOKEN"), mode: "0600" } } },
      ["content"],
    ],
    [
      "a secret",
      { files: { [conf]: { content: "one" }, "/token": { content: secret("TOKEM"), mode: "0600" } } },
      ["content"],
    ],
    ["the policy of the rollout", { rollout: { canary: 2 } }, ["content"]],
    ["a login at a registry", { registries: secret({ r: { username: "a", password: "b" } }) }, ["content"]],
    ["when an image is pulled", { images: { [nginx]: { pull: "always" } } }, ["images"]],
    [
      "a host key",
      {
        hosts: secret({
          "web-1": { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAB", privateKey: "PRIVATE" },
        }),
      },
      ["hosts"],
    ],
    [
      "a login",
      {
        hosts: secret({
          "web-1": { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA", privateKey: "PRIVATF" },
        }),
      },
      ["hosts"],
    ],
  ] satisfies [string, WireObject, string[]][])
    test(what, async () => assert.deepEqual(differing(await of(), await of(change)), parts));

  test("another image, wherever its reference is, and in a secret: nothing else differs", async () => {
    const with_ = (image: string) => ({
      images: { [image]: { pull: "missing" }, "a.example/b:1": { pull: "missing" } },
      checks: { "nginx -t": { image, command: ["nginx", "-t"] } },
      units: {
        "www.container": secret(`[Container]\nImage=${image}\nEnvironment=A=a.example/b:1\n`),
        "www.service": `[Service]\nExecStart=podman run "${image}"\n`,
      },
    });
    assert.deepEqual(differing(await of(with_(nginx)), await of(with_("z.example/nginx:1"))), ["images"]);
    assert.deepEqual(differing(await of(with_(nginx)), await of(with_("a.example/a"))), ["images"]);
  });

  test("two images that change places", async () => {
    const [one, other] = ["x.example/a", "x.example/a:1"];
    const with_ = (first: string, second: string) => ({
      images: { [one]: { pull: "missing" }, [other]: { pull: "missing" } },
      units: {
        "a.container": `[Container]\nImage=${first}\n`,
        "b.container": `[Container]\nImage=${second}\n`,
      },
      checks: {},
    });
    assert.deepEqual(differing(await of(with_(one, other)), await of(with_(other, one))), ["images"]);
    assert.deepEqual(differing(await of(with_(one, other)), await of(with_(one, one))), [
      "content",
      "images",
    ]);
  });

  test("what is recorded, except hosts that a refresh has passed over", async () => {
    const from = (properties: WireObject) => ({
      before: { ...recorded, properties: { ...recorded.properties, ...properties } },
    });
    assert.deepEqual(differing(await of(), await of({}, from({ drift: { "web-1": "edited: /x" } }))), [
      "state",
    ]);
    assert.deepEqual(differing(await of(), await of({}, from({ unseen: "web-1: no SSH connection" }))), []);
    assert.deepEqual(differing(await of(), await of({}, { before: undefined })), ["state"]);
  });

  test("credentials of the provider's configuration", async () => {
    assert.deepEqual(differing(await of(), await of({}, { credentials: { identityFile: "~/.ssh/x" } })), [
      "hosts",
    ]);
  });

  test("no order of keys", async () => {
    const turned = (value: Wire): Wire =>
      isObject(value) && !isSecret(value)
        ? Object.fromEntries(
            Object.entries(value as WireObject)
              .toReversed()
              .map(([key, inner]) => [key, turned(inner)]),
          )
        : value;
    assert.deepEqual(await of(turned(inputs()) as WireObject), await of());
  });

  test("a value that is not known yet: nobody can approve it", async () => {
    const files = { [conf]: { content: wireUnknown } };
    assert.equal(
      await approvalOf({ urn, before: undefined, inputs: inputs({ files }), credentials: {} }),
      undefined,
    );
  });
});

describe("secrets", () => {
  test("a digest has them by scrypt with the stack as salt, so that trying takes long", async () => {
    const text = JSON.stringify({
      "web-1": { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA", privateKey: "PRIVATE" },
    });
    const slow = (one: string) => scryptSync(one, "urn:pulumi:production::fleet", 16).toString("base64url");
    const encoded = JSON.stringify([{ secret: slow(text) }, { secret: slow("{}") }]);
    const expected = createHash("sha256").update(encoded).digest().subarray(0, 16).toString("base64url");
    assert.equal((await of()).hosts, expected);
  });

  test("another stack has other digests of them", async () => {
    const other = await of({}, { urn: urn.replace("production", "staging") });
    assert.deepEqual(differing(await of(), other), ["content", "hosts", "state"]);
  });
});

test("the digest of a removal is the same of what the engine sends and of what a preview shows", () => {
  const wire: [WireObject, WireObject] = [inputs(), { ...inputs(), drift: { a: "b" }, unseen: "x" }];
  const shown = (value: Wire): Wire =>
    isSecret(value)
      ? "[secret]"
      : isObject(value)
        ? Object.fromEntries(Object.entries(value as WireObject).map(([key, inner]) => [key, shown(inner)]))
        : value;
  const [one, other] = wire.map((value) => shown(value) as WireObject);
  assert.equal(removalOf(...wire), removalOf(one, other));
  assert.notEqual(removalOf(...wire), removalOf(inputs({ name: "wwx" }), wire[1]));
});

/** The paths of all texts. */
function texts(value: Wire, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value === "string") return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    isSecret(value) && key !== "value" ? [] : texts(inner, [...path, key]),
  );
}

function changedAt(value: Wire, [key, ...rest]: readonly string[], change: (text: string) => string): Wire {
  if (key === undefined) return change(value as string);
  if (Array.isArray(value))
    return value.map((inner, at) => (String(at) === key ? changedAt(inner, rest, change) : inner));
  return { ...(value as WireObject), [key]: changedAt((value as WireObject)[key] ?? null, rest, change) };
}

test("one character more of any input changes a digest, and no digest has a secret in it", async () => {
  const text = fc.string({ minLength: 8, unit: "grapheme" });
  const maybeSecret = fc.oneof(text, text.map(secret));
  const set = fc.record(
    {
      hosts: fc
        .dictionary(fc.constantFrom("web-1", "web-2"), fc.record({ address: text, privateKey: text }))
        .map(secret),
      units: fc.dictionary(text, maybeSecret, { maxKeys: 2 }),
      files: fc.dictionary(text, fc.record({ content: maybeSecret }), { maxKeys: 2 }),
      images: fc.dictionary(fc.constantFrom("a/b", "a/b:1"), fc.record({ pull: text }), { maxKeys: 2 }),
      hooks: fc.record({ before: fc.array(text, { maxLength: 2 }) }),
    },
    { noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(set, fc.nat(), fc.constantFrom("x", "\0", " "), async (wire, nth, more) => {
      const given = wire as unknown as WireObject;
      const paths = texts(given);
      const path = paths[nth % paths.length];
      if (!path) return;
      const found = await approvalOf({ urn, before: undefined, inputs: given, credentials: {} });
      const changed = changedAt(given, path, (before) => `${before}${more}`) as WireObject;
      const other = await approvalOf({ urn, before: undefined, inputs: changed, credentials: {} });
      assert.notDeepEqual(found, other, path.join("."));
      const said = JSON.stringify(found);
      for (const one of paths) {
        const value = one.reduce<Wire>((here, key) => (here as WireObject)[key] ?? null, given);
        assert.ok(!said.includes(value as string));
      }
    }),
    { numRuns: 30 },
  );
});
