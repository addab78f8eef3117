import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

// The parts of the host's script share their variables: sh(1) has no local ones. A variable that start.sh sets for all parts must not be
// used by another part for itself. query.sh once did so with $who, and the record of a deploy named the account instead of the person.

const directory = join(import.meta.dirname, "../../host/transaction/scripts");
const read = (file: string) => readFileSync(join(directory, file), "utf8");

/** Variables that a text assigns. @param only lines that match */
function assigned(text: string, only = /^/): string[] {
  const lines = text.split("\n").filter((line) => only.test(line) && !/^\s*#/.test(line));
  return lines.flatMap((line) =>
    [...line.matchAll(/(?<=^|[\s;({|&])([a-z_]+)=/g)].map(([, name = ""]) => name),
  );
}

/** Intended: the table in start.sh has the registers, and the next run ends the lingering of a recovered one. */
const mayAssign: Record<string, string[]> = {
  "paths.sh": ["held"],
  "account.sh": ["hurried"],
  "frames.sh": ["lingered"],
};

/** The variables for all parts that one part assigns. */
const taken = (all: readonly string[], file: string, text: string) =>
  assigned(text).filter((name) => all.includes(name) && !mayAssign[file]?.includes(name));

test("no part of the script assigns what start.sh has set for all", () => {
  const all = assigned(read("start.sh"), /^(?!\s)/);
  for (const name of ["who", "set", "manager", "held", "work"]) assert.ok(all.includes(name), name);
  const parts = readdirSync(directory).filter((file) => !["start.sh", "enter.sh"].includes(file));
  assert.deepEqual(
    parts.flatMap((file) => taken(all, file, read(file)).map((name) => `${file}: ${name}`)),
    [],
  );
  assert.deepEqual(taken(all, "query.sh", "query() {\n  lacking='' who=$account\n}\n"), ["who"]);
});

test("no two parts of the script define a function of the same name", () => {
  const defined = readdirSync(directory)
    .filter((file) => file !== "enter.sh")
    .flatMap((file) => [...read(file).matchAll(/^([a-z_0-9]+)\(\)/gm)].map(([, name = ""]) => name));
  assert.ok(defined.includes("as_account") && defined.includes("hold"));
  assert.deepEqual(
    defined.filter((name, index) => defined.indexOf(name) !== index),
    [],
  );
});
