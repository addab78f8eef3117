import type { EventEmitter } from "node:events";
import { connect as dial } from "node:net";
import type { Readable } from "node:stream";
import type { NodeSSH } from "node-ssh";
import {
  type Credentials,
  type Endpoint,
  type Target,
  authoritiesNote,
  endpointName,
  readCredentials,
} from "./endpoint.ts";
import { HostError, messageOf, onTheWay } from "../errors.ts";
import { fingerprint, keyType } from "./known-hosts.ts";
import { Login } from "./login.ts";
import { quoteCommand } from "./quote.ts";

/** What a command writes to. */
export type Output = "stdout" | "stderr";

/** A running command on a host. */
export interface Channel {
  write(data: string | Uint8Array): void;
  /** Ends the command's input. */
  end(): void;
  /**
   * Ends the command's input, and takes no more of its output. The command notices that when it writes. Nothing waits for the host to
   * confirm it.
   */
  close(): void;
  onStdout(listener: (chunk: Buffer) => void): void;
  onStderr(listener: (chunk: Buffer) => void): void;
  /** Takes no more of this output until {@link resume}, so the command waits when it writes. */
  pause(output: Output): void;
  resume(output: Output): void;
  /** Resolves when no more of this output comes. */
  over(output: Output): Promise<void>;
  /** Resolves when the command has ended. `code` is null when the connection broke or the channel was closed first. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

/** Returns the connection to a host, a new or an existing one. */
type Connect = (target: Target) => Promise<Connection>;

/** The answer of a jump host that may not forward (RFC 4254, section 5.1). */
const administrativelyProhibited = 1;

/** One verified, logged-in SSH connection. This is the only file that knows node-ssh. */
export class Connection {
  readonly name: string;
  readonly #target: Target;
  readonly #ssh: NodeSSH;
  readonly #connect: Connect;
  readonly #openTimeout: number;
  /** Connections for sessions that sshd did not open on this one. */
  readonly #further = new Set<Connection>();
  #heard = performance.now();

