import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { parse } from "yaml";
import { execute } from "../../../tools/execute.ts";

/** A file of .github/workflows: the parts that are read here. */
interface Workflow {
  jobs: Record<string, Job>;
}

interface Job {
  if?: string;
  needs?: string;
  environment?: string;
  "timeout-minutes": number;
  outputs?: Record<string, string>;
  strategy?: { matrix: Record<string, string[]> };
  steps: Step[];
}

interface Step {
  id?: string;
  name?: string;
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, string>;
  env?: Record<string, string>;
}

/** Values by name, by context: `secrets`, `vars`, `matrix` and so on. */
type Contexts = Record<string, unknown>;

export interface JobResult {
  readonly job: string;
  readonly status: "success" | "failure" | "skipped";
  /** The exit status of each step that has run, by its name. */
  readonly steps: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Everything that the steps have printed. */
  readonly log: string;
  readonly summary: string;
}

/** The event that starts a workflow. */
export interface Event {
  readonly ref: string;
  readonly commit: string;
  readonly inputs?: Record<string, string>;
  /** For a pull request: the repository that it comes from. */
  readonly from?: string;
}

export interface RunnerOptions {
  /** The directory for checkouts and files of jobs. */
  readonly directory: string;
  /** The bare repository. */
  readonly origin: string;
  readonly repository: string;
  readonly packages: string;
  /** The environment of each step, besides its own. */
  readonly env: Record<string, string>;
  readonly vars: Record<string, string>;
  /** By environment; "" for jobs without one. */
  readonly secrets: Record<string, Record<string, string>>;
  readonly token: string;
}

export interface RunOptions {
  /** The values of a matrix to run. Default: all. */
  readonly only?: Record<string, string[]>;
  /** The results of an earlier run: only the jobs that have not succeeded run again. */
  readonly earlier?: readonly JobResult[];
}

/**
 * Runs the jobs of GitHub's workflows here, step by step with bash, as a runner would. Actions from elsewhere have stand-ins: a checkout is
 * a clone of the bare repository, and of the setup only the SSH agent is real. Node, the packages and Pulumi are there.
 */
export class Runner {
  readonly options: RunnerOptions;
  /** The output of all jobs, and their summaries. */
  readonly said: string[] = [];

  constructor(options: RunnerOptions) {
    this.options = options;
  }

  /** Runs a workflow as it is in the commit of the event. */
  async run(name: string, event: Event, options: RunOptions = {}): Promise<JobResult[]> {
    const { only = {}, earlier = [] } = options;
    const path = `${event.commit}:.github/workflows/${name}.yml`;
    const { stdout } = await execute(["git", "--git-dir", this.options.origin, "show", path]);
    const { jobs } = parse(stdout) as Workflow;
    const results: JobResult[] = [];
    for (const [id, job] of Object.entries(jobs)) {
      const [dimension = "", all = [""]] = Object.entries(job.strategy?.matrix ?? {})[0] ?? [];
      for (const value of all.filter((one) => only[dimension]?.includes(one) ?? true)) {
        const matrix = dimension === "" ? {} : { [dimension]: value };
        const done = earlier.find((one) => one.job === id && one.status === "success");
        results.push(done ?? (await this.#matrixJob(id, job, event, matrix, results)));
      }
    }
    return results;
  }

  async #matrixJob(
    id: string,
    job: Job,
    event: Event,
    matrix: Record<string, string>,
    results: readonly JobResult[],
  ): Promise<JobResult> {
    const contexts = this.#contexts(event, job, matrix, results);
    const needed = results.find((one) => one.job === job.needs);
    if ((job.needs !== undefined && needed?.status !== "success") || !condition(job.if, contexts))
      return { job: id, status: "skipped", steps: {}, outputs: {}, log: "", summary: "" };
    return await this.#job(id, job, event, contexts);
  }

  #contexts(
    event: Event,
    { environment = "" }: Job,
    matrix: Record<string, string>,
    results: readonly JobResult[],
  ): Contexts {
    const { vars, secrets, token, repository } = this.options;
    return {
      ...{ vars, matrix, inputs: event.inputs ?? {}, steps: {} },
      secrets: { ...secrets[""], ...secrets[environment] },
      needs: Object.fromEntries(results.map(({ job, outputs }) => [job, { outputs }])),
      github: { token, repository, event: { pull_request: { head: { repo: { full_name: event.from } } } } },
    };
  }

  async #job(id: string, job: Job, event: Event, contexts: Contexts): Promise<JobResult> {
    const directory = mkdtempSync(join(this.options.directory, `job-${id}-`));
    const running = new RunningJob(directory, event, contexts, this.options);
    try {
      for (const step of job.steps) await running.step(step);
    } finally {
      await running.end();
    }
    const { status, steps, log } = running;
    const outputs = Object.fromEntries(
      Object.entries(job.outputs ?? {}).map(([key, value]) => [key, filled(value, contexts)]),
    );
    const summary = readFileSync(join(directory, "summary"), "utf8");
    this.said.push(log, summary);
    return { job: id, status, steps, outputs, log, summary };
  }
}

class RunningJob {
  status: "success" | "failure" = "success";
  readonly steps: Record<string, number> = {};
  log = "";
  readonly #directory: string;
  readonly #workspace: string;
  readonly #event: Event;
  readonly #contexts: Contexts;
  readonly #options: RunnerOptions;
  /** The variables that steps have written into $GITHUB_ENV. */
  readonly #env: Record<string, string> = {};

