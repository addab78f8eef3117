import { messageOf } from "../../host/errors.ts";
import { harmless } from "../output.ts";
import { Stop } from "../stop.ts";
import type { Post } from "./forge.ts";

/** How many pages are read at most. A post that is not on them counts as missing. */
const mostPages = 20;

/** Seconds for one request. */
const timeLimit = 30;

type Method = "GET" | "POST" | "PATCH" | "PUT";

/** Requests to the API of a forge. The token is only in a header, and in no message. */
export class Requests {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * @param base "https://api.github.com"
   * @param headers with the token
   */
  constructor(base: string, headers: Readonly<Record<string, string>>) {
    this.#base = base.replace(/\/+$/, "");
    this.#headers = { accept: "application/json", "user-agent": "quadlet-fleet", ...headers };
  }

  /** @throws Stop with the answer of the forge, if it refuses the request */
  async send(method: Method, path: string, body?: object): Promise<object> {
    const { response, answer } = await this.#send(method, path, body);
    if (!response.ok) throw refused(`${method} ${path}`, response.status, answer);
    if (!isObject(answer)) throw new Stop(`${method} ${path}: the answer is not an object.`);
    return answer;
  }

  /** The answer to a GET. Undefined if this token may not send it. */
  async ask(path: string): Promise<unknown> {
    const { response, answer } = await this.#send("GET", path);
    if ([401, 403, 404].includes(response.status)) return undefined;
    if (!response.ok) throw refused(`GET ${path}`, response.status, answer);
    return answer;
  }

  /**
   * The posts of a list, page by page.
   *
   * @param idOf undefined for an answer to leave out
   */
  async *list<Answer>(
    path: string,
    query: Readonly<Record<string, string>>,
    idOf: (answer: Answer) => number | undefined,
    postOf: (answer: Answer, id: number) => Post,
  ): AsyncGenerator<Post> {
    for (let page = 1; page <= mostPages; page += 1) {
      // Gitea and Forgejo call it "limit", the others "per_page". Each ignores the other name.
      const words = new URLSearchParams({ ...query, per_page: "100", limit: "100", page: String(page) });
      const asked = `${path}?${words.toString()}`;
      const { response, answer } = await this.#send("GET", asked);
      if (!response.ok) throw refused(`GET ${path}`, response.status, answer);
      if (!Array.isArray(answer) || !answer.every(isObject))
        throw new Stop(`GET ${path}: the answer is not a list of objects.`);
      for (const one of answer as Answer[]) {
        const id = idOf(one);
        if (id !== undefined) yield postOf(one, id);
      }
      if (!/\brel="?next"?/.test(response.headers.get("link") ?? "")) return;
    }
  }

  async #send(method: Method, path: string, body?: object): Promise<{ response: Response; answer: unknown }> {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    try {
      const response = await fetch(`${this.#base}${path}`, {
        method,
        headers: { ...this.#headers, ...json },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // The token must not go to another server.
        redirect: "error",
        signal: AbortSignal.timeout(timeLimit * 1000),
      });
      return { response, answer: parsed(await response.text()) };
    } catch (thrown) {
      const { cause } = thrown as { cause?: unknown };
      const why = messageOf(cause ?? thrown);
      throw new Stop(`${method} ${path} of ${harmless(this.#base)} failed: ${harmless(why)}`);
    }
  }
}

function refused(request: string, status: number, answer: unknown): Stop {
  const { message } = (answer ?? {}) as { message?: unknown };
  const says = message === undefined ? "" : `: ${harmless(JSON.stringify(message)).slice(0, 500)}`;
  const cure = [401, 403, 404].includes(status) ? "\nCheck the token and its permissions." : "";
  return new Stop(`${request} was answered with status ${status}${says}${cure}`);
}

function isObject(answer: unknown): answer is object {
  return typeof answer === "object" && answer !== null && !Array.isArray(answer);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
