import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { engineEnvironment } from "../../tools/engine.ts";
import { execute } from "../../tools/execute.ts";
import { type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { FakeGitHub } from "../fake-github.ts";
import { get } from "./support/stack.ts";
import { Checkout, install } from "./support/project.ts";
import { type JobResult, Runner } from "./support/workflow.ts";

// The workflows of a new project, step by step on real hosts: from a pull request to production, and back to hosts that differ.
// The forge is a fake: a bare repository, and what its API answers.

const bot = "github-actions[bot]";
const token = "token-of-the-job";
const passphrase = "correct horse";

const fleet = await createFleet({ name: "workflows", hosts: 3 });
after(() => fleet.dispose());
const [staging, ...production] = fleet.hosts as [TestHost, TestHost, TestHost];
const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-workflows-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const forge = new FakeGitHub({ [token]: { name: bot, isJob: true } });
const api = await forge.start();
after(() => forge[Symbol.asyncDispose]());

const origin = join(directory, "origin.git");
const project = join(directory, "my-fleet");
const packages = join(directory, "node_modules");
const {
  PULUMI_BACKEND_URL = "",
  PULUMI_CONFIG_PASSPHRASE: _,
  SSH_AUTH_SOCK: __,
  ...base
} = engineEnvironment(directory);
void [_, __];
const env = Object.fromEntries(Object.entries(base).filter(([name]) => !/^(GITHUB_|CI$|SSH_)/.test(name)));
const key = readFileSync(fleet.identityFile, "utf8");
const runner = new Runner({
  ...{ directory, origin, packages, token, repository: FakeGitHub.repository },
  env: { ...env, GITHUB_API_URL: api },
  vars: { PULUMI_BACKEND_URL, APPROVAL: "environment" },
  secrets: {
    "": { PULUMI_CONFIG_PASSPHRASE: passphrase },
    staging: { SSH_KEY: key },
    production: { SSH_KEY: key },
    drift: { SSH_KEY: key },
  },
});

const { git, push, merge, edit } = new Checkout(project);

/** Runs the workflow of a pull request. */
const review = (number: number, commit: string, only: string[] = ["production"]) =>
  runner.run(
    "review",
    { ref: `refs/pull/${number}/merge`, commit, from: FakeGitHub.repository },
    { only: { stack: only } },
  );
const deploy = (
  commit: string,
  before?: (environment: string) => Promise<unknown>,
  earlier?: readonly JobResult[],
) => runner.run("deploy", { ref: "refs/heads/main", commit }, { before, earlier });
const main = async () => ({ ref: "refs/heads/main", commit: await git("rev-parse", "origin/main") });

const statuses = (results: readonly JobResult[]) =>
  results.map(({ job, status }) => `${job}: ${status}`).join(", ");
const logs = (results: readonly JobResult[]) => results.map(({ log }) => log).join("\n");
/** Edits files on hosts. @returns what takes it back, with the times of the files */
async function byHand(
  hosts: readonly TestHost[],
  ...files: string[]
): Promise<(of?: readonly TestHost[]) => Promise<void>> {
  const each = (command: string) => files.map((file) => command.replaceAll("FILE", file)).join(" && ");
  for (const host of hosts) await host.sh(each("cp -a FILE FILE.kept && echo '# by hand' >>FILE"));
  return async (of = hosts) => {
    for (const host of of) await host.sh(each("mv FILE.kept FILE"));
  };
}
const conf = "/etc/quadlet-fleet/www/conf.d/default.conf";
const page = async (host: TestHost) => (await get(fleet, `http://${host.address}/`)).body;
const versionOn = async (host: TestHost) =>
  (await host.run(["podman", "exec", "systemd-www", "cat", "/etc/image-version"])).stdout.trim();

/** The images of the registry by their digests: what a tag stands for may change. */
async function digestOf(tag: string): Promise<string> {
  const { stdout } = await fleet.client([
    ...["curl", "--silent", "--fail", "--head"],
    ...[
      "--header",
      "Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json",
    ],
    `http://${fleet.gateway}:5000/v2/library/nginx/manifests/${tag}`,
  ]);
  const [, digest = ""] = /^docker-content-digest: (\S+)/im.exec(stdout) ?? [];
  assert.match(digest, /^sha256:/);
  return `docker.io/library/nginx@${digest}`;
}

before(async () => {
  const installed = await install(packages, base);
  const newProject = [process.execPath, join(installed, "dist/cli/main.js"), "new", project];
  await execute(newProject, { env: base });
  const host = ({ name, address, hostKey }: TestHost) =>
    `${name}: { address: ${address}, user: root, hostKey: ${hostKey}, labels: { role: web } }\n`;
  writeFileSync(join(project, "hosts/staging.yaml"), host(staging));
  writeFileSync(join(project, "hosts/production.yaml"), production.map(host).join(""));
  for (const name of ["staging", "production"])
    edit(`stacks/Pulumi.${name}.yaml`, /docker.io\S+nginx:1\.29/, await digestOf("1"));
  // Time that the test does not need.
  edit("stacks/Pulumi.production.yaml", "minHealthyTime: 10", "minHealthyTime: 0");
  symlinkSync(packages, join(project, "node_modules"));
  const pulumi = { cwd: project, env: { ...base, PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE: passphrase } };
  for (const name of ["staging", "production"]) await execute(["pulumi", "stack", "init", name], pulumi);
  rmSync(join(project, "node_modules"));
  await git("init", "--quiet", "--initial-branch=main");
  await git("init", "--quiet", "--bare", "--initial-branch=main", origin);
  await git("remote", "add", "origin", origin);
});

test("the first deploy: staging, then a review of production; without an environment that waits, a run with its token", async () => {
  const careless = new Runner({ ...runner.options, vars: { PULUMI_BACKEND_URL } });
  const event = { ref: "refs/heads/main", commit: await push("main", "Begin") };
  const results = await careless.run("deploy", event);
  assert.equal(statuses(results), "staging: success, review: success, production: skipped", logs(results));
  const { summary = "", outputs = {} } = results[1] ?? {};
  const { approved = "" } = outputs;
  assert.ok(approved !== "" && summary.includes(approved));
  assert.equal(await page(staging), "hello\n");
  for (const host of production) assert.equal(await page(host), "");
  // Staging has it already.
  const again = await careless.run(
    "deploy",
    { ...event, inputs: { approved } },
    { earlier: results.slice(0, 1) },
  );
  assert.equal(statuses(again), "staging: success, review: success, production: success", logs(again));
  for (const host of production) assert.equal(await page(host), "hello\n");
  // The time limit of the job is above the longest time of its rollout, which the review says.
  const [, minutes = ""] = /\| (\d+) min \|/.exec(summary) ?? [];
  const { jobs } = parse(readFileSync(join(project, ".github/workflows/deploy.yml"), "utf8")) as {
    jobs: Record<string, { "timeout-minutes": number }>;
  };
  assert.ok(Number(minutes) > 0 && Number(minutes) < (jobs.production?.["timeout-minutes"] ?? 0), minutes);
});

test("a refused review: a restart on more hosts than allowed; the same comment when it is mended", async () => {
  await git("switch", "--quiet", "--create", "change");
  edit("stacks/base.yaml", "network: none", "network: host");
  const mark = "<!-- quadlet-fleet: review of production -->";
  forge.keep(forge.comments, "mallory", { of: 1, body: `${mark}\nlooks good` });
  const refused = await review(1, await push("change", "Use the network of the host"));
  assert.deepEqual(refused[0]?.steps, { Review: 3, Comment: 0 }, logs(refused));
  assert.equal(statuses(refused), "review: failure");
  const ours = () => forge.comments.filter(({ author }) => author === bot);
  assert.match(ours()[0]?.body ?? "", /^❌ restarts on 2 of 2 hosts, and 1 are allowed/m);

  edit("stacks/base.yaml", "network: host", "network: none");
  edit("stacks/Pulumi.staging.yaml", /docker.io\/library\/nginx@sha256:\w+/, await digestOf("2"));
  const mended = await review(1, await push("change", "Try the next nginx"), ["staging", "production"]);
  assert.equal(statuses(mended), "review: success, review: success", logs(mended));
  assert.deepEqual(
    ours().map(({ body }) => body.split("\n", 2)),
    [
      [mark, "## production: no changes"],
      ["<!-- quadlet-fleet: review of staging -->", "## staging: 1 site changes (1 × hands over)"],
    ],
  );
  assert.deepEqual(
    forge.comments.filter(({ author }) => author === "mallory").map(({ body }) => body),
    [`${mark}\nlooks good`],
  );
  // No key: it can't have asked a host.
  assert.ok(!logs([...refused, ...mended]).includes("Agent pid"));
});

test("a pull request of a fork gets no review, as it gets no secrets", async () => {
  const event = { ref: "refs/pull/2/merge", commit: await git("rev-parse", "HEAD"), from: "mallory/fleet" };
  assert.equal(statuses(await runner.run("review", event)), "review: skipped, review: skipped");
});

test("merged: staging has it, and production is not asked for what does not change there", async () => {
  const results = await deploy(await merge("change"));
  assert.equal(statuses(results), "staging: success, review: success, production: skipped", logs(results));
  assert.equal(await versionOn(staging), "2");
  assert.equal(await versionOn(production[0]), "1");
});

test("a promotion: a pull request of one line, opened once; not while staging differs", async () => {
  const undo = await byHand([staging], conf);
  const refused = await runner.run("promote", await main());
  assert.deepEqual(refused[0]?.steps, { Key: 0, Promote: 3 }, logs(refused));
  assert.match(
    logs(refused),
    /staging differs from what was deployed[^]*edited: \/etc\/quadlet-fleet\/www\/conf.d\/default.conf/,
  );
  await undo();
  assert.equal(forge.pulls.length, 0);
  const tips = [];
  for (const time of ["first", "second"]) {
    const results = await runner.run("promote", await main());
    assert.equal(statuses(results), "promote: success", `${time}\n${logs(results)}`);
    await git("fetch", "--quiet");
    tips.push(await git("rev-parse", "origin/promote-production"));
  }
  assert.equal(tips[0], tips[1]);
  assert.equal(forge.pulls.length, 1);
  const [pull] = forge.pulls;
  assert.deepEqual(
    [pull?.head, pull?.base, pull?.title],
    ["promote-production", "main", "Promote staging to production"],
  );
  assert.match(
    pull?.body ?? "",
    /^\| sites\.www\.image \| docker\.io\/library\/nginx\\@\u200bsha256:\w{64} \|/m,
  );
  assert.equal(
    await git("diff", "--numstat", "origin/main", "origin/promote-production"),
    "1\t1\tstacks/Pulumi.production.yaml",
  );
});

test("promoted: reviewed, merged, refused as something has changed after the approval, and then deployed", async () => {
  const results = await review(3, await git("rev-parse", "origin/promote-production"));
  assert.equal(statuses(results), "review: success", logs(results));
  assert.match(forge.comments.at(-1)?.body ?? "", /## production: 1 site changes \(1 × hands over\)/);
  const commit = await merge("promote-production");
  let undo = () => Promise.resolve();
  const refused = await deploy(commit, async (environment) => {
    if (environment === "production") undo = await byHand(production.slice(0, 1), conf);
  });
  assert.equal(statuses(refused), "staging: success, review: success, production: failure", logs(refused));
  assert.deepEqual(refused[2]?.steps, { Key: 0, Deploy: 3 });
  assert.match(refused[2]?.log ?? "", /Nothing was changed, as this is not what was approved/);
  for (const host of production) assert.equal(await versionOn(host), "1");
  await undo();
  // The job that has failed runs again, with the same approval: everything is as it was then.
  const deployed = await deploy(commit, undefined, refused);
  assert.equal(statuses(deployed), "staging: success, review: success, production: success", logs(deployed));
  for (const host of production) assert.equal(await versionOn(host), "2");
});

test("drift: an issue is opened, gets another text, and is closed", async () => {
  const event = await main();
  const drift = async () => {
    const results = await runner.run("drift", event, { only: { stack: ["production"] } });
    assert.equal(statuses(results), "drift: success", logs(results));
    return forge.issues.map(({ title, body, isOpen }) => ({
      ...{ title, isOpen },
      lines: body.split("\n").filter((text) => text.startsWith("- ")),
    }));
  };
  assert.deepEqual(await drift(), []);
  const files = [conf, "/etc/containers/systemd/www.container", "/etc/systemd/system/www.socket"];
  const undo = await byHand(production, ...files);
  const lines = files.map((file) => `- **www** edited: ${file} on workflows-\\[2-3\\] (2 hosts)`).sort();
  const issue = { title: "Drift of production", isOpen: true, lines };
  assert.deepEqual(await drift(), [issue]);
  const [first, second] = production;
  await undo([second]);
  const fewer = lines.map((text) => text.replace("workflows-\\[2-3\\] (2 hosts)", "workflows-2"));
  assert.deepEqual(await drift(), [{ ...issue, lines: fewer }]);
  await undo([first]);
  assert.deepEqual(await drift(), [{ ...issue, isOpen: false, lines: fewer }]);
});

test("no log, no comment and no issue has a secret", () => {
  const said = [
    ...runner.said,
    ...[...forge.comments, ...forge.issues, ...forge.pulls].map(({ body }) => body),
  ];
  assert.ok(said.length > 20);
  for (const secret of [token, passphrase, "PRIVATE KEY", key.split("\n")[2] ?? "PRIVATE KEY"])
    assert.deepEqual(
      said.filter((text) => text.includes(secret)),
      [],
    );
});
