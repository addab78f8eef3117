import { z } from "zod";
import { map, text } from "./fields.ts";

export const fileState = z.strictObject({
  /** Hexadecimal SHA-256 of the content; secret where the content is. */
  sha256: text(),
  /** Permission bits as four octal digits. */
  mode: text(),
});

/** What was seen of a file. */
export interface FileState extends z.input<typeof fileState> {}

export const unitState = z.strictObject({
  /** Whether systemd has read it: LoadState. */
  load: text(),
  /** Whether it runs: ActiveState. */
  active: text(),
  /** Whether it is started at boot: UnitFileState. */
  enabled: text(),
  /** Files that change what the unit's own file says (systemd.unit(5), "drop-in"). Left out where there are none. */
  dropIns: z.array(text()).optional(),
  /** True where systemd has not read the unit's files since they changed; else left out. */
  needsReload: z.boolean().optional(),
});

/** What systemd says of a unit (org.freedesktop.systemd1(5)). */
export interface UnitState extends z.input<typeof unitState> {}

export const unitSetOutputs = z.strictObject({
  /** Who the set belongs to, as the host has it. */
  owner: text(),
  /** Path on the host → state, units included. */
  fileStates: map(text(), fileState),
  /** Unit → state. */
  unitStates: map(text(), unitState),
  /** Why the last refresh could not reach the host; everything else is from the time before it. Left out where it could. */
  unseen: text().optional(),
  /** True where an `up` has left something half done on the host. The next one puts it right. Left out everywhere else. */
  unfinished: z.boolean().optional(),
});

/** What was observed on the host after the last operation. Nothing in it changes by itself. */
export interface UnitSetOutputs extends z.input<typeof unitSetOutputs> {}
