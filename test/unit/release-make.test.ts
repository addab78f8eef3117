import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ReleaseError, released } from "../../tools/release/changelog.ts";
import { buildTagged, makeRelease } from "../../tools/release/make.ts";
import { execute } from "../../tools/execute.ts";

// With real repositories, but without the build: package.test.ts of test/hosts runs that.

const changelog = "# Changelog\n\n## Unreleased\n\n### Added\n\n- # A line like a comment.\n";
const manifest = { name: "quadlet-fleet", version: "0.1.0", repository: "github:acme/fleet" };
const example = { dependencies: { "quadlet-fleet": "^0.1.0" } };
const date = "2026-11-30";

let root: string;
const git = async (...argv: string[]) => (await execute(["git", ...argv], { cwd: root })).stdout.trim();
const read = (name: string) => readFileSync(join(root, name), "utf8");
const write = (name: string, content: string | object) =>
  writeFileSync(
    join(root, name),
    typeof content === "string" ? content : `${JSON.stringify(content, undefined, 2)}\n`,
  );
const commit = () => git("commit", "--quiet", "--all", "--allow-empty", "--message", "change");
const state = async () =>
  await Promise.all([
    git("rev-parse", "HEAD"),
    git("tag"),
    git("status", "--porcelain"),
    git("worktree", "list"),
  ]);

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "release-"));
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "user.name", "alice");
  await git("config", "user.email", "alice@localhost");
  write("CHANGELOG.md", changelog);
  write(".gitignore", "node_modules\ndist-release/\n");
  write("package.json", manifest);
  write("package-lock.json", {
    ...manifest,
    packages: { "": manifest, "node_modules/a": { version: "1.0.0" } },
  });
  mkdirSync(join(root, "node_modules"));
  mkdirSync(join(root, "dist-release"));
  for (const name of ["policies", "typescript"]) {
    mkdirSync(join(root, "examples", name), { recursive: true });
    write(`examples/${name}/package.json`, example);
  }
  await git("add", ".");
  await commit();
});
afterEach(() => rmSync(root, { recursive: true }));

/** Stands for the build: reads the version, and records what it has read. */
function builder() {
  const seen: { version: unknown; changelog: string; hasPackages: boolean }[] = [];
  return {
    seen,
    build: async (checkout: string) => {
      await Promise.resolve();
      const { version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as typeof manifest;
      const text = readFileSync(join(checkout, "CHANGELOG.md"), "utf8");
      seen.push({ version, changelog: text, hasPackages: existsSync(join(checkout, "node_modules")) });
    },
  };
}

test("a release is one commit and one tag, of what the build has seen", async () => {
  const { build, seen } = builder();
  assert.deepEqual(await makeRelease({ root, version: "0.2.0", date, dry: false, build }), []);
  const text = released(changelog, "0.2.0", date);
  assert.deepEqual(seen, [{ version: "0.2.0", changelog: text, hasPackages: true }]);
  assert.equal(read("CHANGELOG.md"), text);
  assert.equal(await git("log", "--format=%s", "-1"), "tools: release 0.2.0");
  assert.deepEqual((await git("show", "--format=", "--name-only", "HEAD")).split("\n"), [
    "CHANGELOG.md",
    "examples/policies/package.json",
    "examples/typescript/package.json",
    "package-lock.json",
    "package.json",
  ]);
  assert.deepEqual((JSON.parse(read("package-lock.json")) as { packages: object }).packages, {
    "": { ...manifest, version: "0.2.0" },
    "node_modules/a": { version: "1.0.0" },
  });
  assert.match(read("examples/policies/package.json"), /"\^0\.2\.0"/);
  assert.equal(await git("rev-parse", "v0.2.0^{commit}"), await git("rev-parse", "HEAD"));
  assert.equal(
    await git("tag", "--list", "--format=%(contents)", "v0.2.0"),
    "v0.2.0\n\n### Added\n\n- # A line like a comment.",
  );
  const [, , status, worktrees] = await state();
  assert.deepEqual([status, worktrees.split("\n").length], ["", 1]);

  await buildTagged(root, "v0.2.0", build);
  assert.equal(read("dist-release/NOTES.md"), "### Added\n\n- # A line like a comment.\n");
  await assert.rejects(
    buildTagged(root, "v0.3.0", build),
    new ReleaseError('The tag is v0.3.0, and package.json has 0.2.0. Make releases by "make release".'),
  );
});

test("a dry run builds the same, and changes nothing", async () => {
  const before = await state();
  const { build, seen } = builder();
  assert.deepEqual(await makeRelease({ root, version: "0.2.0", date, dry: true, build }), []);
  assert.deepEqual(seen, [
    { version: "0.2.0", changelog: released(changelog, "0.2.0", date), hasPackages: true },
  ]);
  assert.deepEqual(await state(), before);
});

test("a build that fails changes nothing", async () => {
  const before = await state();
  const build = () => Promise.reject(new Error("no space left"));
  await assert.rejects(
    makeRelease({ root, version: "0.2.0", date, dry: false, build }),
    /^Error: no space left$/,
  );
  assert.deepEqual(await state(), before);
});

describe("a release is refused, and a dry run says so and builds", () => {
  for (const [name, prepare, reason] of [
    [
      "another branch",
      () => git("switch", "--quiet", "--create", "other"),
      "This is the branch other: releases are made on main.",
    ],
    [
      "an uncommitted change",
      () => write("package.json", { ...manifest, version: "7.0.0" }),
      "There are changes that are not committed: commit or remove them. A dry run leaves them out.",
    ],
    [
      "a file that git does not know",
      () => write("new.ts", ""),
      "There are changes that are not committed: commit or remove them. A dry run leaves them out.",
    ],
    [
      "a tag",
      () => git("tag", "v0.2.0"),
      "There is a tag v0.2.0. To make the release again: git tag --delete v0.2.0",
    ],
    [
      "no repository",
      async () => {
        write("package.json", { ...manifest, repository: undefined });
        await commit();
      },
      'package.json has no "repository", which npm compares with the source of a provenance (docs/releasing.md).',
    ],
    [
      "nothing to release",
      async () => {
        write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n");
        await commit();
      },
      'Nothing to release: CHANGELOG.md has no entry below "## Unreleased".',
    ],
  ] as const)
    test(name, async () => {
      await prepare();
      const before = await state();
      const { build, seen } = builder();
      const release = { root, version: "0.2.0", date, build };
      await assert.rejects(makeRelease({ ...release, dry: false }), new ReleaseError(reason));
      assert.deepEqual(seen, []);
      assert.deepEqual(await makeRelease({ ...release, dry: true }), [reason]);
      assert.deepEqual(
        seen.map(({ version }) => version),
        ["0.2.0"],
      );
      assert.deepEqual(await state(), before);
    });
});
