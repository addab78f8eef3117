import { HostError } from "../errors.ts";
import { type Target, endpointName } from "../ssh/endpoint.ts";
import type { Session } from "./session.ts";

/** What a caller hears while it waits. */
export interface Progress {
  /** What is being done now. The next call replaces it. */
  doing: (says: string) => void;
  /** A message that a user should still find after the run. */
  note: (says: string) => void;
}

/** Reports nothing. */
export const silent: Progress = { doing: () => undefined, note: () => undefined };

/** Seconds that a look, a preparation or an activation may take. */
export const timeLimit = ({ commandTimeout = 600 }: Target): number => commandTimeout;

/**
 * Works with a session within the target's time limit. A session that fails or takes longer is abandoned: nothing in it has
 * changed anything that serves.
 *
 * @throws HostError when it takes longer
 */
export async function inTime<T>(target: Target, session: Session, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = () =>
      new HostError(endpointName(target), `not done within ${timeLimit(target)} s (commandTimeout).`, {
        cure: "Run `pulumi up` again later, or raise commandTimeout.",
      });
    timer = setTimeout(() => reject(late()), timeLimit(target) * 1000);
  });
  try {
    return await Promise.race([work(), deadline]);
  } catch (thrown) {
    session.abandon();
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}
