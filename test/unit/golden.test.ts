import assert from "node:assert/strict";
import { globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { FileContent } from "../../resources/contract.ts";
import { isSecret, revealObject } from "../../provider/wire.ts";
import { type Registration, register } from "./registered.ts";
import { certificate, otherCertificate, shapes } from "./shapes.ts";

// Every unit and file of each shape is a file below test/golden, so that a change of one can be read in a review.
// After an intended change: node --test --test-update-snapshots test/unit/golden.test.ts

const directory = join(import.meta.dirname, "../golden");
const updates = process.execArgv.includes("--test-update-snapshots");

/** The inputs of a UnitSet that are read here. */
interface Inputs {
  units: Record<string, string>;
  userUnits?: Record<string, string>;
  files: Record<string, FileContent>;
  hosts: { host: { address: string } };
}

/** Certificates are new in each run. */
const madeTexts = { certificate, "other certificate": otherCertificate };

function readable(text: string): string {
  return Object.entries(madeTexts).reduce(
    (result, [name, pair]) =>
      result
        .replaceAll(pair.certificate, `(the ${name})\n`)
        .replaceAll(pair.key, `(the key of the ${name})\n`),
    text,
  );
}

/** "~/a/b" → "home+a+b", "/a/b" → "a+b" */
function flat(path: string): string {
  return path.replace(/^~/, "home").replace(/^\//, "").replaceAll("/", "+");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** The golden files of one set: file name → text. NAME.json is the set without the texts of its units and files. */
function goldenFiles({ name, inputs }: Registration): [file: string, text: string][] {
  const { units, userUnits, files, hosts, ...rest } = revealObject(inputs) as unknown as Inputs;
  const modes = Object.entries(files).map(([path, file]) => [path, { ...file, content: undefined }]);
  const set = {
    ...{ ...rest, address: hosts.host.address, units: Object.keys(units) },
    ...(userUnits === undefined ? {} : { userUnits: Object.keys(userUnits) }),
    files: Object.fromEntries(modes) as unknown,
    secrets: Object.keys(inputs).filter((key) => isSecret(inputs[key])),
  };
  return [
    ...Object.entries({ ...units, ...userUnits }),
    ...Object.entries(files).map(([path, { content }]): [string, string] => [flat(path), readable(content)]),
    [`${name}.json`, `${JSON.stringify(sorted(set), null, 2)}\n`],
  ];
}

describe("golden files", () => {
  const expected: string[] = [];

  for (const [shape, of] of Object.entries(shapes)) {
    test(shape, async (t) => {
      const { resources } = await register("www", of);
      const golden = resources.flatMap(goldenFiles);
      const names = golden.map(([file]) => join(shape, file));
      assert.deepEqual(names, [...new Set(names)], "two texts would be the same file");
      expected.push(...names);
      for (const [file, text] of golden)
        t.assert.fileSnapshot(text, join(directory, shape, file), { serializers: [String] });
    });
  }

  test("no golden file is left over", () => {
    const found = globSync("**", { cwd: directory, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const wanted = expected.map((file) => join(directory, file));
    const leftOver = found.filter((file) => !wanted.includes(file));
    if (updates) for (const file of leftOver) rmSync(file);
    else assert.deepEqual(leftOver, [], "no shape makes these: update the golden files");
  });
});
