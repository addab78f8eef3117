import { type Socket, createConnection } from "node:net";
import type { Fault } from "./report.ts";

export class Failed extends Error {
  readonly fault: Fault;
  /** Bytes of the answer that had arrived. */
  readonly received: number;

  constructor(fault: Fault, received: number, detail: string) {
    super(detail);
    this.fault = fault;
    this.received = received;
  }
}

export interface Answer {
  status: number;
  body: Buffer;
  /** The server accepts another request on this connection. */
  keeps: boolean;
}

/** The answer that is being read. */
interface Exchange {
  chunks: Buffer[];
  received: number;
  head?: { status: number; keeps: boolean; start: number; length: number };
  settle(result: Answer | Failed): void;
}

/**
 * A TCP connection for GETs, on bare sockets: an HTTP library would hide when exactly a connection was closed. Answers need a
 * Content-Length.
 */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #exchange: Exchange | undefined;
  #isOpen = true;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("end", () => this.#lost("closed", "the server closed the connection"));
    socket.on("close", () => this.#lost("closed", "the connection closed"));
    socket.on("error", (error: NodeJS.ErrnoException) => this.#lost(faultOf(error), error.message));
  }

  /** @throws Failed */
  static open(host: string, port: number, timeoutMs: number): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host, port, noDelay: true });
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Failed("timeout", 0, `no connection within ${timeoutMs} ms`));
      }, timeoutMs);
      const refused = (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(new Failed(faultOf(error), 0, error.message));
      };
      socket.once("error", refused);
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.off("error", refused);
        resolve(new HttpConnection(socket, host));
      });
    });
  }

  /** False once the connection is seen to be closed. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @throws Failed; then the connection can't be used any more */
  get(path: string, timeoutMs: number, keep: boolean): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#lost("timeout", `no whole answer within ${timeoutMs} ms`),
        timeoutMs,
      );
      this.#exchange = {
        chunks: [],
        received: 0,
        settle: (result) => {
          clearTimeout(timer);
          this.#exchange = undefined;
          if (result instanceof Failed) {
            this.destroy();
            reject(result);
          } else resolve(result);
        },
      };
      const connection = keep ? "keep-alive" : "close";
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nConnection: ${connection}\r\n\r\n`);
    });
  }

  destroy(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }

  #lost(fault: Fault, detail: string): void {
    this.#isOpen = false;
    const received = this.#exchange?.received ?? 0;
    const cut = received > 0 && fault !== "timeout";
    this.#exchange?.settle(new Failed(cut ? "cut" : fault, received, `${detail} after ${received} bytes`));
  }

  #read(chunk: Buffer): void {
    const exchange = this.#exchange;
    // The server sends something that was not asked for.
    if (!exchange) return this.destroy();
    exchange.chunks.push(chunk);
    exchange.received += chunk.length;
    if (!exchange.head) {
      const text = Buffer.concat(exchange.chunks);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = text.toString("latin1", 0, end);
      const length = /^content-length: *(\d+)/im.exec(head)?.[1];
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0);
      if (length === undefined)
        return exchange.settle(new Failed("other", exchange.received, `no Content-Length: ${head}`));
      const keeps = !/^connection: *close/im.test(head);
      exchange.head = { status, keeps, start: end + 4, length: Number(length) };
    }
    const { status, keeps, start, length } = exchange.head;
    if (exchange.received < start + length) return;
    exchange.settle({ status, keeps, body: Buffer.concat(exchange.chunks).subarray(start, start + length) });
  }
}

function faultOf({ code }: NodeJS.ErrnoException): Fault {
  if (code === "ECONNREFUSED") return "refused";
  return code === "ECONNRESET" || code === "EPIPE" ? "reset" : "other";
}