  constructor(directory: string, event: Event, contexts: Contexts, options: RunnerOptions) {
    this.#directory = directory;
    this.#workspace = join(directory, "workspace");
    this.#event = event;
    this.#contexts = contexts;
    this.#options = options;
    for (const file of ["env", "output", "path", "summary"]) writeFileSync(join(directory, file), "");
    mkdirSync(join(directory, "home"));
  }

  async step(step: Step, contexts = this.#contexts): Promise<void> {
    const isAlways = /cancelled\(\)|always\(\)|failure\(\)/.test(step.if ?? "");
    if (this.status === "failure" && !isAlways) return;
    if (!condition(step.if, contexts)) return;
    const standIn = this.#standIn(step);
    if (standIn) return await standIn();
    if (step.uses !== undefined) return await this.#composite(step, contexts);
    const name = step.name ?? step.id ?? "";
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([key, value]) => [key, filled(value, contexts)]),
    );
    const script = join(this.#directory, "step.sh");
    writeFileSync(script, step.run ?? "");
    for (const file of ["env", "output"]) writeFileSync(join(this.#directory, file), "");
    const { code, stdout, stderr } = await execute(["bash", "-e", script], {
      cwd: this.#workspace,
      env: { ...this.#base(), ...this.#env, ...env },
      check: false,
      timeoutMs: 300_000,
    });
    this.log += stdout + stderr;
    this.steps[name] = code;
    if (code !== 0) this.status = "failure";
    Object.assign(this.#env, this.#written("env"));
    if (step.id !== undefined) (contexts.steps as Contexts)[step.id] = { outputs: this.#written("output") };
  }

  /** The stand-in for an action or a step that is not run here. */
  #standIn({ uses = "", name = "" }: Step): (() => Promise<void>) | undefined {
    if (uses.startsWith("actions/checkout@")) return () => this.#checkout();
    const isThere = uses.startsWith("actions/setup-node@") || ["Packages", "Pulumi"].includes(name);
    return isThere ? () => Promise.resolve() : undefined;
  }

  async #checkout(): Promise<void> {
    const { origin, packages } = this.#options;
    const git = ["git", "-C", this.#workspace];
    await execute(["git", "clone", "--quiet", origin, this.#workspace]);
    await execute([...git, "checkout", "--quiet", "--detach", this.#event.commit]);
    symlinkSync(packages, join(this.#workspace, "node_modules"));
  }

  /** Runs an action of the repository. */
  async #composite({ uses = "", with: given = {} }: Step, contexts: Contexts): Promise<void> {
    const path = join(this.#workspace, uses, "action.yml");
    const action = parse(readFileSync(path, "utf8")) as {
      inputs: Record<string, { default: string }>;
      runs: { steps: Step[] };
    };
    const inputs = Object.fromEntries(
      Object.entries(action.inputs).map(([key, { default: value }]) => [
        key,
        filled(given[key] ?? value, contexts),
      ]),
    );
    for (const step of action.runs.steps) await this.step(step, { inputs, steps: {} });
  }

  /** The environment that a runner gives each step, with nothing from the account that runs the tests. */
  #base(): Record<string, string> {
    const { env, repository } = this.#options;
    const file = (name: string) => join(this.#directory, name);
    const { ref, commit } = this.#event;
    return {
      ...env,
      ...{ HOME: file("home"), CI: "true", GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: this.#workspace },
      ...{
        GITHUB_REPOSITORY: repository,
        GITHUB_REF: ref,
        GITHUB_REF_NAME: ref.split("/").slice(2).join("/"),
      },
      ...{ GITHUB_SHA: commit, GITHUB_SERVER_URL: "https://forge.example", GITHUB_RUN_ID: "1" },
      ...{ GITHUB_ENV: file("env"), GITHUB_OUTPUT: file("output"), GITHUB_PATH: file("path") },
      GITHUB_STEP_SUMMARY: file("summary"),
    };
  }

  #written(name: string): Record<string, string> {
    const lines = readFileSync(join(this.#directory, name), "utf8").split("\n");
    const pairs = lines.filter((line) => line.includes("="));
    return Object.fromEntries(
      pairs.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  /** Ends the SSH agent, as a runner ends what a job leaves behind. */
  async end(): Promise<void> {
    const { SSH_AGENT_PID: pid } = this.#env;
    if (pid !== undefined) await execute(["kill", pid], { check: false });
  }
}

/** A text with its expressions in `${{ … }}` filled in. */
function filled(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{ *(.*?) *\}\}/g, (_, expression: string) => {
    const value = evaluate(expression, contexts);
    return typeof value === "string" ? value : "";
  });
}

function condition(expression: string | undefined, contexts: Contexts): boolean {
  if (expression === undefined) return true;
  return Boolean(evaluate(expression.replace(/^\$\{\{ *(.*?) *\}\}$/, "$1"), contexts));
}

/** Evaluates an expression as JavaScript, with names with a hyphen quoted; an unset value is nothing (docs.github.com, "Expressions"). */
function evaluate(expression: string, contexts: Contexts): unknown {
  const source = expression.replace(/\.([a-z]+-[a-z-]+)/g, '["$1"]').replace(/(?<=\w)\.(?=\w)/g, "?.");
  return runInNewContext(source, { ...contexts, cancelled: () => false }) as unknown;
}
