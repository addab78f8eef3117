import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noFacts } from "../../host/facts/facts.ts";
import { checkUnitSet } from "../../provider/check.ts";
import { schema } from "../../provider/schema.ts";
import { desiredState, unitStatesOf } from "../../provider/state.ts";
import type { PlainObject } from "../../provider/wire.ts";
import { contract as data } from "../../resources/contract-data.ts";
import { unitSetType } from "../../resources/unit-set-type.ts";

interface Property {
  $ref?: string;
  type?: string;
  secret?: boolean;
  description?: string;
}
interface ObjectType {
  properties: Record<string, Property>;
  required: string[];
}
interface Schema {
  name: string;
  config: { variables: ObjectType["properties"] };
  provider: { inputProperties: ObjectType["properties"] };
  types: Record<string, ObjectType & { enum?: { value: string }[] }>;
  resources: Record<
    string,
    ObjectType & { inputProperties: ObjectType["properties"]; requiredInputs: string[] }
  >;
}

const written = schema("0.1.0") as Schema;
const objects = Object.entries(written.types).filter(([, type]) => type.enum === undefined);

/** For each type of the contract: field → whether it is required. */
const contract = new Map(
  Object.entries(data).map(([name, { fields }]) => [
    name,
    new Map(Object.entries(fields).map(([field, { required }]) => [field, required === true])),
  ]),
);

function names(fields: Iterable<string>): string[] {
  return [...fields].sort();
}

function requiredOf(name: string): string[] {
  return names([...(contract.get(name) ?? [])].flatMap(([field, required]) => (required ? [field] : [])));
}

function fields(name: string): string[] {
  return names(contract.get(name)?.keys() ?? []);
}

describe("the schema names every field of the contract and nothing else", () => {
  const resource = written.resources[unitSetType];
  assert.ok(resource);
  const pairs: [string, ObjectType][] = [
    ["UnitSetInputs", { properties: resource.inputProperties, required: resource.requiredInputs }],
    ["UnitSetOutputs", resource],
    ...objects.map(([token, type]): [string, ObjectType] => [token.replace("quadlet:index:", ""), type]),
  ];
  for (const [name, { properties, required }] of pairs) {
    test(name, () => {
      assert.deepEqual(names(Object.keys(properties)), fields(name));
      assert.deepEqual(names(required), requiredOf(name));
    });
  }

  test("no interface is left out", () => {
    // These are parts of the others.
    assert.deepEqual(
      names(pairs.map(([name]) => name))
        .concat("Connection", "Credentials", "HttpRequest", "VerifyRequest")
        .sort(),
      names(contract.keys()),
    );
  });

  test("the provider's configuration: the credentials", () => {
    assert.deepEqual(names(Object.keys(written.config.variables)), fields("Credentials"));
    assert.deepEqual(names(Object.keys(written.provider.inputProperties)), fields("Credentials"));
  });
});

test("what outputs may say of a unit is in the schema", () => {
  const unit = {
    load: "loaded",
    active: "active",
    restarting: false,
    enabled: "",
    dropIns: ["/d"],
    needsReload: true,
    changed: 1,
  };
  const desired = desiredState({ hosts: {}, name: "a", manager: "system", units: {} }, "");
  const facts = { ...noFacts(), units: new Map([["a.service", unit]]) };
  const states = unitStatesOf(desired, new Map([["web-1", facts]])) as Record<string, object>;
  const said = states["a.service"] ?? {};
  assert.deepEqual(
    names(Object.keys(said)),
    names(Object.keys(written.types["quadlet:index:UnitState"]?.properties ?? {})),
  );
});

test("secret is what the contract calls so", () => {
  const secrets = objects.flatMap(([token, { properties }]) =>
    Object.entries(properties).flatMap(([key, value]) => (value.secret ? [`${token}.${key}`] : [])),
  );
  assert.deepEqual(names(secrets), [
    "quadlet:index:Host.passphrase",
    "quadlet:index:Host.privateKey",
    "quadlet:index:JumpHost.passphrase",
    "quadlet:index:JumpHost.privateKey",
    "quadlet:index:RegistryLogin.password",
    "quadlet:index:Sudo.password",
  ]);
});

