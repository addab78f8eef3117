import { Connection } from "./connection.ts";
import { type Target, endpointName, machineOf } from "./endpoint.ts";
import { HostError } from "../errors.ts";
import { Gate } from "./gate.ts";
import { SshConfig } from "./config.ts";

/** Logins at a time. A host that does not answer keeps its place until its connectTimeout; enough places are left for the others. */
const dialsAtOnce = 32;

/** Connected hosts at a time on which something is done. */
const hostsAtOnce = 50;

/** Sessions at a time on one host: sshd allows ten per connection by default (sshd_config(5), MaxSessions). */
const sessionsPerHost = 4;

interface Entry {
  dial: Promise<Connection>;
  /** Set after the login. The connection may have been lost since. */
  connection?: Connection;
}

/**
 * One connection per host for the whole run, which all its resources share, and one per jump host, which all hosts behind it share: sshd
 * drops parallel dials (MaxStartups) and channels are cheaper than logins. The next caller that needs a broken connection dials it again.
 */
export class Pool {
  readonly #open = new Map<string, Entry>();
  readonly #gates = new Map<string, Gate>();
  readonly #config = new SshConfig();
  readonly #dials = new Gate(dialsAtOnce);
  readonly #hosts = new Gate(hostsAtOnce);
  #stopped = false;

  /** From now on no work begins. Work that has begun continues to its end. */
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

  /** Works on a connected host when it is its turn: on at most `hostsAtOnce` hosts at a time. */
  async working<T>(action: () => Promise<T>): Promise<T> {
    return await this.#hosts.pass(action);
  }

  /** Looks at a host when it is its turn: at most `sessionsPerHost` times at once. */
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

  /** The shared connection to a target that the ssh configuration has completed. */
  async #shared(target: Target, isJump = false): Promise<Connection> {
    // The key includes the credentials: a resource must not get a login from another resource.
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
    // A jump host needs no place of its own: the host that waits for it has one.
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
