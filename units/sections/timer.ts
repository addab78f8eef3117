import type { KeySpecs } from "../section.ts";

/**
 * `[Timer]`: when systemd starts the service of the same name.
 *
 * @see systemd.timer(5)
 */
export interface TimerSection {
  /** Times of the calendar: "daily" (systemd.time(7)). Default: none. */
  onCalendar?: string;
  /** The longest random time after that, so that not all start at once: "15min". Default: 0. */
  randomizedDelaySec?: string;
}

export const timerKeys = {
  onCalendar: "value",
  randomizedDelaySec: "value",
} as const satisfies KeySpecs<TimerSection>;
