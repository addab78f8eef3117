import assert from "node:assert/strict";
import { test } from "node:test";
import { diffUnitSet } from "../../provider/diff.ts";
import { schema } from "../../provider/schema.ts";
import { expectedOutputs } from "../../provider/state.ts";
import type { Plain, PlainObject, WireObject } from "../../provider/wire.ts";

// A change of any input of a UnitSet is a difference, or the input is listed below with the reason why the change has no effect on a host.

interface Property {
  $ref?: string;
  oneOf?: Property[];
  additionalProperties?: Property;
}
interface Schema {
  /** Types without properties are words. */
  types: Record<string, { properties?: Record<string, Property> }>;
  resources: Record<string, { inputProperties: Record<string, Property> }>;
}
const { types, resources } = schema("0.1.0") as Schema;

/** All inputs without inner inputs: "units.*", "files.*.mode". A jump host's jump hosts have the same. */
function inputsOf(properties: Record<string, Property>, path: readonly string[] = []): string[] {
  return Object.entries(properties).flatMap(([name, property]) => insideOf(property, [...path, name]));
}

function insideOf({ $ref, oneOf, additionalProperties }: Property, path: readonly string[]): string[] {
  if (path.join(".").endsWith("jump.jump")) return [];
  if (oneOf !== undefined) return oneOf.flatMap((one) => insideOf(one, path));
  if (additionalProperties !== undefined) return insideOf(additionalProperties, [...path, "*"]);
  const properties = types[$ref?.replace("#/types/", "") ?? ""]?.properties;
  return properties === undefined ? [path.join(".")] : inputsOf(properties, path);
}

const inputs = inputsOf(resources["quadlet:index:UnitSet"]?.inputProperties ?? {});

const login = "says how to log in, not where";
const asked = "is asked when something else changes";
const place = "is in `where`, which the check of the inputs makes";
const limit = "is a limit of the next operation";
const credentials = [
  "user",
  "hostKey",
  "knownHostsFile",
  "identityFile",
  "privateKey",
  "passphrase",
  "agent",
  "sshConfig",
];

/** Input → why a change of it, or of anything in it, is not a difference. */
const exceptions: Record<string, string> = {
  ...Object.fromEntries(
    ["hosts.*", "hosts.*.jump"].flatMap((at) => credentials.map((one) => [`${at}.${one}`, login])),
  ),
  "hosts.*.sudo": login,
  "hosts.*.connectTimeout": limit,
  "hosts.*.commandTimeout": limit,
  "hosts.*.address": place,
  "hosts.*.port": place,
  "hosts.*.jump": place,
  "hosts.*.state": place,
  name: "can't change",
  hooks: "run around another change",
  rollout: "says how another change reaches the hosts",
  createUser: "is for an account that is not there, which is a difference by itself (drift)",
  checks: asked,
  probes: asked,
  registries: "is used for a pull",
  adopt: "is for files that are there before the set is",
};

function exceptionOf(path: string): string | undefined {
  return Object.keys(exceptions).find((one) => isWithin(path, one));
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`);
}

/** Inputs that have this value at a path, and nothing else. */
function inputsWith(path: string, value: Plain): PlainObject {
  const within = (keys: readonly string[]): Plain => {
    const [key, ...rest] = keys;
    return key === undefined ? value : { [key]: within(rest) };
  };
  return within(path.split(".")) as PlainObject;
}

test("the inputs are found", () => {
  const some = [
    "hosts.*.jump.port",
    "where.*",
    "manager",
    "units.*",
    "files.*.mode",
    "images.*.pull",
    "adopt",
  ];
  assert.deepEqual(
    some.filter((path) => !inputs.includes(path)),
    [],
  );
  assert.deepEqual(
    Object.keys(exceptions).filter((outer) => !inputs.some((path) => isWithin(path, outer))),
    [],
    "an exception is no input",
  );
});

for (const path of inputs) {
  test(path, () => {
    const set = inputsWith(path, "one");
    const before = expectedOutputs(set as WireObject) as PlainObject;
    assert.deepEqual([...diffUnitSet(before, set)], [], "the outputs have not what is compared with them");
    const changes = diffUnitSet(before, inputsWith(path, "other"));
    const exception = exceptionOf(path);
    const message = exception === undefined ? "nothing follows from it" : exceptions[exception];
    assert.equal(changes.size > 0, exception === undefined, message);
  });
}
