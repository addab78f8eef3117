import { z } from "zod";
import { map, text } from "./fields.ts";

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

export const unitSetOutputs = z.strictObject({
  /** Who the set belongs to, as the host has it. */
  owner: text(),
  /** Unit → its state after the last operation that succeeded. */
  unitStates: map(text(), unitState),
  /** Why the last refresh could not reach the host; everything else is from the time before it. Left out where it could. */
  unseen: text().optional(),
  /** What an `up` has left half done, in a line. The next one puts it right. Left out everywhere else. */
  pending: text().optional(),
  /** Host → what the last refresh has found to differ there, in a line. The next `up` puts it right. Left out where nothing differs. */
  drift: map(text(), text()).optional(),
});

/** What was observed. Nothing in it changes by itself. */
export interface UnitSetOutputs extends z.input<typeof unitSetOutputs> {}
