import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { checkArguments } from "../../components/site/check.ts";
import { answer, changes, example1, versionOf, withChange } from "../../tools/demo/examples.ts";

// The changes that `make demo` makes in its stack file: a preview accepts or refuses them, and everything else stays as it is.

const sites = { example1: example1("test"), example2: { hosts: ["demo"] } };
const text = `# mine\n${stringify({ config: { "quadlet-fleet:sites": sites } })}`;

/** The lines that differ: those of the first text, then those of the second. */
function difference(from: string, to: string): string[][] {
  const [before, after] = [from, to].map((its) => its.split("\n").map((line) => line.trim()));
  assert.equal(before?.length, after?.length);
  return [before, after].map(
    (its) => its?.filter((line, at) => line !== (its === before ? after : before)?.[at]) ?? [],
  );
}

function problems(change: object): string[] {
  const site = { ...example1("test"), ...change, hosts: { demo: { address: "192.0.2.11" } } };
  return checkArguments("example1", site).problems.map(({ message }) => message);
}

describe("a change of the demo", () => {
  test("of the version is one line, and can be made again and again", () => {
    const second = withChange(text, changes.version(2));
    assert.deepEqual(difference(text, second), [
      ['location / { return 200 "hello, version 1\\n"; }'],
      ['location / { return 200 "hello, version 2\\n"; }'],
    ]);
    assert.deepEqual(
      [text, second].map((its) => versionOf(its, "test")),
      [1, 2],
    );
    assert.equal(withChange(second, changes.version(1)), text);
    assert.deepEqual(problems(changes.version(2)), []);
    assert.equal(answer.exec("hello, version 2\n")?.[1], "version 2");
  });

  test("of listen is one line, and is refused by the preview", () => {
    assert.deepEqual(difference(text, withChange(text, changes.refused)), [
      ["- 0.0.0.0:8080"],
      ["- 0.0.0.0:8081"],
    ]);
    assert.match(problems(changes.refused).join("\n"), /which no socket passes on/);
  });

  test("that the host rolls back has a check that fails, and passes the preview", () => {
    const text = stringify(changes.broken(2));
    assert.match(text, /version 2/);
    assert.match(text, /after:\n +- command:\n[^]*grep -q 'version 1'/);
    assert.deepEqual(problems(changes.broken(2)), []);
  });
});

describe("a stack file without the version of the demo", () => {
  const cases: Record<string, string> = {
    "another page": text.replace("return 200", "return 204"),
    "another address": withChange(text, changes.refused),
    "one more argument": withChange(text, { environment: { A: "b" } }),
    "no example1": stringify({ config: { "quadlet-fleet:sites": { mine: {} } } }),
    "no configuration": "{}",
  };
  for (const [what, its] of Object.entries(cases))
    test(what, () => assert.equal(versionOf(its, "test"), undefined));

  test("that of another account", () => assert.equal(versionOf(text, "other"), undefined));
});
