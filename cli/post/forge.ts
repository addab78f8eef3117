/** A comment, an issue or a pull request on a forge (GitHub, GitLab, Gitea, Forgejo). */
export interface Post {
  readonly id: number;
  /** The name of the account that wrote it. */
  readonly author: string;
  readonly body: string;
}

/** The text of a new issue or pull request. */
export interface Titled {
  readonly title: string;
  readonly body: string;
}

/** One repository of a forge, for the account of a token. Lists are requested page by page, as they are read. */
export interface Forge {
  /** The most characters that a text may have. */
  readonly limit: number;
  /** The address of this job's run. */
  readonly run: string | undefined;
  /** The names that posts by this token may have. */
  self(): Promise<readonly string[]>;
  comments(pullRequest: number): AsyncIterable<Post>;
  /** @param id of the comment to replace */
  comment(pullRequest: number, body: string, id?: number): Promise<Post>;
  /** The ones that were changed last come first. */
  issues(state: "open" | "closed"): AsyncIterable<Post>;
  openIssue(issue: Titled, id?: number): Promise<Post>;
  closeIssue(id: number): Promise<Post>;
  /** The open pull requests that merge this branch. */
  pullRequests(branch: string): AsyncIterable<Post>;
  openPullRequest(request: Titled & { branch: string; base: string }, id?: number): Promise<Post>;
  /** The pull request that this job runs for. */
  readonly pullRequest: number | undefined;
  /** The branch that this job runs on. */
  readonly branch: string | undefined;
}
