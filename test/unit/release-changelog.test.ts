import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ReleaseError, notesOf, released } from "../../tools/release/changelog.ts";

const before = `# Changelog

## Unreleased

### Added

- A command
  of two lines.

### Fixed

- A crash.

## 0.9.0 - 2026-01-31

### Added

- The first entry.
`;

const after = `# Changelog

## Unreleased

## 0.10.0 - 2026-11-30

### Added

- A command
  of two lines.

### Fixed

- A crash.

## 0.9.0 - 2026-01-31

### Added

- The first entry.
`;

test("what is unreleased gets the version and the date, and an empty section begins", () => {
  assert.equal(released(before, "0.10.0", "2026-11-30"), after);
});

test("the first release", () => {
  const first = "# Changelog\n\n## Unreleased\n\n### Added\n\n- All of it.\n";
  assert.equal(
    released(first, "0.1.0", "2026-11-30"),
    "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-11-30\n\n### Added\n\n- All of it.\n",
  );
});

test("the notes are those of one version", () => {
  assert.equal(
    notesOf(after, "0.10.0"),
    "### Added\n\n- A command\n  of two lines.\n\n### Fixed\n\n- A crash.\n",
  );
  assert.equal(notesOf(after, "0.9.0"), "### Added\n\n- The first entry.\n");
  for (const version of ["0.1.0", "0.9"]) assert.equal(notesOf(after, version), undefined);
});

describe("what is refused", () => {
  for (const [name, changelog, version, message] of [
    [
      "nothing to release",
      after,
      "0.11.0",
      'Nothing to release: CHANGELOG.md has no entry below "## Unreleased".',
    ],
    ["the same version", before, "0.9.0", "0.9.0 is not later than 0.9.0, the last version in CHANGELOG.md."],
    [
      "an older version",
      before,
      "0.8.12",
      "0.8.12 is not later than 0.9.0, the last version in CHANGELOG.md.",
    ],
    ["no version", before, "v1.0", '"v1.0" is not a version: write three numbers, for example 0.2.0.'],
    [
      "a leading zero",
      before,
      "0.010.0",
      '"0.010.0" is not a version: write three numbers, for example 0.2.0.',
    ],
    [
      "a prerelease",
      before,
      "1.0.0-rc.1",
      '"1.0.0-rc.1" is not a version: write three numbers, for example 0.2.0.',
    ],
    [
      "another kind",
      before.replace("### Fixed", "### Repaired"),
      "0.10.0",
      'CHANGELOG.md:10: "Repaired" is not a kind of change. There are: Added, Changed, Deprecated, Removed, Fixed, Security.',
    ],
    [
      "an entry without a kind",
      before.replace("### Added\n\n- A command", "- A command"),
      "0.10.0",
      'CHANGELOG.md:5: this entry has no kind. Move it below "### Added", for example.',
    ],
    [
      "no section",
      before.replace("## Unreleased", "## Next"),
      "0.10.0",
      'CHANGELOG.md has no "## Unreleased": add it above the last version.',
    ],
  ] as const)
    test(name, () =>
      assert.throws(() => released(changelog, version, "2026-11-30"), new ReleaseError(message)),
    );
});

test("versions are compared by their numbers", () => {
  for (const version of ["0.9.1", "0.10.0", "1.0.0"])
    assert.match(released(before, version, "d"), /^## \d.* - d$/m);
});
