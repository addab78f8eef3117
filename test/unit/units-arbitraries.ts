import fc from "fast-check";
import type { UnitFile } from "../../units/model.ts";

/** Text with many special characters of unit files, and sometimes all of Unicode (lone surrogates, too). */
export const anyText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom(..."ab%$\"'\\;#=[]{} \t\n\r\0xn7é😀") }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
  },
);

/** Text that can be encoded: no NUL, no lone surrogates, no noncharacters. */
export const encodable = anyText.filter(
  (text) => text.isWellFormed() && !/[\0\p{Noncharacter_Code_Point}]/u.test(text),
);

const line = fc
  .string({ unit: fc.constantFrom(..."ab%$\"'\\;#=[] \té😀") })
  .filter((text) => !text.endsWith("\\"));
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
const plain = { noNullPrototype: true };
const assignment = fc.record({ key: name, value: line.filter((text) => text.trim() === text) }, plain);
const section = fc.record({ name, entries: fc.array(assignment) }, plain);

/** A unit file that can be written. */
export const unitFile: fc.Arbitrary<UnitFile> = fc.record({ sections: fc.array(section) }, plain);

/** A line that is a comment. */
export const comment = line.map((text) => `# ${text}`);
