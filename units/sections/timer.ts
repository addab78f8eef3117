import type { KeySpecs } from "../section.ts";

/**
 * `[Timer]`: when systemd starts the service of the same name.
 *
 * @see systemd.timer(5)
 */
export interface TimerSection {
  /** Calendar times: "daily" (systemd.time(7)). Default: none. */
  onCalendar?: string;
  /** The longest random delay after that, so that not all start at the same time: "15min". Default: 0. */
  randomizedDelaySec?: string;
}

export const timerKeys = {
  onCalendar: "value",
  randomizedDelaySec: "value",
} as const satisfies KeySpecs<TimerSection>;
