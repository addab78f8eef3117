import { z } from "zod";
import { map, mapOfSecrets, text } from "./fields.ts";
import { host } from "./hosts.ts";
import { manager } from "./unit-set.ts";

export const unitState = z.strictObject({
  /** Whether systemd has read it: LoadState. */
  load: text(),
  /** Whether it runs: ActiveState. */
  active: text(),
  /** Whether it is started at boot: UnitFileState. */
  enabled: text(),
  /** Files that change what the unit's own file says (systemd.unit(5), "drop-in"). Left out where there are none. */
  dropIns: z.array(text()).optional(),
});

/** What systemd says of a unit (org.freedesktop.systemd1(5)). */
export interface UnitState extends z.input<typeof unitState> {}

export const hasVersion = z.enum(["nothing", "old", "new", "stuck", "unknown"]);

/**
 * What a host has: "nothing" of the set; its "old" version; the "new" one, with something left to do; parts of both, as a rollback has
 * failed ("stuck"); or it is "unknown".
 */
export type HasVersion = z.input<typeof hasVersion>;

export const keeper = z.strictObject({
  /** The service manager. */
  manager,
  /** The account. */
  user: text().optional(),
});

/** The service manager that has a set, and the account of the set. */
export interface Keeper extends z.input<typeof keeper> {}

export const hostException = z.strictObject({
  /** What the host has. */
  has: hasVersion,
  /** Why, in one line. */
  why: text(),
  /** Who has its version there, where the other hosts have another manager or account. */
  keeper: keeper.optional(),
});

/** A host that does not have what the other hosts have. */
export interface HostException extends z.input<typeof hostException> {}

export const unitSetOutputs = z.strictObject({
  /** Who the set belongs to, as the hosts have it. */
  owner: text(),
  /** Name → address of each host that has the set, or may have a part of it. */
  where: map(text(), text()),
  /** Unit → its state after the last operation that succeeded, the same on all hosts that are not {@link pending}. */
  unitStates: map(text(), unitState),
  /** One line with the hosts that the last refresh could not reach; what is known of them is from before. Absent if it reached all. */
  unseen: text().optional(),
  /**
   * One line with the hosts that differ from the rest, and why: "web-[3,7]: unreachable; web-9: held back". The next `up` goes on with
   * them. Absent if nothing is left to do.
   */
  pending: text().optional(),
  /** The hosts that {@link pending} is about, each by its name. Absent if there are none. */
  exceptions: map(text(), hostException).optional(),
  /**
   * Hosts ("web-[2-3]") → one line with the differences that the last refresh found there. The next `up` repairs them. Absent if nothing
   * differs.
   */
  drift: map(text(), text()).optional(),
  /** Hosts that have the set, or may have it, although the saved inputs do not name them, with their connections. Always a secret. */
  others: mapOfSecrets(text(), host).optional(),
});

/** What was observed. Nothing in it changes by itself. */
export interface UnitSetOutputs extends z.input<typeof unitSetOutputs> {}
