import type { IncomingMessage } from "node:http";
import { type Account, FakeForge, type Kept, type Request } from "./fake-forge.ts";

/** What a project on GitLab answers. */
export class FakeGitLab extends FakeForge {
  static readonly project = "42";

  protected tokenOf({ headers }: IncomingMessage): string | undefined {
    return headers["private-token"]?.toString();
  }

  protected answer({ method, path, query, body }: Request, { name }: Account): readonly [number, unknown] {
    if (`${method} ${path}` === "GET /user") return [200, { username: name }];
    const [, rest = ""] = /^\/projects\/42(\/.*)$/.exec(path) ?? [];
    const [, kind = "", number = "", notes = "", note = ""] =
      /^\/(\w+)(?:\/(\d+))?(?:\/(notes))?(?:\/(\d+))?$/.exec(rest) ?? [];
    const lists: Readonly<Record<string, Kept[]>> = { issues: this.issues, merge_requests: this.pulls };
    const list = notes === "" ? lists[kind] : this.comments;
    if (!list) return [404, { message: "404 Not Found" }];
    if (method === "PUT") return change(list, Number(note || number), body);
    if (method === "GET") {
      const state = query.get("state");
      const isWanted = ({ isOpen, of, head }: Kept) =>
        (state === null || state === (isOpen ? "opened" : "closed")) &&
        (notes === "" || of === Number(number)) &&
        (!query.has("source_branch") || head === query.get("source_branch"));
      return [200, list.filter(isWanted).map(json)];
    }
    const { title, body: text, description, source_branch: head, target_branch: base } = body;
    const of = notes === "" ? {} : { of: Number(number) };
    return [201, json(this.keep(list, name, { title, body: text ?? description, head, base, ...of }))];
  }
}

function change(
  list: readonly Kept[],
  number: number,
  body: Record<string, string>,
): readonly [number, unknown] {
  const kept = list.find((one) => one.number === number);
  if (!kept) return [404, { message: "404 Not Found" }];
  const { title = kept.title, body: text, description, state_event: event } = body;
  Object.assign(kept, { title, body: text ?? description ?? kept.body });
  if (event !== undefined) kept.isOpen = event === "reopen";
  return [200, json(kept)];
}

function json({ number, author, title, body, of }: Kept): object {
  const user = { author: { username: author } };
  return of === undefined
    ? { id: 1000 + number, iid: number, ...user, title, description: body, source_project_id: 42 }
    : { id: number, ...user, body };
}
