import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { engineEnvironment } from "../../../tools/engine.ts";
import { execute } from "../../../tools/execute.ts";
import { type TestHost, createFleet } from "../../../tools/fleet/index.ts";
import { FakeGitHub } from "../../fake-github.ts";
import { FakeGitLab } from "../../fake-gitlab.ts";
import { GitServer } from "./git-server.ts";
import { GitLabRunner } from "./gitlab.ts";
import { Checkout, install } from "./project.ts";
import { Runner } from "./workflow.ts";

const passphrase = "correct horse";
/** Tokens for GitHub's jobs, for GitLab's project, and for GitLab's environment "drift". */
const tokens = { job: "token-of-the-job", comments: "token-that-comments", promotes: "token-that-promotes" };

export const bots = {
  github: "github-actions[bot]",
  comments: "project_42_bot_1",
  promotes: "project_42_bot_2",
};

/** The file that tests edit by hand on hosts. */
export const conf = "/etc/quadlet-fleet/www/conf.d/default.conf";

/** A new project with hosts, and runners for its workflows. The forges are fakes: a bare repository, and the answers of their APIs. */
export async function openWorkflows() {
  const fleet = await createFleet({ name: "workflows", hosts: 3 });
  after(() => fleet.dispose());
  const [staging, ...production] = fleet.hosts as [TestHost, TestHost, TestHost];
  const directory = mkdtempSync(join(tmpdir(), "quadlet-fleet-workflows-"));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const github = new FakeGitHub({ [tokens.job]: { name: bots.github, isJob: true } });
  const gitlab = new FakeGitLab({
    [tokens.comments]: { name: bots.comments },
    [tokens.promotes]: { name: bots.promotes },
  });
  const server = new GitServer(directory, [tokens.promotes]);
  const [githubUrl, gitlabUrl, serverUrl] = [
    await github.start(),
    await gitlab.start(),
    await server.start(),
  ];
  for (const one of [github, gitlab, server]) after(() => one[Symbol.asyncDispose]());

  const origin = join(directory, "acme/fleet.git");
  const project = join(directory, "my-fleet");
  const packages = join(directory, "node_modules");
  const {
    PULUMI_BACKEND_URL = "",
    PULUMI_CONFIG_PASSPHRASE: _,
    SSH_AUTH_SOCK: __,
    ...base
  } = engineEnvironment(directory);
  void [_, __];
  const env = Object.fromEntries(
    Object.entries(base).filter(([name]) => !/^(GITHUB_|GITLAB_|CI_|CI$|GCL_|SSH_)/.test(name)),
  );
  const key = readFileSync(fleet.identityFile, "utf8");
  const checkout = new Checkout(project);
  const { git, edit } = checkout;

  const onGitHub = new Runner({
    ...{ directory, origin, packages, token: tokens.job, repository: FakeGitHub.repository },
    env: { ...env, GITHUB_API_URL: githubUrl },
    vars: { PULUMI_BACKEND_URL, APPROVAL: "environment" },
    secrets: {
      "": { PULUMI_CONFIG_PASSPHRASE: passphrase },
      staging: { SSH_KEY: key },
      production: { SSH_KEY: key },
      drift: { SSH_KEY: key },
    },
  });
  const onGitLab = new GitLabRunner({
    ...{ directory, origin, url: `${serverUrl}/acme/fleet.git`, packages, env },
    variables: {
      CI_API_V4_URL: { "*": gitlabUrl },
      PULUMI_BACKEND_URL: { "*": PULUMI_BACKEND_URL },
      PULUMI_CONFIG_PASSPHRASE: { "*": passphrase },
      SSH_KEY: { staging: key, production: key, drift: key },
      GITLAB_TOKEN: { "*": tokens.comments, drift: tokens.promotes },
    },
  });

  /** An image of the registry by its digest, because a tag can be moved. */
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
    // A wait that the test does not need.
    edit("stacks/Pulumi.production.yaml", "minHealthyTime: 10", "minHealthyTime: 0");
    symlinkSync(packages, join(project, "node_modules"));
    const pulumi = {
      cwd: project,
      env: { ...base, PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE: passphrase },
    };
    for (const name of ["staging", "production"]) await execute(["pulumi", "stack", "init", name], pulumi);
    rmSync(join(project, "node_modules"));
    await git("init", "--quiet", "--initial-branch=main");
    await git("init", "--quiet", "--bare", "--initial-branch=main", origin);
    await git("remote", "add", "origin", origin);
  });

  return {
    ...{
      fleet,
      staging,
      production,
      project,
      checkout,
      github,
      gitlab,
      onGitHub,
      onGitLab,
      digestOf,
      byHand,
    },
    secrets: [...Object.values(tokens), passphrase, "PRIVATE KEY", key.split("\n")[2] ?? "PRIVATE KEY"],
  };
}

/** Edits files on hosts. @returns a function that undoes it and restores the times of the files */
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
