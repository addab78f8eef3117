import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noFacts } from "../../host/facts/facts.ts";
import { checkUnitSet } from "../../provider/check.ts";
import { diffUnitSet } from "../../provider/diff.ts";
import { schema } from "../../provider/schema.ts";
import { desiredState, outputs } from "../../provider/state.ts";
import type { PlainObject } from "../../provider/wire.ts";
import { contract as data } from "../../resources/contract-data.ts";
import { unitSetType } from "../../resources/unit-set-type.ts";

interface Property {
  $ref?: string;
  type?: string;
  secret?: boolean;
  replaceOnChanges?: boolean;
  willReplaceOnChanges?: boolean;
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

/** Field → whether it must be there, for each type of the contract. */
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
    // These are part of the others.
    assert.deepEqual(
      names(pairs.map(([name]) => name))
        .concat("Credentials", "HttpRequest")
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
  const desired = desiredState({ connection: { address: "a" }, name: "a", manager: "system", units: {} }, "");
  const { unitStates } = outputs(desired, { ...noFacts(), units: new Map([["a.service", unit]]) }, {});
  const said = (unitStates as Record<string, object>)["a.service"] ?? {};
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
    "quadlet:index:Connection.passphrase",
    "quadlet:index:Connection.privateKey",
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
      "quadlet:index:Manager": ["system", "user"],
      "quadlet:index:PullPolicy": ["missing", "always", "never"],
    });
    assert.equal(fieldOf("ImagePull", "pull").$ref, "#/types/quadlet:index:PullPolicy");
  });

  test("no enum has the name of a type that it is in as the start of its own", () => {
    // Go's constants have the name again: ImagePullPullAlways.
    const starts = [...contract.keys()].map((shape) => `quadlet:index:${shape}`);
    const doubled = Object.entries(written.types).flatMap(([token, one]) =>
      one.enum && starts.some((start) => token.startsWith(start)) ? [token] : [],
    );
    assert.deepEqual(doubled, []);
  });

  test("there is no union: each has one type, which the check takes", () => {
    assert.doesNotMatch(JSON.stringify(written), /oneOf/);
    assert.equal(fieldOf("Connection", "sudo").$ref, "#/types/quadlet:index:Sudo");
    assert.equal(fieldOf("Connection", "agent").type, "string");
    assert.equal(fieldOf("Connection", "sshConfig").type, "string");
    const connection = { address: "a", sudo: {}, agent: "false", sshConfig: "true" };
    assert.deepEqual(
      checkUnitSet({ connection, name: "a", manager: "system", units: {} }).map(({ path }) => path),
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

  test("what replaces a set, by the diff, is marked so", () => {
    const marked = (properties: Record<string, Property>) =>
      Object.entries(properties).flatMap(([key, one]) => {
        assert.equal(one.replaceOnChanges, one.willReplaceOnChanges, key);
        return one.replaceOnChanges ? [key] : [];
      });
    const inputs = written.resources[unitSetType]?.inputProperties ?? {};
    const found = [
      ...marked(inputs),
      ...marked(written.types["quadlet:index:Connection"]?.properties ?? {}).map(
        (key) => `connection.${key}`,
      ),
    ];
    const all = (value: string): PlainObject => ({
      ...Object.fromEntries(fields("UnitSetInputs").map((key) => [key, value])),
      connection: Object.fromEntries(fields("Connection").map((key) => [key, value])),
    });
    assert.deepEqual(
      names(found),
      names(diffUnitSet({ inputs: all("a"), outputs: all("a") }, all("b")).replaces),
    );
    assert.deepEqual(
      objects
        .filter(([token]) => !token.endsWith(":Connection"))
        .flatMap(([, one]) => marked(one.properties)),
      [],
    );
  });
});

describe("the check knows the same fields", () => {
  /** Where the objects of each type are in the inputs. */
  const places: Record<string, (value: PlainObject) => PlainObject> = {
    UnitSetInputs: (value) => value,
    Connection: (value) => ({ connection: value }),
    JumpHost: (value) => ({ connection: { jump: value } }),
    Sudo: (value) => ({ connection: { sudo: value } }),
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
      const outer = name === "UnitSetInputs" ? [] : ["connection", "name", "manager", "units"];
      const missing = ends(at({}), "is missing").filter((field) => !outer.includes(field));
      const inner = missing.filter((field) => field !== "address" || /Connection|JumpHost/.test(name));
      assert.deepEqual(names(new Set(inner)), requiredOf(name));
    });
  }
});
