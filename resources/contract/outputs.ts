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
  /** One line that says what an interrupted `up` left to do on the host. The next `up` does it. Absent if nothing is left to do. */
  pending: text().optional(),
  /** Host → one line with the differences that the last refresh found there. The next `up` repairs them. Absent if nothing differs. */
  drift: map(text(), text()).optional(),
});

/** What was observed. Nothing in it changes by itself. */
export interface UnitSetOutputs extends z.input<typeof unitSetOutputs> {}
