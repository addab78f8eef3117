import { z } from "zod";
import { connection } from "./connection.ts";

export const presence = z.enum(["present", "offline", "retired"]);

/**
 * "present": the host is deployed to. "offline": it is left out and stays pending until it is "present" again. "retired": it is
 * forgotten without a connection; what it has stays there.
 */
export type Presence = z.input<typeof presence>;

export const host = z.strictObject({
  ...connection.shape,
  /**
   * Whether the host takes part: "offline" leaves it out and reports it as pending, "retired" forgets it without a connection.
   * @default "present"
   * @example "offline"
   */
  state: presence.optional(),
});

/** One host of a fleet: the connection, and whether the host takes part. */
export interface Host extends z.input<typeof host> {}
