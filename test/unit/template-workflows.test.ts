import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { type Output, execute } from "../../tools/execute.ts";
import { actionlint, withoutActionlint } from "./actionlint.ts";

// The workflows of a new project: what the forges accept, and what must not be in them. test/hosts/workflows.test.ts runs them.

const root = join(import.meta.dirname, "../..");
const template = join(root, "template");
const folder = join(template, ".github/workflows");
const files = readdirSync(folder);
const read = (path: string) => readFileSync(join(template, path), "utf8");

interface Job {
  environment?: string;
  concurrency?: string;
  permissions?: Record<string, string>;
  "timeout-minutes"?: number;
  steps: Step[];
}
interface Step {
  name?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
}
const workflows = files.map((file) => ({
  file,
  ...(parse(read(`.github/workflows/${file}`)) as { permissions: object; jobs: Record<string, Job> }),
}));
const jobs = workflows.flatMap((workflow) => Object.values(workflow.jobs));
const action = parse(read(".github/actions/setup/action.yml")) as { runs: Pick<Job, "steps"> };
const steps = [...jobs, action.runs].flatMap((job) => job.steps);

test("there are the four, and examples/workflows is the same", () => {
  assert.deepEqual(files.toSorted(), ["deploy.yml", "drift.yml", "promote.yml", "review.yml"]);
  for (const name of [".github", ".gitlab-ci.yml"])
    assert.equal(realpathSync(join(root, "examples/workflows", name)), join(template, name));
});

test("each job has its own permissions and a time limit; nothing has more", () => {
  for (const { file, permissions } of workflows) assert.deepEqual(permissions, {}, file);
  for (const job of jobs) assert.ok(job.permissions && (job["timeout-minutes"] ?? 0) > 0);
  const writes = workflows.flatMap(({ file, jobs: all }) =>
    Object.entries(all).map(([name, { permissions = {} }]) => {
      const names = Object.keys(permissions).filter((one) => permissions[one] !== "read");
      return `${file} ${name}: ${names.join(", ")}`;
    }),
  );
  assert.deepEqual(writes.filter((text) => !text.endsWith(": ")).toSorted(), [
    "drift.yml drift: issues",
    "promote.yml promote: contents, pull-requests",
    "review.yml review: pull-requests",
  ]);
});

