import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { execute } from "../../tools/execute.ts";
import { actionlint, withoutActionlint } from "./actionlint.ts";

// The workflows of this repository. Those of a new project are in template-workflows.test.ts.

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".github/workflows");

interface Job {
  permissions?: Record<string, string>;
  "timeout-minutes"?: number;
  strategy?: { matrix: Record<string, number[]> };
  steps: { uses?: string; run?: string }[];
}
const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), "utf8");
  return { file, text, ...(parse(text) as { permissions: object; jobs: Record<string, Job> }) };
});
const jobs = workflows.flatMap(({ file, jobs: all }) =>
  Object.entries(all).map(([name, job]) => ({ name: `${file} ${name}`, job })),
);
const steps = jobs.flatMap(({ job }) => job.steps);

test("each job has its own permissions and a time limit; only those that publish can write", () => {
  for (const { file, permissions } of workflows) assert.deepEqual(permissions, {}, file);
  for (const { name, job } of jobs) assert.ok(job.permissions && (job["timeout-minutes"] ?? 0) > 0, name);
  const writes = jobs.flatMap(({ name, job }) =>
    Object.entries(job.permissions ?? {}).flatMap(([what, right]) =>
      right === "read" ? [] : [`${name}: ${what}`],
    ),
  );
  assert.deepEqual(writes, ["release.yml npm: id-token", "release.yml github: contents"]);
});

test("actions are pinned, no expression is a part of a script, and a pull request gets no secret", () => {
  for (const { uses, run } of steps) {
    assert.doesNotMatch(run ?? "", /\$\{\{/);
    if (uses !== undefined) assert.match(uses, /^actions\/[a-z-]+@[0-9a-f]{40}$/);
  }
  for (const { file, text } of workflows) assert.doesNotMatch(text, /pull_request_target|secrets\./, file);
});

test("the jobs of the host tests are all parts", () => {
  const hosts = jobs.find(({ name }) => name === "check.yml hosts")?.job;
  const { shard = [] } = hosts?.strategy?.matrix ?? {};
  assert.ok(shard.length > 1);
  assert.deepEqual(
    shard,
    shard.map((_, at) => at + 1),
  );
  assert.match(hosts?.steps.at(-1)?.run ?? "", new RegExp(`SHARD="\\$SHARD/${shard.length}"`));
});

test("actionlint has nothing to say", { skip: withoutActionlint }, async () => {
  const files = workflows.map(({ file }) => join(folder, file));
  const lint = await execute([actionlint ?? "", "-no-color", ...files], { cwd: root, check: false });
  assert.deepEqual(lint, { code: 0, stdout: "", stderr: "" });
});