  private constructor(target: Target, ssh: NodeSSH, sock: Readable, connect: Connect, openTimeout: number) {
    sock.on("data", () => (this.#heard = performance.now()));
    this.name = endpointName(target);
    this.#target = target;
    this.#ssh = ssh;
    this.#connect = connect;
    this.#openTimeout = openTimeout;
  }

  /**
   * Connects within the target's connectTimeout, TCP, key exchange and login together.
   *
   * @param connect returns the connection to a jump host. Many hosts share it, and its creator closes it.
   * @throws HostError when the host can't be reached, can't be verified or refuses the login.
   */
  static async open(target: Target, connect: Connect): Promise<Connection> {
    const { connectTimeout, jump } = target;
    const milliseconds = (connectTimeout ?? 15) * 1000;
    // A problem of this machine shows before any host is dialled.
    const credentials = await readCredentials(target);
    const way =
      jump &&
      (await connect({ ...jump, connectTimeout }).catch((thrown: unknown) => {
        throw onTheWay(endpointName(target), thrown);
      }));
    const sock = way
      ? await way.#forward(target, milliseconds)
      : dial({ host: target.address, port: target.port ?? 22 });
    const ssh = await logIn(target, credentials, milliseconds, sock);
    return new Connection(target, ssh, sock, connect, milliseconds);
  }

  get isOpen(): boolean {
    return this.#ssh.isConnected();
  }

  /** Seconds since the host last sent anything. A live host sends something every five seconds (keepaliveInterval). */
  get silence(): number {
    return (performance.now() - this.#heard) / 1000;
  }

  /**
   * Starts a command. If sshd opens no more sessions on this connection (sshd_config(5), MaxSessions), the command gets its own connection.
   *
   * @throws HostError when no channel is opened in time.
   */
  async run(argv: readonly string[]): Promise<Channel> {
    const channel = await this.#start(argv);
    if (channel) return channel;
    const further = await Connection.open(this.#target, this.#connect);
    this.#further.add(further);
    const close = () => {
      this.#further.delete(further);
      further.close();
    };
    try {
      const other = await further.#start(argv);
      if (!other)
        throw new HostError(this.name, "its sshd opens no session for this login, not even the first.", {
          cure: "See MaxSessions in the host's sshd_config(5): it must not be 0.",
        });
      void other.ended.then(close);
      return other;
    } catch (thrown) {
      close();
      throw thrown;
    }
  }

  /**
   * Has a deadline, because a half-open connection may never answer.
   *
   * @returns undefined when sshd opens no session here
   */
  async #start(argv: readonly string[]): Promise<Channel | undefined> {
    const client = this.#ssh.connection;
    if (!client) throw new HostError(this.name, "the connection is closed.");
    return await withDeadline<Channel | undefined>(
      this.#openTimeout,
      this.name,
      "no channel was opened",
      (resolve, reject) => {
        client.exec(quoteCommand(argv), (error, stream) => {
          if (error) {
            // Only a refused channel has a reason.
            if ("reason" in error && typeof error.reason === "number") resolve(undefined);
            else reject(new HostError(this.name, `no channel was opened: ${error.message}.`));
            return;
          }
          let stderr = "";
          stream.stderr.on("data", (chunk: Buffer) => {
            // Enough for a message, and no more than that in memory.
            if (stderr.length < 4096) stderr += chunk.toString("utf8");
          });
          // Writing to a channel whose other end is gone is reported by `ended`.
          stream.on("error", () => undefined);
          let code: number | null = null;
          stream.on("exit", (status: number | null) => (code = status));
          let left: () => void = () => undefined;
          const leaving = new Promise<void>((done) => (left = done));
          const over = (output: EventEmitter) =>
            Promise.race([leaving, new Promise<void>((done) => output.once("close", () => done()))]);
          // Each output has its own end: a paused one still has something to give when the other one is over.
          const overs = { stdout: over(stream), stderr: over(stream.stderr) };
          resolve({
            write: (data) => void stream.write(data),
            end: () => void stream.end(),
            close: () => {
              stream.close();
              left();
            },
            onStdout: (listener) => void stream.on("data", listener),
            onStderr: (listener) => void stream.stderr.on("data", listener),
            pause: (output) => void { stdout: stream, stderr: stream.stderr }[output].pause(),
            resume: (output) => void { stdout: stream, stderr: stream.stderr }[output].resume(),
            over: (output) => overs[output],
            ended: overs.stdout.then(() => ({ code, stderr })),
          });
        });
      },
    );
  }

  close(): void {
    for (const further of this.#further) further.close();
    this.#ssh.dispose();
  }

  async #forward(target: Endpoint, milliseconds: number): Promise<Readable> {
    const port = target.port ?? 22;
    const name = endpointName(target);
    const forwarded = withDeadline<Readable>(
      milliseconds,
      name,
      `${this.name} (jump) did not connect to it`,
      (resolve, reject) => {
        this.#ssh.forwardOut("127.0.0.1", 0, target.address, port).then(resolve, (thrown: unknown) => {
          const { reason } = thrown as { reason?: unknown };
          reject(
            reason === administrativelyProhibited
              ? new HostError(
                  name,
                  `${this.name} (jump) does not let this login forward connections to it.`,
                  {
                    cure: `Its sshd_config(5) needs AllowTcpForwarding yes (or local) and, if it has PermitOpen, ${target.address}:${port} there. The key must have no "restrict" or "no-port-forwarding" in authorized_keys.`,
                  },
                )
              : new HostError(name, `${this.name} (jump) can't connect to it: ${messageOf(thrown)}.`, {
                  reason: "unreachable",
                  cure: `Check the address, the port and the host's sshd, as seen from ${this.name}.`,
                }),
          );
        });
      },
      { reason: "unreachable", late: (stream) => stream.destroy() },
    );
    return await forwarded.catch(async (thrown: unknown) => {
      if (await this.#answers()) throw thrown;
      // The next caller that needs this connection dials again.
      this.close();
      throw onTheWay(name, new HostError(this.name, "the connection was lost.", { reason: "unreachable" }));
    });
  }

  /** Whether the other end is still there: it answers any request, if only with a refusal. */
  async #answers(): Promise<boolean> {
    const answered = withDeadline<boolean>(this.#openTimeout, this.name, "no answer", (resolve) => {
      this.#ssh.forwardOut("127.0.0.1", 0, "127.0.0.1", 1).then(
        (stream: Readable) => {
          stream.destroy();
          resolve(true);
        },
        (thrown: unknown) => resolve(typeof (thrown as { reason?: unknown }).reason === "number"),
      );
    });
    return await answered.catch(() => false);
  }
}

