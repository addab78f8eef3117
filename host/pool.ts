import { Connection } from "./connection.ts";
import { type Target, endpointName } from "./endpoint.ts";

/**
 * One connection a host for the whole run, however many resources it has: sshd drops parallel dials (MaxStartups) and
 * channels are cheaper than logins. A connection that broke is dialled again by the next who needs it.
 */
export class Pool {
  readonly #open = new Map<string, Promise<Connection>>();

  async connect(target: Target): Promise<Connection> {
    const key = [target, ...(target.jump ? [target.jump] : [])].map(endpointName).join(" via ");
    const existing = this.#open.get(key);
    if (
      existing &&
      (await existing.then(
        (connection) => connection.isOpen,
        () => false,
      ))
    )
      return await existing;
    // Somebody else may have dialled again while this one was looking.
    const current = this.#open.get(key);
    if (current && current !== existing) return await current;
    const dialled = Connection.open(target);
    this.#open.set(key, dialled);
    // A failure is reported to all who wait for this dial, and not to those who come later.
    dialled.catch(() => this.#open.get(key) === dialled && this.#open.delete(key));
    return await dialled;
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(all.map(async (connection) => (await connection).close()));
  }
}
