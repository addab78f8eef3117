import { spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Bare repositories over HTTP, as a forge has them: git's own program answers, if the password is a valid token.
 *
 * @see git-http-backend(1)
 */
export class GitServer implements AsyncDisposable {
  readonly #server: Server;

  /** @param root directory of the repositories: the path of a URL is a path below it */
  constructor(root: string, tokens: readonly string[]) {
    this.#server = createServer((request, response) => {
      if (!tokens.includes(passwordOf(request)))
        return void response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      void answer(root, request, response);
    });
  }

  /** @returns its URL */
  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

function passwordOf({ headers }: IncomingMessage): string {
  const [, encoded = ""] = /^Basic (\S+)$/.exec(headers.authorization ?? "") ?? [];
  return Buffer.from(encoded, "base64").toString().split(":")[1] ?? "";
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://git");
  const { PATH = "" } = process.env;
  const child = spawn("git", ["http-backend"], {
    env: {
      ...{ PATH, GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: "1", PATH_INFO: pathname },
      // Only with a user it accepts pushes.
      ...{ REMOTE_USER: "token", REQUEST_METHOD: request.method, QUERY_STRING: searchParams.toString() },
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  const headers = text
    .slice(0, end)
    .split("\r\n")
    .map((line) => line.split(": ") as [string, string]);
  const [, status = "200"] = headers.find(([name]) => name === "Status") ?? [];
  response.writeHead(Number.parseInt(status), Object.fromEntries(headers));
  response.end(Buffer.from(text.slice(end + 4), "latin1"));
}
