import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import type { TestHost } from "../../tools/fleet/index.ts";
import type { FakeForge, Kept } from "../fake-forge.ts";
import { FakeGitHub } from "../fake-github.ts";
import { FakeGitLab } from "../fake-gitlab.ts";
import { GitLabRunner } from "./support/gitlab.ts";
import { get } from "./support/stack.ts";
import { bots, conf, openWorkflows } from "./support/workflow-scene.ts";
import { type JobResult, Runner } from "./support/workflow.ts";

// The workflows of a new project, step by step on real hosts: from a pull request to production, and back from drift. One fleet has
// them on GitHub and on GitLab, because their commands are the same (unit/template-workflows): each job runs on both.

const scene = await openWorkflows();
const { fleet, staging, production, github, gitlab, onGitHub, onGitLab, digestOf, byHand } = scene;
const { git, push, merge, edit } = scene.checkout;

/** Runs the workflow of a pull request. */
const review = (commit: string, ...stack: string[]) =>
  onGitHub.run(
    "review",
    { ref: "refs/pull/1/merge", commit, from: FakeGitHub.repository },
    { only: { stack } },
  );
const main = async () => ({ ref: "refs/heads/main", commit: await git("rev-parse", "origin/main") });

/** The variables that GitLab gives to the jobs of a merge request, of a push and of a schedule. */
const id = FakeGitLab.project;
const mergeRequest = {
  ...{ CI_PIPELINE_SOURCE: "merge_request_event", CI_MERGE_REQUEST_IID: "1", CI_PROJECT_ID: id },
  ...{ CI_MERGE_REQUEST_PROJECT_ID: id, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: id },
};
const pushed = { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "main", CI_PROJECT_ID: id };
const scheduled = (job: string) => ({ ...pushed, CI_PIPELINE_SOURCE: "schedule", JOB: job });

/** For a run on GitHub after GitLab's pipeline, which has deployed to staging. */
const stagingIsDone: JobResult = {
  ...{ job: "staging", status: "success", steps: {}, outputs: {}, log: "", summary: "" },
};

const statuses = (results: readonly JobResult[]) =>
  results.map(({ job, status }) => `${job}: ${status}`).join(", ");
const logs = (results: readonly JobResult[]) => results.map(({ log }) => log).join("\n");
const page = async (host: TestHost) => (await get(fleet, `http://${host.address}/`)).body;
const versionOn = async (host: TestHost) =>
  (await host.run(["podman", "exec", "systemd-www", "cat", "/etc/image-version"])).stdout.trim();

test("GitHub, the first deploy: staging, a review of production, and production if its environment waits for a person", async () => {
  const { PULUMI_BACKEND_URL = "" } = onGitHub.options.vars;
  const careless = new Runner({ ...onGitHub.options, vars: { PULUMI_BACKEND_URL } });
  const event = { ref: "refs/heads/main", commit: await push("main", "Begin") };
  const results = await careless.run("deploy", event);
  assert.equal(
    statuses(results),
    "staging: success, production-review: success, production: skipped",
    logs(results),
  );
  const { summary = "", outputs = {} } = results[1] ?? {};
  assert.ok(outputs.approved && summary.includes(outputs.approved));
  assert.equal(await page(staging), "hello\n");
  for (const host of production) assert.equal(await page(host), "");
  const [, , deployed] = await onGitHub.run("deploy", event, { earlier: results });
  assert.equal(deployed?.status, "success", deployed?.log);
  for (const host of production) assert.equal(await page(host), "hello\n");
  // The time limit of the job is longer than the longest time of its rollout, which the review states.
  const [, minutes = ""] = /\| (\d+) min \|/.exec(summary) ?? [];
  const { jobs } = parse(readFileSync(join(scene.project, ".github/workflows/deploy.yml"), "utf8")) as {
    jobs: Record<string, { "timeout-minutes": number }>;
  };
  assert.ok(Number(minutes) > 0 && Number(minutes) < (jobs.production?.["timeout-minutes"] ?? 0), minutes);
  onGitHub.said.push(...careless.said);
});

