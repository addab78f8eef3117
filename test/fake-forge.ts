import { once } from "node:events";
import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A comment, an issue or a pull request, as the fakes keep it. */
export interface Kept {
  readonly number: number;
  author: string;
  title: string;
  body: string;
  isOpen: boolean;
  /** Of a pull request. */
  head?: string;
  base?: string;
  /** What a comment is below. */
  of?: number;
}

/** A request that a fake has got. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, string>;
}

/** An account may ask who it is, unless its token is one of a job. */
export interface Account {
  readonly name: string;
  readonly isJob?: boolean;
}

/**
 * A forge on this machine, for tests: not one of the real ones, but what they say of themselves on the paths that are used here. It keeps
 * what is posted, and refuses a request without a known token.
 */
export abstract class FakeForge implements AsyncDisposable {
  readonly comments: Kept[] = [];
  readonly issues: Kept[] = [];
  readonly pulls: Kept[] = [];
  /** "POST /issues" */
  readonly log: string[] = [];
  /** So many entries are on a page. */
  page = 2;
  readonly #server: Server;
  #last = 0;

  /** @param accounts token → account */
  constructor(accounts: Readonly<Record<string, Account>>) {
    this.#server = createServer((message, response) => {
      const { pathname, searchParams } = new URL(message.url ?? "", "http://fake");
      void readJson(message).then((body) => {
        const account = accounts[this.tokenOf(message) ?? ""];
        const request = { method: message.method ?? "", path: pathname, query: searchParams, body };
        this.log.push(`${request.method} ${pathname}`);
        const [status, answer] = account
          ? this.answer(request, account)
          : [401, { message: "Bad credentials" }];
        const list = Array.isArray(answer) ? (answer as unknown[]) : undefined;
        const from = (Number(searchParams.get("page") ?? 1) - 1) * this.page;
        const isLast = list === undefined || from + this.page >= list.length;
        const next = isLast ? {} : { link: '<http://elsewhere.invalid/>; rel="next"' };
        response.writeHead(status, { "content-type": "application/json", ...next });
        response.end(JSON.stringify(list?.slice(from, from + this.page) ?? answer));
      });
    });
  }

  protected abstract tokenOf(message: IncomingMessage): string | undefined;

  /** The status and the JSON. */
  protected abstract answer(request: Request, account: Account): readonly [number, unknown];

  /** @returns its URL */
  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Keeps something, as if it had been written by this account. */
  keep(list: Kept[], author: string, what: Partial<Kept>): Kept {
    this.#last += 1;
    const kept = { number: this.#last, author, title: "", body: "", isOpen: true, ...what };
    list.push(kept);
    return kept;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

async function readJson(message: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return (text === "" ? {} : JSON.parse(text)) as Record<string, string>;
}
