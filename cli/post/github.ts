import { Stop } from "../stop.ts";
import type { Forge, Post, Titled } from "./forge.ts";
import { Requests } from "./requests.ts";

/** An issue, a comment or a pull request, as far as it is read here. */
interface Answer {
  id?: number;
  number?: number;
  user?: { id?: number; login?: string } | null;
  body?: string | null;
  pull_request?: unknown;
  head?: { ref?: string; repo?: { full_name?: string } | null };
}

/**
 * The account of jobs on Gitea and Forgejo. Gitea does not reserve Forgejo's name for it, so a user may have that name there. The id is
 * that of no user.
 */
const jobs = { id: -2, names: ["gitea-actions", "forgejo-actions"] };

/**
 * A repository on GitHub, Gitea or Forgejo, which share the paths that are used here.
 *
 * @see https://docs.github.com/en/rest, https://docs.gitea.com/api
 */
export class GitHub implements Forge {
  readonly limit = 65_536;
  readonly run: string | undefined;
  readonly pullRequest: number | undefined;
  readonly branch: string | undefined;
  readonly #requests: Requests;
  readonly #repository: string;
  readonly #isGitea: boolean;

  /** @param env the environment of the job */
  constructor(env: NodeJS.ProcessEnv, token: string) {
    const { GITHUB_API_URL = "", GITHUB_REPOSITORY = "", GITHUB_REF = "", GITHUB_REF_NAME } = env;
    if (!/^[\w.-]+\/[\w.-]+$/.test(GITHUB_REPOSITORY))
      throw new Stop(
        `GITHUB_REPOSITORY is ${JSON.stringify(GITHUB_REPOSITORY)}, not OWNER/REPOSITORY.\nNothing was posted. The forge sets it in a job: leave it as it is.`,
      );
    this.#repository = GITHUB_REPOSITORY;
    this.#requests = new Requests(GITHUB_API_URL, { authorization: `Bearer ${token}` });
    const [, number] = /^refs\/pull\/(\d+)\//.exec(GITHUB_REF) ?? [];
    this.pullRequest = number === undefined ? undefined : Number(number);
    this.branch = GITHUB_REF.startsWith("refs/heads/") ? GITHUB_REF_NAME : undefined;
    const { GITHUB_SERVER_URL, GITHUB_RUN_ID } = env;
    this.run =
      GITHUB_SERVER_URL && GITHUB_RUN_ID
        ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`
        : undefined;
    this.#isGitea = Boolean(env.GITEA_ACTIONS);
  }

  /** The token of a job may not ask for its own account, but each forge has a fixed name for that account. */
  async self(): Promise<readonly string[]> {
    const { login } = ((await this.#requests.ask("/user")) ?? {}) as { login?: string };
    if (login !== undefined) return [login];
    return this.#isGitea ? jobs.names : ["github-actions[bot]"];
  }

  comments(pullRequest: number): AsyncIterable<Post> {
    return this.#requests.list(this.#at(`/issues/${pullRequest}/comments`), {}, ({ id }) => id, this.#postOf);
  }

  async comment(pullRequest: number, body: string, id?: number): Promise<Post> {
    return id === undefined
      ? await this.#write("POST", `/issues/${pullRequest}/comments`, { body })
      : await this.#write("PATCH", `/issues/comments/${id}`, { body });
  }

  issues(state: "open" | "closed"): AsyncIterable<Post> {
    const query = { state, sort: "updated", direction: "desc" };
    // The list of issues contains pull requests too.
    return this.#requests.list(
      this.#at("/issues"),
      query,
      ({ number, pull_request }) => (pull_request ? undefined : number),
      this.#postOf,
    );
  }

  async openIssue(issue: Titled, id?: number): Promise<Post> {
    return id === undefined
      ? await this.#write("POST", "/issues", issue)
      : await this.#write("PATCH", `/issues/${id}`, { ...issue, state: "open" });
  }

  async closeIssue(id: number): Promise<Post> {
    return await this.#write("PATCH", `/issues/${id}`, { state: "closed" });
  }

  pullRequests(branch: string): AsyncIterable<Post> {
    const head = `${this.#repository.split("/")[0] ?? ""}:${branch}`;
    // Gitea ignores "head".
    return this.#requests.list(
      this.#at("/pulls"),
      { state: "open", head },
      ({ number, head: from }) =>
        from?.ref === branch && from.repo?.full_name === this.#repository ? number : undefined,
      this.#postOf,
    );
  }

  async openPullRequest(
    { branch, base, ...titled }: Titled & { branch: string; base: string },
    id?: number,
  ): Promise<Post> {
    return id === undefined
      ? await this.#write("POST", "/pulls", { ...titled, head: branch, base })
      : await this.#write("PATCH", `/pulls/${id}`, titled);
  }

  async #write(method: "POST" | "PATCH", path: string, body: object): Promise<Post> {
    const answer = (await this.#requests.send(method, this.#at(path), body)) as Answer;
    return this.#postOf(answer, answer.number ?? answer.id ?? 0);
  }

  #at(path: string): string {
    return `/repos/${this.#repository}${path}`;
  }

  readonly #postOf = ({ user, body }: Answer, id: number): Post => {
    const login = user?.login ?? "";
    const isForged = this.#isGitea && jobs.names.includes(login) && user?.id !== jobs.id;
    return { id, author: isForged ? "" : login, body: body ?? "" };
  };
}
