import { allKinds, kindOf, stemOf } from "./kinds.ts";
import { madeUnit } from "./made.ts";

/** UNIT_NAME_MAX of systemd (src/basic/unit-name.h), which counts the NUL at the end too. */
const longestName = 255;

/**
 * Checks the name of a unit file, a quadlet's or one of systemd's: `NAME.suffix`, `NAME@.suffix`, `NAME@INSTANCE.suffix`.
 *
 * @returns the name as it was given
 * @throws Error if a character, the length (255) or the suffix is wrong
 * @see systemd.unit(5), "Description"; podman-systemd.unit(5)
 * @example unitName("web-1.container") // "web-1.container"
 */
export function unitName(text: string): string {
  if (kindOf(text) === undefined) {
    throw new Error(
      `"${text}" is not a valid unit name: it must end in one of ${allKinds.map((kind) => `.${kind}`).join(", ")}.`,
    );
  }
  if (!/^[A-Za-z0-9:_.\\-]+(?:@[A-Za-z0-9:_.\\@-]*)?$/.test(stemOf(text))) {
    throw new Error(
      `"${text}" is not a valid unit name: before the suffix it can have only ASCII letters, digits and :-_.\\, and an @ for a template.`,
    );
  }
  const longest = Math.max(text.length, madeUnit(text, undefined).length);
  if (longest > longestName) {
    throw new Error(
      `"${text.slice(0, 30)}…" is too long for a unit's name: ${longest} characters, and ${longestName} are possible.`,
    );
  }
  return text;
}
