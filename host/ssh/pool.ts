import { Connection } from "./connection.ts";
import { type Target, endpointName, machineOf } from "./endpoint.ts";
import { HostError } from "../errors.ts";
import { Gate } from "./gate.ts";
import { SshConfig } from "./config.ts";

/** Logins at a time. A host that does not answer keeps its place for as long as its connectTimeout; the others have enough. */
const dialsAtOnce = 32;

/** Hosts at a time on which something is done, once they are connected. */
const hostsAtOnce = 50;

/** sshd allows ten sessions a connection by default (sshd_config(5), MaxSessions). */
const sessionsPerHost = 4;

interface Entry {
  dial: Promise<Connection>;
  /** Once it is there; it may have been lost since. */
  connection?: Connection;
}

/**
 * One connection a host for the whole run, however many resources it has, and one a jump host, however many hosts are behind it:
 * sshd drops parallel dials (MaxStartups) and channels are cheaper than logins. A connection that broke is dialled again by the
 * next who needs it.
 */
export class Pool {
  readonly #open = new Map<string, Entry>();
  readonly #gates = new Map<string, Gate>();
  readonly #config = new SshConfig();
  readonly #dials = new Gate(dialsAtOnce);
  readonly #hosts = new Gate(hostsAtOnce);
  #stopped = false;

  /** From now on nothing is begun; what has begun goes on to its end. */
  stop(): void {
    this.#stopped = true;
  }

  /** @throws HostError once {@link stop} was called */
  mayBegin(target: Target): void {
    if (this.#stopped) throw new HostError(endpointName(target), "the run was cancelled before this began.");
  }

  async connect(target: Target): Promise<Connection> {
    return await this.#shared(await this.#config.complete(target));
  }

  /** Does something on a connected host when it is its turn: on so many hosts at a time. */
  async working<T>(action: () => Promise<T>): Promise<T> {
    return await this.#hosts.pass(action);
  }

  /** Looks at a host when it is its turn: a few at a time. */
  async inTurn<T>(target: Target, action: () => Promise<T>): Promise<T> {
    const host = machineOf(target);
    const gate = this.#gates.get(host) ?? new Gate(sessionsPerHost);
    this.#gates.set(host, gate);
    return await gate.pass(() =>
      this.working(() => {
        this.mayBegin(target);
        return action();
      }),
    );
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(all.map(async ({ dial }) => (await dial).close()));
  }

  /** The connection to what the ssh configuration has completed. */
  async #shared(target: Target, isJump = false): Promise<Connection> {
    // With its credentials: what one resource may not use, another one's login must not give it.
    const key = JSON.stringify({
      ...target,
      name: undefined,
      sudo: undefined,
      connectTimeout: undefined,
      commandTimeout: undefined,
    });
    const existing = this.#open.get(key);
    if (existing && existing.connection?.isOpen !== false) return await existing.dial;
    const open = () => Connection.open(target, (jump) => this.#shared(jump, true));
    // A host waits for its jump host within its own place.
    const dial = isJump ? open() : this.#dials.pass(open);
    const entry: Entry = { dial };
    this.#open.set(key, entry);
    try {
      entry.connection = await dial;
      return entry.connection;
    } catch (thrown) {
      // A failure is reported to all who wait for this dial, and not to those who come later.
      if (this.#open.get(key) === entry) this.#open.delete(key);
      throw thrown;
    }
  }
}
