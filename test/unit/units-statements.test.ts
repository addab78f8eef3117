import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UnitSyntaxError, parse } from "../../units/parse.ts";
import { joinedLines } from "./units-quadlets.ts";

function read(text: string, file: string): string[] {
  return parse(`[Foo]\n${text}`, file).sections.flatMap(({ entries }) =>
    entries.flatMap((entry) => ("key" in entry ? [`${entry.key}=${entry.value}`] : [])),
  );
}

const refused = (text: string, file: string) => assert.throws(() => read(text, file), UnitSyntaxError);

describe("how lines are joined", () => {
  for (const [what, text, podman, systemd] of joinedLines)
    test(`${what}: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(read(text, "web.container"), podman);
      assert.deepEqual(read(text, "web.service"), systemd);
    });

  test("which reader it is follows from the suffix", () => {
    for (const file of [
      "web.container",
      "web.network",
      "web@1.volume",
      "a.kube",
      "a.pod",
      "a.image",
      "a.build",
    ])
      assert.deepEqual(read("A=a\\\nb", file), ["A=ab"], file);
    for (const file of ["web.service", "web.socket", "web.container.d", "container"])
      assert.deepEqual(read("A=a\\\nb", file), ["A=a b"], file);
  });
});

test("a last statement that podman would drop without a word is refused at its first line", () => {
  for (const text of ["A=a\\\n# -g x\n", "A=a\\\n\n", "A=a \\\nb \\\n\n; c"])
    assert.throws(() => read(text, "web.container"), /^UnitSyntaxError: web\.container:2: ends with a "\\"/);
  assert.deepEqual(read("A=a\\\n# -g x\n", "web.service"), ["A=a"]);
});

test("a byte order mark: systemd skips it, podman refuses the file", () => {
  const text = "\ufeff[Container]\nImage=x\n";
  assert.equal(parse(text, "web.service").sections[0]?.name, "Container");
  assert.throws(() => parse(text, "web.container"), /^UnitSyntaxError: web\.container:1: .*byte order mark/);
});

test("a text of a megabyte is not a unit", () => {
  const long = `A=${"b".repeat(1024 * 1024)}`;
  for (const file of ["web.container", "web.service"]) refused(long, file);
  assert.equal(read(long.slice(0, 1024 * 1024 - 10), "web.service").length, 1);
});
