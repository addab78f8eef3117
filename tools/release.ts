// Makes a release in this repository, and publishes nothing (docs/releasing.md).
// node tools/release.ts [--dry] VERSION: the commit, the tag and the files. node tools/release.ts --tagged TAG: the files that CI publishes.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeArtifacts } from "./release/artifacts.ts";
import { ReleaseError } from "./release/changelog.ts";
import { buildTagged, makeRelease } from "./release/make.ts";

const root = join(import.meta.dirname, "..");
const output = join(root, "dist-release");
const build = async (checkout: string) => {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  await makeArtifacts(checkout, output);
};

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { dry: { type: "boolean", default: false }, tagged: { type: "string" } },
  });
  const [version, ...more] = positionals;
  if (values.tagged !== undefined) await buildTagged(root, values.tagged, build);
  else if (version === undefined || more.length > 0)
    throw new ReleaseError("Name the version of the release: make release VERSION=0.2.0");
  else await release(version, values.dry);
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function release(version: string, dry: boolean): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  const problems = await makeRelease({ root, version, date, dry, build });
  console.log(
    `dist-release/:\n${readdirSync(output)
      .map((name) => `  ${name}\n`)
      .join("")}`,
  );
  if (problems.length > 0)
    console.log(`This release would be refused:\n${problems.map((one) => `  ${one}\n`).join("")}`);
  console.log(
    dry
      ? "A dry run: there is no commit and no tag."
      : `The release is a commit and the tag v${version} in this repository only.

  Publish it:  git push --atomic origin main v${version}
  Or undo it:  git tag --delete v${version} && git reset --keep HEAD~1`,
  );
}
