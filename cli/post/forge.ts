/** What a forge (GitHub, GitLab, Gitea, Forgejo) keeps of what was posted: a comment, an issue or a pull request. */
export interface Post {
  readonly id: number;
  /** The name of the account that has written it. */
  readonly author: string;
  readonly body: string;
}

/** What an issue or a pull request begins with. */
export interface Titled {
  readonly title: string;
  readonly body: string;
}

/** One repository of a forge, for the account that a token is of. What is listed comes in pages, as it is asked for. */
export interface Forge {
  /** The characters that a text has at most. */
  readonly limit: number;
  /** Where the run of this job is. */
  readonly run: string | undefined;
  /** The names that posts by this token may have. */
  self(): Promise<readonly string[]>;
  comments(pullRequest: number): AsyncIterable<Post>;
  /** @param id of the comment that it replaces */
  comment(pullRequest: number, body: string, id?: number): Promise<Post>;
  /** The ones that have changed last come first. */
  issues(state: "open" | "closed"): AsyncIterable<Post>;
  openIssue(issue: Titled, id?: number): Promise<Post>;
  closeIssue(id: number): Promise<Post>;
  /** The open ones that this branch is to be merged by. */
  pullRequests(branch: string): AsyncIterable<Post>;
  openPullRequest(request: Titled & { branch: string; base: string }, id?: number): Promise<Post>;
  /** The pull request that this job runs for. */
  readonly pullRequest: number | undefined;
  /** The branch that this job runs on. */
  readonly branch: string | undefined;
}
