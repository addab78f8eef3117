import { Stop } from "../stop.ts";
import type { Forge, Post, Titled } from "./forge.ts";
import { Requests } from "./requests.ts";

/** A note, an issue or a merge request, as far as it is read here. */
interface Answer {
  id?: number;
  iid?: number;
  author?: { username?: string } | null;
  body?: string | null;
  description?: string | null;
  source_project_id?: number;
}

/**
 * A project on GitLab.
 *
 * @see https://docs.gitlab.com/api/notes, https://docs.gitlab.com/ci/variables/predefined_variables
 */
export class GitLab implements Forge {
  readonly limit = 1_000_000;
  readonly run: string | undefined;
  readonly pullRequest: number | undefined;
  readonly branch: string | undefined;
  readonly #requests: Requests;
  readonly #project: string;

  /** @param env the environment of the job */
  constructor(env: NodeJS.ProcessEnv, token: string) {
    const { CI_API_V4_URL = "", CI_PROJECT_ID = "", CI_MERGE_REQUEST_IID: number = "" } = env;
    if (!/^\d+$/.test(CI_PROJECT_ID))
      throw new Stop(
        `CI_PROJECT_ID is ${JSON.stringify(CI_PROJECT_ID)}, not a number.\nNothing was posted. GitLab sets it in a job: leave it as it is.`,
      );
    this.#project = CI_PROJECT_ID;
    this.#requests = new Requests(CI_API_V4_URL, { "private-token": token });
    this.pullRequest = /^\d+$/.test(number) ? Number(number) : undefined;
    this.branch = env.CI_COMMIT_BRANCH;
    this.run = env.CI_JOB_URL;
  }

  async self(): Promise<readonly string[]> {
    const { username } = ((await this.#requests.ask("/user")) ?? {}) as { username?: string };
    return username === undefined ? [] : [username];
  }

  comments(request: number): AsyncIterable<Post> {
    const query = { sort: "asc", order_by: "created_at" };
    return this.#requests.list(this.#at(`/merge_requests/${request}/notes`), query, ({ id }) => id, postOf);
  }

  async comment(request: number, body: string, id?: number): Promise<Post> {
    const notes = `/merge_requests/${request}/notes`;
    return id === undefined
      ? await this.#write("POST", notes, { body })
      : await this.#write("PUT", `${notes}/${id}`, { body });
  }

  issues(state: "open" | "closed"): AsyncIterable<Post> {
    const query = { state: state === "open" ? "opened" : state, order_by: "updated_at", sort: "desc" };
    return this.#requests.list(this.#at("/issues"), query, ({ iid }) => iid, postOf);
  }

  async openIssue({ title, body }: Titled, id?: number): Promise<Post> {
    const issue = { title, description: body };
    return id === undefined
      ? await this.#write("POST", "/issues", issue)
      : await this.#write("PUT", `/issues/${id}`, { ...issue, state_event: "reopen" });
  }

  async closeIssue(id: number): Promise<Post> {
    return await this.#write("PUT", `/issues/${id}`, { state_event: "close" });
  }

  pullRequests(branch: string): AsyncIterable<Post> {
    const query = { state: "opened", source_branch: branch };
    return this.#requests.list(
      this.#at("/merge_requests"),
      query,
      ({ iid, source_project_id: from }) => (String(from) === this.#project ? iid : undefined),
      postOf,
    );
  }

  async openPullRequest(
    { title, body, branch, base }: Titled & { branch: string; base: string },
    id?: number,
  ): Promise<Post> {
    const request = { title, description: body };
    return id === undefined
      ? await this.#write("POST", "/merge_requests", {
          ...request,
          source_branch: branch,
          target_branch: base,
          remove_source_branch: true,
        })
      : await this.#write("PUT", `/merge_requests/${id}`, request);
  }

  #at(path: string): string {
    return `/projects/${this.#project}${path}`;
  }

  async #write(method: "POST" | "PUT", path: string, body: object): Promise<Post> {
    const answer = (await this.#requests.send(method, this.#at(path), body)) as Answer;
    return postOf(answer, answer.iid ?? answer.id ?? 0);
  }
}

function postOf({ author, body, description }: Answer, id: number): Post {
  return { id, author: author?.username ?? "", body: body ?? description ?? "" };
}