async function logIn(
  target: Target,
  credentials: Credentials,
  milliseconds: number,
  sock: Readable,
): Promise<NodeSSH> {
  const name = endpointName(target);
  // Loaded only here: a preview, and an up that changes nothing, need no SSH.
  const { NodeSSH } = await import("node-ssh");
  const ssh = new NodeSSH();
  const login = new Login(name, target, credentials.keys, milliseconds / 1000);
  sock.once("data", login.received);
  let refusal: HostError | undefined;
  try {
    await ssh.connect({
      host: target.address,
      username: target.user ?? "root",
      sock,
      authHandler: login.handler,
      readyTimeout: milliseconds,
      // Notices during a long step that a host is gone: 20 s after its last answer, as ssh2 ends the connection at the
      // fourth interval without one.
      keepaliveInterval: 5_000,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: signatureAlgorithms(credentials) },
      hostVerifier: (blob: Buffer) => {
        refusal = verify(name, credentials, blob);
        return refusal === undefined;
      },
    });
  } catch (thrown) {
    ssh.dispose();
    sock.destroy();
    throw refusal ?? login.failure(thrown);
  }
  // A connection that breaks later is reported by its channels (`ended`). Without a listener the error would end the process.
  ssh.connection?.on("error", () => undefined);
  return ssh;
}

/** Returns undefined if the key is known for the host. */
function verify(name: string, { known, knownFrom }: Credentials, blob: Buffer): HostError | undefined {
  const shown = `${keyType(blob)} ${fingerprint(blob)}`;
  if (known.revoked.some((key) => key.blob.equals(blob))) {
    return new HostError(name, `its host key ${shown} is marked @revoked in ${knownFrom}.`);
  }
  if (known.accepted.some((key) => key.blob.equals(blob))) return undefined;
  const expected = known.accepted.map((key) => `${key.type} ${fingerprint(key.blob)}`).join(", ");
  return new HostError(
    name,
    `its host key is ${shown}, and ${knownFrom} has ${expected}. The connection was refused.${authoritiesNote(known)}`,
    {
      cure: "If the host was reinstalled, put its new key into the stack file and run `pulumi up`. A `refresh` or `destroy` before that uses the key in the state. To override it, give a file with the keys of all hosts, `pulumi config set quadlet:knownHostsFile FILE`, and the option --run-program. If the host was not reinstalled, another machine may be answering in its place.",
    },
  );
}

/** Host key types that ssh2 supports. */
const supported = /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|rsa-sha2-(256|512))$/;

/** Asks for the types of the known keys only: otherwise the host may show another of its keys and look like an impostor. */
function signatureAlgorithms({ known }: Credentials) {
  const types = new Set(
    known.accepted.flatMap(({ type }) => (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type])),
  );
  return [...types].filter((type) => supported.test(type)) as NonNullable<
    NonNullable<Parameters<NodeSSH["connect"]>[0]["algorithms"]>["serverHostKey"]
  > &
    unknown[];
}

function withDeadline<T>(
  milliseconds: number,
  host: string,
  what: string,
  start: (resolve: (value: T) => void, reject: (reason: Error) => void) => void,
  { reason, late }: { reason?: string; late?: (value: T) => void } = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(new HostError(host, `${what} within ${milliseconds / 1000} s.`, { reason }));
    }, milliseconds);
    start(
      (value) => {
        clearTimeout(timer);
        if (isLate) late?.(value);
        resolve(value);
      },
      (reason) => {
        clearTimeout(timer);
        reject(reason);
      },
    );
  });
}