test("a refused review: a restart on more hosts than allowed; the same comment when it is mended", async () => {
  await git("switch", "--quiet", "--create", "change");
  edit("stacks/base.yaml", "network: none", "network: host");
  const mark = "<!-- quadlet-fleet: review of production -->";
  for (const forge of [github, gitlab])
    forge.keep(forge.comments, "mallory", { of: 1, body: `${mark}\nlooks good` });
  const refusedCommit = await push("change", "Use the network of the host");
  const refused = await review(refusedCommit, "production");
  assert.deepEqual(refused[0]?.steps, { Review: 3, Comment: 0 }, logs(refused));
  assert.equal(statuses(refused), "review: failure");
  const job = "review: [production]";
  const onLab = await (await onGitLab.pipeline(refusedCommit, mergeRequest)).start(job);
  assert.deepEqual(onLab.jobs, { [job]: "failed" }, onLab.log);
  const of = (list: readonly Kept[], name: string) => list.filter(({ author }) => author === name);
  const ours = () => [of(github.comments, bots.github), of(gitlab.comments, bots.comments)];
  const numbers = ours().map((list) => list[0]?.number);
  for (const [first, ...rest] of ours()) {
    assert.match(first?.body ?? "", /^❌ restarts on 2 of 2 hosts, and 1 are allowed/m);
    assert.deepEqual(rest, []);
  }

  edit("stacks/base.yaml", "network: host", "network: none");
  edit("stacks/Pulumi.staging.yaml", /docker.io\/library\/nginx@sha256:\w+/, await digestOf("2"));
  const commit = await push("change", "Try the next nginx");
  const mended = await review(commit, "production");
  assert.equal(statuses(mended), "review: success", logs(mended));
  const labMended = await (await onGitLab.pipeline(commit, mergeRequest)).run();
  assert.deepEqual(labMended.jobs, { "review: [staging]": "success", [job]: "success" }, labMended.log);
  const production = [mark, "## production: no changes"];
  const others = ["<!-- quadlet-fleet: review of staging -->", "## staging: 1 site changes (1 × hands over)"];
  const begins = ours().map((list) => list.map(({ body }) => body.split("\n", 2)));
  assert.deepEqual(begins, [[production], [production, others]]);
  assert.deepEqual(
    ours().map((list) => list[0]?.number),
    numbers,
  );
  for (const { comments } of [github, gitlab])
    assert.deepEqual(
      of(comments, "mallory").map(({ body }) => body),
      [`${mark}\nlooks good`],
    );
  // Without a key, it can't have contacted a host.
  for (const log of [logs([...refused, ...mended]), onLab.log, labMended.log])
    assert.ok(!log.includes("Agent pid"));
});

test("a pull request of a fork gets no review, as it gets no secrets", async () => {
  const commit = await git("rev-parse", "HEAD");
  const event = { ref: "refs/pull/2/merge", commit, from: "mallory/fleet" };
  assert.equal(statuses(await onGitHub.run("review", event)), "review: skipped, review: skipped");
  // On GitLab, the pipeline belongs to the fork, unless a member of this project starts it here.
  for (const where of ["43", id]) {
    const fork = { ...mergeRequest, CI_PROJECT_ID: where, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "43" };
    const { jobs, log } = await (await onGitLab.pipeline(commit, fork)).run();
    assert.deepEqual(jobs, {}, log);
  }
});

test("GitLab: a comment that can't be posted fails the job of the review", async () => {
  const directory = join(scene.project, "../stand-ins");
  mkdirSync(directory);
  writeFileSync(join(directory, "npx"), '#!/bin/sh\n[ "$3" != post ]\n', { mode: 0o755 });
  const env = { ...onGitLab.options.env, PATH: `${directory}:${onGitLab.options.env.PATH}` };
  const runner = new GitLabRunner({ ...onGitLab.options, directory, env });
  const pipeline = await runner.pipeline(await git("rev-parse", "HEAD"), mergeRequest);
  const job = "review: [production]";
  const { jobs, log } = await pipeline.start(job);
  assert.deepEqual(jobs, { [job]: "failed" }, log);
});