describe("for other languages", () => {
  const fieldOf = (type: string, field: string) =>
    written.types[`quadlet:index:${type}`]?.properties[field] ?? {};

  test("choices are enums", () => {
    const enums = Object.entries(written.types).flatMap(([token, one]) =>
      one.enum ? [[token, one.enum.map(({ value }) => value)]] : [],
    );
    assert.deepEqual(Object.fromEntries(enums), {
      "quadlet:index:HasVersion": ["nothing", "old", "new", "stuck", "unknown"],
      "quadlet:index:Manager": ["system", "user"],
      "quadlet:index:OfflinePolicy": ["fail", "skip"],
      "quadlet:index:Presence": ["present", "offline", "retired"],
      "quadlet:index:PullPolicy": ["missing", "always", "never"],
      "quadlet:index:RolloutPause": ["none", "canary"],
    });
    assert.equal(fieldOf("ImagePull", "pull").$ref, "#/types/quadlet:index:PullPolicy");
  });

  test("no enum has the name of a type that it is in as the start of its own", () => {
    // Go's constants repeat the name: ImagePullPullAlways.
    const starts = [...contract.keys()].map((shape) => `quadlet:index:${shape}`);
    const doubled = Object.entries(written.types).flatMap(([token, one]) =>
      one.enum && starts.some((start) => token.startsWith(start)) ? [token] : [],
    );
    assert.deepEqual(doubled, []);
  });

  test("there is no union: each has one type, which the check takes", () => {
    assert.doesNotMatch(JSON.stringify(written), /oneOf/);
    assert.equal(fieldOf("Host", "sudo").$ref, "#/types/quadlet:index:Sudo");
    assert.equal(fieldOf("Host", "agent").type, "string");
    assert.equal(fieldOf("Host", "sshConfig").type, "string");
    assert.equal(fieldOf("RolloutPolicy", "canary").type, "string");
    const hosts = { a: { address: "a", sudo: {}, agent: "false", sshConfig: "true" } };
    assert.deepEqual(
      checkUnitSet({ hosts, rollout: { canary: "1" }, name: "a", manager: "system", units: {} }).map(
        ({ path }) => path,
      ),
      [],
    );
  });

  test("what there is to refer to, is there; and each field says what it means", () => {
    for (const [, token = ""] of JSON.stringify(written).matchAll(/#\/types\/([^"]+)/g))
      assert.ok(written.types[token], token);
    for (const [token, { properties }] of objects)
      for (const [field, { description }] of Object.entries(properties))
        assert.match(description ?? "", /^\S.*\.$/s, `${token}.${field}`);
  });
});

describe("the check knows the same fields", () => {
  /** Where the objects of each type are in the inputs. */
  const places: Record<string, (value: PlainObject) => PlainObject> = {
    UnitSetInputs: (value) => value,
    Host: (value) => ({ hosts: { a: value } }),
    JumpHost: (value) => ({ hosts: { a: { jump: value } } }),
    Sudo: (value) => ({ hosts: { a: { sudo: value } } }),
    Hooks: (value) => ({ hooks: value }),
    Hook: (value) => ({ hooks: { before: [value] } }),
    RolloutPolicy: (value) => ({ rollout: value }),
    FileContent: (value) => ({ files: { "/a": value } }),
    ServiceState: (value) => ({ services: { "a.service": value } }),
    Probe: (value) => ({ probes: { "0.0.0.0:80": value } }),
    ContainerCheck: (value) => ({ checks: { a: value } }),
    ImagePull: (value) => ({ images: { a: value } }),
    RegistryLogin: (value) => ({ registries: { r: value } }),
  };
  for (const [name, at] of Object.entries(places)) {
    const ends = (inputs: PlainObject, reason: string) =>
      checkUnitSet(inputs).flatMap((failure) =>
        failure.reason.startsWith(reason) ? [failure.path.replace(/^.*[.\]]/, "")] : [],
      );

    test(`${name}: all of them, and no other`, () => {
      const all = Object.fromEntries([...fields(name), "other"].map((field) => [field, null]));
      assert.deepEqual(ends(at(all), "is not known"), ["other"]);
    });

    test(`${name}: what must be there`, () => {
      const outer = name === "UnitSetInputs" ? [] : ["hosts", "name", "manager", "units"];
      const missing = ends(at({}), "is missing").filter((field) => !outer.includes(field));
      const inner = missing.filter((field) => field !== "address" || /Host/.test(name));
      assert.deepEqual(names(new Set(inner)), requiredOf(name));
    });
  }
});