test("no text of others becomes a part of a script, and no secret is where it is not needed", () => {
  for (const { name, run, env = {}, uses } of steps) {
    assert.doesNotMatch(run ?? "", /\$\{\{/, name);
    // Without "--no", npx would get a package of this name from the registry if npm ci has not installed ours.
    assert.doesNotMatch(run ?? "", /npx (?!--no )/, name);
    if (uses !== undefined && !uses.startsWith("./")) assert.match(uses, /^actions\/[a-z-]+@[0-9a-f]{40}$/);
    // Only the steps that run Pulumi may have a key or a passphrase.
    if (Object.keys(env).some((one) => one.startsWith("PULUMI_")))
      assert.match(run ?? "", /quadlet-fleet|pulumi/);
  }
  for (const job of jobs) assert.ok(!("env" in job));
  for (const file of files) assert.doesNotMatch(read(`.github/workflows/${file}`), /pull_request_target/);
});

test("the workflow of a pull request has no key, and no environment that has one", () => {
  assert.doesNotMatch(read(".github/workflows/review.yml"), /SSH_KEY|ssh-key|environment:/);
});

test("GitLab runs the same commands", () => {
  const commands = (text: string) =>
    [...text.matchAll(/(?:npx --no quadlet-fleet|pulumi up|git (?:switch|commit|push|diff)).*/g)]
      .map(([command]) => command.replace(/ *(>>?|;).*$/, ""))
      .toSorted();
  const github = files.map((file) => read(`.github/workflows/${file}`)).join("\n");
  assert.ok(commands(github).length > 10);
  assert.deepEqual(commands(read(".gitlab-ci.yml")), commands(github));
});

test("what no runner of the tests has is the same on GitHub and GitLab: environments, queues, time limits of deploys", () => {
  const lab = parse(read(".gitlab-ci.yml")) as Record<string, Record<string, string>>;
  const hub = Object.assign({}, ...workflows.map((workflow) => workflow.jobs)) as Record<string, Job>;
  const names = ["drift", "production", "production-review", "promote", "review", "staging"];
  assert.deepEqual(Object.keys(hub).toSorted(), names);
  for (const name of names) {
    const { environment, resource_group: queue } = lab[name] ?? {};
    assert.deepEqual([hub[name]?.environment, hub[name]?.concurrency], [environment, queue], name);
  }
  for (const name of ["staging", "production"])
    assert.deepEqual([hub[name]?.["timeout-minutes"], lab[name]?.timeout], [120, "2 hours"]);
});

test("the review of an older push can't replace that of a newer one", () => {
  const { concurrency } = parse(read(".github/workflows/review.yml")) as { concurrency: object };
  assert.deepEqual(concurrency, { group: "review-${{ github.ref }}", "cancel-in-progress": true });
  const lab = parse(read(".gitlab-ci.yml")) as Record<string, { interruptible?: boolean }>;
  assert.deepEqual(
    Object.keys(lab).filter((name) => lab[name]?.interruptible),
    ["review"],
  );
});

test("README.md of a project has each secret and each variable", () => {
  const texts = [...files.map((file) => `.github/workflows/${file}`), ".gitlab-ci.yml"].map(read).join("\n");
  const names = [...texts.matchAll(/\b(?:secrets|vars)\.(\w+)|\$(GITLAB_TOKEN|JOB|SSH_KEY)\b/g)].map(
    ([, one, other]) => one ?? other ?? "",
  );
  const readme = read("README.md");
  for (const name of new Set(names)) assert.ok(readme.includes(`\`${name}\``), name);
});

/** A repository with the workflows. */
const repository = mkdtempSync(join(tmpdir(), "workflows-"));
after(() => rmSync(repository, { recursive: true }));
before(async () => {
  for (const name of [".github", ".gitlab-ci.yml"])
    cpSync(join(template, name), join(repository, name), { recursive: true });
  const git = (...argv: string[]) =>
    execute(["git", "-c", "user.name=a", "-c", "user.email=a@b", ...argv], { cwd: repository });
  await git("init", "--quiet", "--initial-branch=main");
  await git("remote", "add", "origin", "git@gitlab.example:acme/fleet.git");
  await git("commit", "--quiet", "--allow-empty", "--message", "Begin");
});

/** Runs an action while a file of the repository has another text. */
async function changed(
  file: string,
  from: string,
  to: string,
  action: () => Promise<Output>,
): Promise<Output> {
  const path = join(repository, file);
  const text = readFileSync(path, "utf8");
  assert.ok(text.includes(from));
  writeFileSync(path, text.replace(from, to));
  try {
    return await action();
  } finally {
    writeFileSync(path, text);
  }
}

describe("actionlint", { skip: withoutActionlint }, () => {
  const lint = () => execute([actionlint ?? "", "-no-color"], { cwd: repository, check: false });

  test("it has nothing to say", async () =>
    assert.deepEqual(await lint(), { code: 0, stdout: "", stderr: "" }));

  for (const [from, to, says] of [
    ["needs: production-review\n", "needs: reviews\n", /does not exist in "needs"|needs job "reviews"/],
    ["steps.review.outputs.changes", "steps.preview.outputs.changes", /property "preview" is not defined/],
    ['--approved "$APPROVED"', "--approved $APPROVED", /SC2086/],
    ["ssh-key: $", "ssh-kee: $", /input "ssh-kee" is not defined/],
  ] as const)
    test(`it finds ${JSON.stringify(to)}`, async () => {
      const { code, stdout } = await changed(".github/workflows/deploy.yml", from, to, lint);
      assert.equal(code, 1);
      assert.match(stdout, says);
    });
});

const labLint = () =>
  execute([process.execPath, join(root, "node_modules/gitlab-ci-local/dist/index.js"), "--list-all"], {
    cwd: repository,
    check: false,
  });

describe("GitLab's schema, as gitlab-ci-local has it", () => {
  test("it accepts the file, and production waits", async () => {
    const { code, stdout, stderr } = await labLint();
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^production +approved +manual +false +production +\[production-review\]/m);
  });

  test("it finds a key that is not known", async () => {
    const { code, stderr } = await changed(
      ".gitlab-ci.yml",
      "resource_group: production",
      "group: production",
      labLint,
    );
    assert.equal(code, 1);
    assert.match(stderr, /'group' property is not expected to be here at production/);
  });
});

test("the lines of docs/state.md give each region the jobs of production", async () => {
  const [, lines = ""] =
    /```sh\n(for file in [^]*?)```/.exec(readFileSync(join(root, "docs/state.md"), "utf8")) ?? [];
  const kept = join(repository, "kept");
  const paths = [".github", ".gitlab-ci.yml"];
  const copy = (from: string, to: string) => {
    for (const path of paths) cpSync(join(from, path), join(to, path), { recursive: true });
  };
  copy(repository, kept);
  try {
    await execute(["bash", "-euc", lines], { cwd: repository });
    const text = (path: string) => readFileSync(join(repository, path), "utf8");
    const deploy = parse(text(".github/workflows/deploy.yml")) as { jobs: Record<string, Job> };
    const regions = ["eu", "us"].flatMap((one) => [`production-${one}-review`, `production-${one}`]);
    assert.deepEqual(Object.keys(deploy.jobs), ["staging", ...regions]);
    const { stdout } = await labLint();
    for (const region of ["production-eu", "production-us"]) {
      assert.equal(deploy.jobs[region]?.environment, region);
      assert.equal(deploy.jobs[region].concurrency, region);
      const deploys = `npx --no quadlet-fleet up --stack ${region} --approved "$APPROVED"`;
      assert.equal(deploy.jobs[region].steps.at(-1)?.run, deploys);
      assert.ok(text(".gitlab-ci.yml").includes(`  environment: ${region}\n  resource_group: ${region}\n`));
      assert.ok(text(".gitlab-ci.yml").includes(`    - ${deploys}\n`));
      assert.match(
        stdout,
        new RegExp(`^${region} +approved +manual +false +${region} +\\[${region}-review\\]`, "m"),
      );
      for (const job of ["review", "drift"]) {
        assert.match(text(`.github/workflows/${job}.yml`), new RegExp(`stack: \\[staging,.* ${region}\\b`));
        assert.match(stdout, new RegExp(`^${job}: \\[${region}\\]`, "m"));
      }
      for (const file of [".github/workflows/promote.yml", ".gitlab-ci.yml"])
        assert.match(text(file), new RegExp(`quadlet-fleet promote staging ${region} >+promotion\\.md\\n`));
    }
    for (const path of [".github/workflows/deploy.yml", ".gitlab-ci.yml"])
      assert.doesNotMatch(text(path), /--stack production\b(?!-)/);
    if (actionlint !== undefined)
      assert.deepEqual(await execute([actionlint, "-no-color"], { cwd: repository, check: false }), {
        code: 0,
        stdout: "",
        stderr: "",
      });
  } finally {
    copy(kept, repository);
    rmSync(kept, { recursive: true });
  }
});
