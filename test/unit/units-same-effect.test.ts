import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sameEffect as sameEffectOf } from "../../units/same-effect.ts";
import { serialize } from "../../units/serialize.ts";
import { comment, unitFile } from "./units-arbitraries.ts";

const sameEffect = (a: string, b: string) => sameEffectOf(a, b, "web.container");

const text =
  "[Unit]\nAfter=a.socket\n\n[Container]\nImage=x\nVolume=a\nVolume=b\n\n[Install]\nWantedBy=default.target\n";

for (const [what, other] of [
  ["itself", text],
  ["comments and blank lines", `# new\n${text.replace("Image", "\n; new\n\nImage")}`],
  ["a title", text.replace("[Unit]", "[Unit]\nDescription=x\nDocumentation=man:x(1)")],
  ["[Install]", text.replace("default.target", "multi-user.target")],
  ["no [Install]", text.replace(/\[Install\][^]*/, "")],
  ["line ends and continued lines", text.replace("Image=x", "Image \\\n = x").replaceAll("\n", "\r\n")],
  [
    "a section in parts",
    text.replace("Volume=b", "[Service]\n[Container]\nVolume=b").replace("[Service]\n", ""),
  ],
  ["the order of sections", text.replace(/(\[Unit\][^]*)(\[Container\][^]*)\n\[Install\]/, "$2$1[Install]")],
] as const) {
  test(`no restart for: ${what}`, () => {
    assert.equal(sameEffect(text, other), true);
    assert.equal(sameEffect(other, text), true);
  });
}

test("a [Unit] with a title only is none", () => {
  assert.equal(sameEffect("[Unit]\nDescription=x\n[Socket]\nBacklog=1", "[Socket]\nBacklog=1"), true);
});

for (const [what, other] of [
  ["another value", text.replace("Image=x", "Image=y")],
  ["a key more", text.replace("Image=x", "Image=x\nNetwork=none")],
  ["a key less", text.replace("Volume=b\n", "")],
  ["another order of one key", text.replace("Volume=a\nVolume=b", "Volume=b\nVolume=a")],
  ["another dependency", text.replace("a.socket", "b.socket")],
  ["a title in another section", text.replace("[Container]", "[Container]\nDescription=x")],
  ["a key in another section", text.replace("Volume=b", "[Service]\nVolume=b")],
  ["a text that can't be read", `${text}nonsense`],
  ["nothing", ""],
] as const) {
  test(`a restart for: ${what}`, () => {
    assert.equal(sameEffect(text, other), false);
    assert.equal(sameEffect(other, text), false);
  });
}

test("what can't be read is only like itself", () => {
  assert.equal(sameEffect("nonsense", "nonsense"), true);
  assert.equal(sameEffect("nonsense", "nonsense\n"), false);
});

test("a file without its comments has the same effect", () => {
  fc.assert(
    fc.property(unitFile, comment, (file, line) => {
      const text = serialize(file);
      assert.equal(sameEffect(text, text.split("\n").join(`\n${line}\n`)), true);
    }),
  );
});

test("another value of any key that counts makes a difference", () => {
  fc.assert(
    fc.property(unitFile, fc.nat(), ({ sections }, at) => {
      const counts = sections.filter(({ name }) => name !== "Unit" && name !== "Install");
      const all = counts.flatMap(({ name, entries }) => entries.map((entry) => ({ name, entry })));
      fc.pre(all.length > 0);
      const chosen = all[at % all.length];
      fc.pre(chosen !== undefined);
      const changed = sections.map(({ name, entries }) => ({
        name,
        entries: entries.map((entry) =>
          entry === chosen?.entry ? { ...entry, value: `${entry.value}x` } : entry,
        ),
      }));
      assert.equal(sameEffect(serialize({ sections }), serialize({ sections: changed })), false);
    }),
  );
});