test("merged: staging has it, and production is not asked for what does not change there", async () => {
  const commit = await merge("change");
  // Even if a person starts production at once, it runs after staging, and not if staging fails.
  const broken = await onGitLab.pipeline(commit, { ...pushed, SSH_KEY: "no key" });
  const failed = await broken.run("production");
  assert.deepEqual(failed.jobs, { staging: "failed" }, failed.log);
  const results = await (await onGitLab.pipeline(commit, pushed)).run();
  assert.deepEqual(results.jobs, { staging: "success", "production-review": "success" }, results.log);
  assert.match(results.log, /## production: no changes/);
  assert.equal(await versionOn(staging), "2");
  assert.equal(await versionOn(production[0]), "1");
  const onHub = await onGitHub.run("deploy", await main(), { earlier: [stagingIsDone] });
  assert.equal(
    statuses(onHub),
    "staging: success, production-review: success, production: skipped",
    logs(onHub),
  );
});

test("a promotion: a pull request of one line, opened once; not while staging differs", async () => {
  const undo = await byHand([staging], conf);
  const refused = await onGitHub.run("promote", await main());
  assert.deepEqual(refused[0]?.steps, { Key: 0, Promote: 3 }, logs(refused));
  assert.match(
    logs(refused),
    /staging differs from what was deployed[^]*edited: \/etc\/quadlet-fleet\/www\/conf.d\/default.conf/,
  );
  await undo();
  assert.equal(github.pulls.length, 0);
  const results = await onGitHub.run("promote", await main());
  assert.equal(statuses(results), "promote: success", logs(results));
  await git("fetch", "--quiet");
  const tip = await git("rev-parse", "origin/promote-production");
  const { commit } = await main();
  // GitLab's job pushes the same commit again, with its token.
  await git("push", "--quiet", "origin", ":promote-production");
  const { jobs, log } = await (await onGitLab.pipeline(commit, scheduled("promote"))).run();
  assert.deepEqual(jobs, { promote: "success" }, log);
  await git("fetch", "--quiet");
  assert.equal(await git("rev-parse", "origin/promote-production"), tip);
  for (const { pulls } of [github, gitlab]) {
    assert.equal(pulls.length, 1);
    const [pull] = pulls;
    assert.deepEqual(
      [pull?.head, pull?.base, pull?.title],
      ["promote-production", "main", "Promote staging to production"],
    );
    assert.match(
      pull?.body ?? "",
      /^\| sites\.www\.image \| docker\.io\/library\/nginx\\@\u200bsha256:\w{64} \|/m,
    );
  }
  assert.equal(
    await git("diff", "--numstat", "origin/main", "origin/promote-production"),
    "1\t1\tstacks/Pulumi.production.yaml",
  );
});

test("promoted: merged, refused as something has changed after the approval, and then deployed", async () => {
  const commit = await merge("promote-production");
  const pipeline = await onGitLab.pipeline(commit, pushed);
  const { jobs, log } = await pipeline.run();
  assert.deepEqual(jobs, { staging: "success", "production-review": "success" }, log);
  assert.match(log, /## production: 1 site changes \(1 × hands over\)/);
  const [, approved = ""] = /Approval: `(qf1\.\S+)`/.exec(log) ?? [];
  const undo = await byHand(production.slice(0, 1), conf);
  const refused = await pipeline.start("production");
  assert.deepEqual(refused.jobs, { production: "failed" }, refused.log);
  // The approval is also valid on GitHub, where it is given by hand.
  const event = { ...(await main()), inputs: { approved } };
  const byToken = await onGitHub.run("deploy", event, { earlier: [stagingIsDone] });
  assert.deepEqual(byToken[2]?.steps, { Key: 0, Deploy: 3 }, logs(byToken));
  for (const text of [refused.log, logs(byToken)]) {
    assert.match(text, /Nothing was changed, as this is not what was approved/);
    assert.match(text, /drift on workflows-2: [^\n]*edited: \/etc\/quadlet-fleet\/www\/conf.d\/default.conf/);
  }
  for (const host of production) assert.equal(await versionOn(host), "1");
  await undo();
  // The failed job runs again, with the same approval: everything is as it was then.
  const deployed = await pipeline.start("production");
  assert.deepEqual(deployed.jobs, { production: "success" }, deployed.log);
  for (const host of production) assert.equal(await versionOn(host), "2");
});

test("drift: an issue is opened, gets another text, and is closed", async () => {
  const { commit } = await main();
  const job = "drift: [production]";
  const issuesOf = ({ issues }: FakeForge) =>
    issues.map(({ title, body, isOpen }) => ({
      ...{ title, isOpen },
      lines: body.split("\n").filter((text) => text.startsWith("- ")),
    }));
  const lab = async () => {
    const { jobs, log } = await (await onGitLab.pipeline(commit, scheduled("drift"))).start(job);
    assert.deepEqual(jobs, { [job]: "success" }, log);
    return issuesOf(gitlab);
  };
  const hub = async () => {
    const results = await onGitHub.run("drift", await main(), { only: { stack: ["production"] } });
    assert.equal(statuses(results), "drift: success", logs(results));
    return issuesOf(github);
  };
  assert.deepEqual(await lab(), []);
  const files = [conf, "/etc/containers/systemd/www.container", "/etc/systemd/system/www.socket"];
  const undo = await byHand(production, ...files);
  const lines = files.map((file) => `- **www** edited: ${file} on workflows-\\[2-3\\] (2 hosts)`).sort();
  const issue = { title: "Drift of production", isOpen: true, lines };
  assert.deepEqual(await lab(), [issue]);
  assert.deepEqual(await hub(), [issue]);
  const [first, second] = production;
  await undo([second]);
  const fewer = lines.map((text) => text.replace("workflows-\\[2-3\\] (2 hosts)", "workflows-2"));
  assert.deepEqual(await lab(), [{ ...issue, lines: fewer }]);
  await undo([first]);
  assert.deepEqual(await lab(), [{ ...issue, isOpen: false, lines: fewer }]);
  assert.deepEqual(await hub(), [{ ...issue, isOpen: false }]);
});

test("no log, no artifact, no comment and no issue has a secret", () => {
  const posts = [github, gitlab].flatMap(({ comments, issues, pulls }) => [...comments, ...issues, ...pulls]);
  const said = [...onGitHub.said, ...onGitLab.said, ...posts.map(({ body }) => body)];
  assert.ok(said.length > 40 && onGitLab.said.some((text) => text.startsWith("APPROVED=qf1.")));
  for (const secret of scene.secrets)
    assert.deepEqual(
      said.filter((text) => text.includes(secret)),
      [],
    );
});
