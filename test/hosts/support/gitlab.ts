import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { execute } from "../../../tools/execute.ts";

const local = join(import.meta.dirname, "../../../node_modules/gitlab-ci-local/dist/index.js");

export interface GitLabOptions {
  /** The directory for checkouts and files of jobs. */
  readonly directory: string;
  /** The bare repository. */
  readonly origin: string;
  /** The URL from which jobs fetch it and to which they push. */
  readonly url: string;
  readonly packages: string;
  /** The environment of each job, besides its variables. */
  readonly env: Record<string, string>;
  /** The variables of the project, by environment; "*" for all jobs. */
  readonly variables: Record<string, Record<string, string>>;
}

export interface JobsResult {
  /** The jobs that have run, by name: "success" or "failed". */
  readonly jobs: Readonly<Record<string, string>>;
  /** Everything that they have printed. */
  readonly log: string;
}

/**
 * Runs pipelines of .gitlab-ci.yml here by gitlab-ci-local, each job by bash in its own directory. It decides by `rules`, `stages`, `needs`
 * and `parallel`, and hands over artifacts. The checkout is a clone, `npm ci` links the packages, and Node and Pulumi are there. `image`,
 * `timeout` and `resource_group` have no effect.
 */
export class GitLabRunner {
  readonly options: GitLabOptions;
  /** The output of all jobs, and their artifacts. */
  readonly said: string[] = [];

  constructor(options: GitLabOptions) {
    this.options = options;
    mkdirSync(join(options.directory, "bin"));
    const npm = `#!/bin/sh\n[ "$*" = ci ] && exec ln -s '${options.packages}' node_modules\n`;
    writeFileSync(join(options.directory, "bin/npm"), npm, { mode: 0o755 });
    const values = Object.entries(options.variables).map(([name, byEnvironment]) => [
      name,
      { type: "variable", values: byEnvironment },
    ]);
    writeFileSync(this.#variables, stringify(Object.fromEntries(values)), { mode: 0o600 });
  }

  get #variables(): string {
    return join(this.options.directory, "variables.yml");
  }

  /** @param variables of the pipeline, which override those of the project */
  async pipeline(commit: string, variables: Record<string, string>): Promise<Pipeline> {
    const { directory, origin, url, env } = this.options;
    const at = mkdtempSync(join(directory, "pipeline-"));
    const checkout = join(at, "checkout");
    mkdirSync(join(at, "home"));
    await execute(["git", "clone", "--quiet", origin, checkout]);
    const git = ["git", "-C", checkout];
    await execute([...git, "checkout", "--quiet", "--detach", commit]);
    // The URL of a checkout has the job's own token, which may not push.
    await execute([
      ...git,
      "remote",
      "set-url",
      "origin",
      url.replace("://", "://gitlab-ci-token:of-a-job@"),
    ]);
    const given = Object.entries({ GITLAB_CI: "true", ...variables });
    const argv = [
      ...[process.execPath, local, "--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source"],
      "--no-json-schema-validation",
      ...["--home", join(at, "home"), "--variables-file", this.#variables],
      ...given.flatMap(([name, value]) => ["--variable", `${name}=${value}`]),
      // A pipeline of a merge request has no branch.
      ...("CI_COMMIT_BRANCH" in variables ? [] : ["--unset-variable", "CI_COMMIT_BRANCH"]),
    ];
    const path = `${join(directory, "bin")}:${env.PATH ?? ""}`;
    return new Pipeline(
      argv,
      checkout,
      { ...env, PATH: path, HOME: join(at, "home"), NO_COLOR: "1" },
      this.said,
    );
  }
}

/** One pipeline. Jobs that have run are not run again, and their artifacts stay. */
export class Pipeline {
  readonly #argv: readonly string[];
  readonly #checkout: string;
  readonly #env: Record<string, string>;
  readonly #said: string[];

  constructor(argv: readonly string[], checkout: string, env: Record<string, string>, said: string[]) {
    this.#argv = argv;
    this.#checkout = checkout;
    this.#env = env;
    this.#said = said;
  }

  /**
   * Runs all jobs except those that wait for a person.
   *
   * @param started the jobs that a person starts as soon as that is possible
   */
  async run(...started: string[]): Promise<JobsResult> {
    return await this.#run(started.flatMap((name) => ["--manual", name]));
  }

  /** Runs jobs that the pipeline has reached, as a person does who starts them or runs them again. */
  async start(...names: string[]): Promise<JobsResult> {
    return await this.#run(names);
  }

  async #run(argv: readonly string[]): Promise<JobsResult> {
    const { stdout, stderr } = await execute([...this.#argv, ...argv], {
      cwd: this.#checkout,
      env: this.#env,
      check: false,
      timeoutMs: 600_000,
    });
    const log = stdout + stderr;
    this.#said.push(log, ...this.#artifacts());
    // The SSH agents of the jobs. Those of a real job end with its container.
    for (const [, pid = ""] of log.matchAll(/Agent pid (\d+)/g))
      await execute(["kill", pid], { check: false });
    const reported = [...stdout.matchAll(/^ (PASS|FAIL) +(\S.*?) *$/gm)];
    const jobs = reported.map(
      ([, word, name = ""]) => [name, word === "PASS" ? "success" : "failed"] as const,
    );
    return { jobs: Object.fromEntries(jobs), log };
  }

  #artifacts(): string[] {
    const at = join(this.#checkout, ".gitlab-ci-local/artifacts");
    if (!existsSync(at)) return [];
    const files = readdirSync(at, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  }
}
