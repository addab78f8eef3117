import type { IncomingMessage } from "node:http";
import { type Account, FakeForge, type Kept, type Request } from "./fake-forge.ts";

/** What a repository on GitHub, Gitea or Forgejo answers. It ignores the queries of lists but "state", as they do not share them. */
export class FakeGitHub extends FakeForge {
  static readonly repository = "acme/fleet";
  /** The account of the jobs on Gitea is none of its users, and has this id. */
  static readonly ids: Readonly<Record<string, number>> = { "gitea-actions": -2 };

  protected tokenOf({ headers }: IncomingMessage): string | undefined {
    return /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  }

  protected answer(
    { method, path, query, body }: Request,
    { name, isJob }: Account,
  ): readonly [number, unknown] {
    if (`${method} ${path}` === "GET /user")
      return isJob ? [403, { message: "Resource not accessible by integration" }] : [200, { login: name }];
    const [, rest = ""] = /^\/repos\/acme\/fleet(\/.*)$/.exec(path) ?? [];
    const [, kind = "", number = "", below = ""] = /^\/([a-z]+)(?:\/(\w+))?(?:\/(\w+))?$/.exec(rest) ?? [];
    const shown = (list: readonly Kept[]) =>
      [200, list.filter((one) => isWanted(one, query)).map(json)] as const;
    if (kind === "issues" && number === "comments") return this.#change(this.comments, Number(below), body);
    if (kind === "issues" && below === "comments") {
      const of = Number(number);
      if (method === "GET") return shown(this.comments.filter((one) => one.of === of));
      return [201, json(this.keep(this.comments, name, { of, body: body.body }))];
    }
    const list = { issues: this.issues, pulls: this.pulls }[kind];
    if (!list) return [404, { message: "Not Found" }];
    if (method === "PATCH") return this.#change(list, Number(number), body);
    // A pull request is an issue as well.
    if (method === "GET") return shown(kind === "issues" ? [...this.pulls, ...this.issues] : list);
    const { title, body: text, head, base } = body;
    return [201, json(this.keep(list, name, { title, body: text, head, base }))];
  }

  #change(list: readonly Kept[], number: number, body: Record<string, string>): readonly [number, unknown] {
    const kept = list.find((one) => one.number === number);
    if (!kept) return [404, { message: "Not Found" }];
    const { state, ...rest } = body;
    Object.assign(kept, rest, state === undefined ? {} : { isOpen: state === "open" });
    return [200, json(kept)];
  }
}

function isWanted({ isOpen }: Kept, query: URLSearchParams): boolean {
  return !query.has("state") || query.get("state") === (isOpen ? "open" : "closed");
}

function json(kept: Kept): object {
  const { number, author, title, body, head } = kept;
  const of = kept.of === undefined ? { number, title } : {};
  const branch = { ref: head, repo: { full_name: FakeGitHub.repository } };
  const pull = head === undefined ? {} : { head: branch, pull_request: {} };
  return { id: number, ...of, user: { login: author, id: FakeGitHub.ids[author] ?? 1000 }, body, ...pull };
}
