import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { desiredOf } from "../../provider/operations/context.ts";
import { VersionError, inputsOf, isVersion, reveals } from "../../provider/version.ts";
import { type WireObject, revealObject, secret } from "../../provider/wire.ts";

// The text of a version that a host keeps, and the inputs that restore it.

const conf = "/etc/quadlet-fleet/www/default.conf";
const key = "/etc/quadlet-fleet/www/key.pem";
const token = "/etc/quadlet-fleet/www/token";

/** A set with a file that any account may read, one that only its owner may read, and one that the user marks as secret. */
function inputs(page: string, more: WireObject = {}): WireObject {
  return {
    name: "www",
    manager: "system",
    hosts: secret({ "web-1": { address: "192.0.2.11", passphrase: "PRIVATE" } }),
    registries: secret({ "registry.example": { username: "me", password: "PASSWORD" } }),
    units: { "www.container": "[Container]\nImage=nginx:1\n" },
    files: {
      [conf]: { content: page },
      [key]: { content: "KEY", mode: "0600" },
      [token]: { content: secret("TOKEN") },
    },
    images: { "nginx:1": { pull: "missing" } },
    ...more,
  };
}

const textOf = (of: WireObject) => desiredOf(of, "urn").version ?? "";

describe("the text", () => {
  test("has all that a rollout brings, and no secret", () => {
    assert.deepEqual(JSON.parse(textOf(inputs("one"))), {
      units: { "www.container": "[Container]\nImage=nginx:1\n" },
      files: {
        [conf]: { content: "one" },
        [key]: { content: null, mode: "0600" },
        [token]: { content: null },
      },
      ...{ services: {}, userUnits: {}, userServices: {}, checks: {}, probes: {} },
      images: { "nginx:1": { pull: "missing" } },
    });
    assert.doesNotMatch(textOf(inputs("one")), /PRIVATE|PASSWORD|KEY|TOKEN/);
  });

  for (const [what, more] of [
    ["a unit", { units: secret({ "www.container": "SECRET" }) }],
    ["a unit of the account's manager", { userUnits: secret({ "app.container": "SECRET" }) }],
    ["an image", { images: secret({ SECRET: { pull: "missing" } }) }],
    ["a part of a probe", { probes: { "0.0.0.0:80": { path: secret("/SECRET") } } }],
  ] as const)
    test(`${what} that is a secret is not in it, and can't be brought back`, () => {
      const text = textOf(inputs("one", more));
      assert.doesNotMatch(text, /SECRET/);
      assert.throws(() => inputsOf(inputs("two", more), text), {
        message: /^Hosts keep no secrets, and the previous version has one: /,
      });
    });

  test("of before there were units of the account's manager can't be brought back where there are some", () => {
    const { userUnits, userServices, ...older } = JSON.parse(textOf(inputs("one"))) as WireObject;
    assert.deepEqual([userUnits, userServices], [{}, {}]);
    const text = JSON.stringify(older);
    const proxy = { user: "test", userUnits: { "app.container": "[Container]\nImage=httpd\n" } };
    for (const now of [proxy, { ...proxy, userUnits: secret(proxy.userUnits) }])
      assert.throws(() => inputsOf(inputs("two", now), text), {
        message: /^It was deployed by an older quadlet-fleet, which did not keep the units of the account's/,
      });
    assert.ok(inputsOf(inputs("two"), text));
  });

  test("is the same for another way to the hosts", () => {
    assert.equal(textOf(inputs("one")), textOf(inputs("one", { hosts: secret({}), rollout: { canary: 2 } })));
  });

  test("the outputs have no checks and no probes", () => {
    const probes = { "0.0.0.0:80": { path: "/" } };
    const text = textOf(inputs("one", { probes }));
    assert.ok(isVersion(text, textOf(inputs("one"))));
    assert.ok(!isVersion(text, textOf(inputs("two", { probes }))));
  });
});

describe("a former version that has a secret of the present one in clear", () => {
  const hidden = { files: { [conf]: { content: secret("one") } } };

  test("is noticed", () => {
    assert.ok(reveals(textOf(inputs("one")), textOf(inputs("one", hidden))));
    const mode = { files: { [conf]: { content: "one", mode: "0600" } } };
    assert.ok(reveals(textOf(inputs("one")), textOf(inputs("one", mode))));
    const units = secret({ "www.container": "" });
    assert.ok(reveals(textOf(inputs("one")), textOf(inputs("one", { units }))));
  });

  test("but not where it was a secret, or was not there", () => {
    assert.ok(!reveals(textOf(inputs("one")), textOf(inputs("two"))));
    assert.ok(!reveals(textOf(inputs("one", hidden)), textOf(inputs("two"))));
    assert.ok(!reveals(textOf(inputs("one", { files: {} })), textOf(inputs("one"))));
    assert.ok(!reveals("{}", textOf(inputs("one"))));
  });
});

describe("the inputs that bring it back", () => {
  const now = inputs("two", { rollout: { canary: 2 } });

  test("the content of then; where, how and the secrets of now", () => {
    const back = inputsOf(now, textOf(inputs("one", { probes: { "0.0.0.0:80": { path: "/old" } } })));
    assert.deepEqual(back, {
      ...inputs("one", { rollout: { canary: 2 }, probes: { "0.0.0.0:80": { path: "/old" } } }),
      ...{ services: {}, userUnits: {}, userServices: {}, checks: {} },
    });
    // So the token stays out of the text, and out of what is kept for a revert.
    assert.ok(desiredOf(back, "urn").secrets.includes(token));
  });

  test("a host can't say where or as whom it is deployed", () => {
    const evil = {
      ...(JSON.parse(textOf(inputs("one"))) as object),
      manager: "user",
      user: "root",
      hosts: {},
    };
    const { manager, user, hosts } = inputsOf(now, JSON.stringify(evil));
    assert.deepEqual([manager, user, hosts], ["system", undefined, now.hosts]);
  });

  for (const [what, text, message] of [
    ["no JSON", "{", /^A host's record of it is damaged\.$/],
    ["no object", "[]", /^A host's record of it is damaged\.$/],
    ["another shape", '{"units":{"www.container":1}}', /^It is not valid: units\["www\.container"\] /],
    ["a path that is no path", '{"files":{"etc/x":{"content":""}}}', /^It is not valid: files/],
    ["our own records", '{"files":{"/var/lib/quadlet-fleet/x":{"content":""}}}', /own records/],
    [
      "a secret that is gone",
      `{"files":{"/etc/gone":{"content":null}}}`,
      /^Hosts keep no secrets, and the present version has no \/etc\/gone to take it from.$/,
    ],
  ] as const)
    test(`${what} is refused`, () => {
      assert.throws(
        () => inputsOf(now, text),
        (thrown) => {
          assert.ok(thrown instanceof VersionError);
          assert.match(thrown.message, message);
          return true;
        },
      );
    });

  test("nothing of it is a difference to the version of then", () => {
    const back = inputsOf(now, textOf(inputs("one")));
    assert.equal(textOf(back), textOf(inputs("one")));
    assert.equal((revealObject(back).files as Record<string, { content: string }>)[key]?.content, "KEY");
  });
});
