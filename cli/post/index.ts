import { readFileSync } from "node:fs";
import { messageOf } from "../../host/errors.ts";
import { harmless } from "../output.ts";
import { Stop } from "../stop.ts";
import type { Forge, Post } from "./forge.ts";
import { GitHub } from "./github.ts";
import { GitLab } from "./gitlab.ts";

export const kinds = ["comment", "issue", "pull-request"] as const;

export interface PostOptions {
  readonly what: (typeof kinds)[number];
  /** The text by which the next run finds the post again. */
  readonly marker: string;
  readonly title: string | undefined;
  /** The file of the text. Default: standard input. */
  readonly file: string | undefined;
  /** Close the issue. */
  readonly close: boolean;
  /** The account whose posts are ours. Default: the account of the token. */
  readonly author: string | undefined;
  readonly branch: string | undefined;
  readonly base: string | undefined;
}

/**
 * `quadlet-fleet post`: posts a comment, an issue or a pull request on the forge that runs this job, or updates the one posted before.
 *
 * @param env the environment of the job
 * @throws Stop when the forge refuses it
 */
export async function post(options: PostOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { what, marker, file, close } = options;
  if (!/^[\w./]+([ -][\w./]+)*$/.test(marker) || marker.length > 100)
    throw new Stop(`--marker ${JSON.stringify(marker)}: write words of letters, digits, "_", "." and "/".`);
  const forge = forgeOf(env);
  const ours = options.author === undefined ? await forge.self() : [options.author];
  if (ours.length === 0)
    throw new Stop(
      "The forge does not say which account the token belongs to.\nNothing was posted. Give the account's name: --author NAME.",
    );
  const own = { forge, ours, mark: `<!-- quadlet-fleet: ${marker} -->` };
  if (what === "issue" && close) return await closed(own);
  const body = `${own.mark}\n${textOf(file, forge)}`;
  // GitHub counts characters, and does not cut the text by itself.
  if (body.length > forge.limit)
    throw new Stop(
      `The text has ${body.length} characters with its marker, and the forge takes at most ${forge.limit}.\nNothing was posted. Make it shorter: \`review\` has --limit.`,
    );
  if (what === "comment") await comment(own, body);
  else if (what === "issue") await issue(own, body, options.title ?? marker);
  else await pullRequest(own, body, options);
}

/** @throws Stop outside of a job */
function forgeOf(env: NodeJS.ProcessEnv): Forge {
  const given = (name: string) =>
    env[name] ||
    stop(
      `${name} is not set: it must hold a token for the forge.\nNothing was posted. Pass it to this step of the job as an environment variable.`,
    );
  if (env.GITLAB_CI) return new GitLab(env, given("GITLAB_TOKEN"));
  if (env.GITHUB_API_URL) return new GitHub(env, given("GITHUB_TOKEN"));
  return stop(
    "This is not a CI job: neither GITLAB_CI nor GITHUB_API_URL is set.\nNothing was posted. Run it in a job of GitHub Actions, GitLab CI, Gitea or Forgejo.",
  );
}

function stop(message: string): never {
  throw new Stop(message);
}

/** A forge, the accounts of our posts, and the line with which these begin. Anyone can write that line, so both must match. */
interface Own {
  readonly forge: Forge;
  readonly ours: readonly string[];
  readonly mark: string;
}

async function comment(own: Own, body: string): Promise<void> {
  const { forge } = own;
  if (forge.pullRequest === undefined)
    throw new Stop(
      "This job does not run for a pull request, so there is nothing to comment on.\nNothing was posted. Run it in a job that a pull request starts.",
    );
  const found = await find(own, forge.comments(forge.pullRequest));
  if (found?.body === body) return;
  check(own, await forge.comment(forge.pullRequest, body, found?.id));
}

async function issue(own: Own, body: string, title: string): Promise<void> {
  const { forge } = own;
  const open = await find(own, forge.issues("open"));
  if (open?.body === body) return;
  const found = open ?? (await find(own, forge.issues("closed")));
  check(own, await forge.openIssue({ title, body }, found?.id));
}

async function closed(own: Own): Promise<void> {
  const open = await find(own, own.forge.issues("open"));
  if (open) await own.forge.closeIssue(open.id);
}

async function pullRequest(own: Own, body: string, options: PostOptions): Promise<void> {
  const { forge } = own;
  const { branch, base = forge.branch, title = branch } = options;
  if (branch === undefined || base === undefined || title === undefined)
    throw new Stop(
      "A pull request needs --branch, and --base unless the job runs on a branch.\nNothing was posted.",
    );
  const found: Post[] = [];
  for await (const one of forge.pullRequests(branch)) found.push(one);
  const foreign = found.find((one) => !isOwn(own, one));
  if (foreign)
    throw new Stop(
      `The branch ${branch} already has a pull request, ${foreign.id} by ${harmless(foreign.author)}.\nNothing was posted. Close it, or name another branch: --branch.`,
    );
  if (found[0]?.body !== body)
    check(own, await forge.openPullRequest({ title, body, branch, base }, found[0]?.id));
}

async function find(own: Own, posts: AsyncIterable<Post>): Promise<Post | undefined> {
  for await (const one of posts) if (isOwn(own, one)) return one;
  return undefined;
}

function isOwn({ ours, mark }: Own, { author, body }: Post): boolean {
  return ours.includes(author) && body.startsWith(mark);
}

/** Refuses a post by another account, because the next run would not find it. */
function check({ ours }: Own, { author }: Post): void {
  if (!ours.includes(author))
    throw new Stop(
      `It was posted as ${harmless(author)}, not as ${ours.join(" or ")}, so the next run would not find it.\nGive --author ${harmless(author)}.`,
    );
}

/** The text to post. A failed command may leave no text. A line that says so then replaces the old text, which must not stay. */
function textOf(file: string | undefined, { run }: Forge): string {
  try {
    const text = readFileSync(file ?? 0, "utf8");
    if (text.trim() !== "") return text;
  } catch (thrown) {
    throw new Stop(`The text can't be read: ${messageOf(thrown)}\nNothing was posted.`);
  }
  const log = run === undefined ? "log of the job" : `[log of the job](${run})`;
  return `❌ There is no result, because the command that writes it failed. The ${log} says why.\n`;
}
