import { z } from "zod";
import { text, textOrNumber, wholeNumber } from "./fields.ts";

export const offlinePolicy = z.enum(["fail", "skip"]);

/** "fail": an unreachable host is a failure. "skip": it is left out and stays pending. */
export type OfflinePolicy = z.input<typeof offlinePolicy>;

export const rolloutPause = z.enum(["none", "canary"]);

/** Where a rollout stops until the next `pulumi up`. */
export type RolloutPause = z.input<typeof rolloutPause>;

const share = () => textOrNumber("share", 'a whole number, or a percentage as in "25%"');

export const rolloutPolicy = z.strictObject({
  /**
   * How many hosts change first, alone. If a canary fails, all hosts go back to the old version, whatever {@link maxFailures} is. One
   * host alone has no canary.
   * @default 1
   * @range a whole number, or a percentage of the hosts; 0 means no canary
   * @example "10%"
   */
  canary: share().optional(),
  /**
   * The canaries by name. {@link canary} is not read then.
   * @default none: the first hosts in natural order (web-2 before web-10)
   * @range names of hosts of the set
   * @example ["web-7"]
   */
  canaryHosts: z.array(text()).optional(),
  /**
   * How many hosts change at the same time.
   * @default 50; with `commands` 25%, since those may drain a host
   * @range a whole number from 1 on, or a percentage of the hosts
   * @example "25%"
   */
  maxParallel: share().optional(),
  /**
   * Seconds for which the canaries, and each batch of hosts except the last, must answer before the next hosts change.
   * @default 3
   * @range 0 to 3600
   * @example 60
   */
  minHealthyTime: wholeNumber(0, 3600).optional(),
  /**
   * Seconds that the activation of one host may take, from the first changed file to the answered request.
   * @default the host's commandTimeout
   * @range 1 to 3600
   * @example 300
   */
  healthyDeadline: wholeNumber(1, 3600).optional(),
  /**
   * How many hosts may fail before all hosts go back to the old version. Within this budget the failed hosts keep the old version and
   * stay pending.
   * @default 0
   * @range a whole number, or a percentage of the hosts
   * @example 2
   */
  maxFailures: share().optional(),
  /**
   * Whether all hosts go back to the old version after too many failures. false: the healthy hosts keep the new version, and no
   * further host changes.
   * @default true
   * @example false
   */
  autoRevert: z.boolean().optional(),
  /**
   * What an unreachable host is: "fail", a failure; "skip", it is left out and stays pending. Unreachable means that no SSH server answers:
   * a wrong host key or a refused login is always a failure, and so is an unreachable canary, or more than half of the hosts.
   * @default "fail"
   * @example "skip"
   */
  offline: offlinePolicy.optional(),
  /**
   * Seconds without contact after which an activated host goes back to the old version by itself.
   * @default 120
   * @range 60 to 3600
   * @example 300
   */
  grace: wholeNumber(60, 3600).optional(),
  /**
   * Change only these hosts. The others stay pending. For a single run, set the environment variable QUADLET_FLEET_ONLY to their names,
   * separated by commas; it takes the place of this field.
   * @default all hosts
   * @range names of hosts of the set, at least one
   * @example ["web-3"]
   */
  only: z.array(text()).optional(),
  /**
   * "canary": stop after the canaries have the new version. All other hosts stay pending, and the next `pulumi up` changes them.
   * @default "none"
   * @example "canary"
   */
  pause: rolloutPause.optional(),
});

/** How a change reaches the hosts of a fleet. A difference here alone changes nothing on a host. */
export interface RolloutPolicy extends z.input<typeof rolloutPolicy> {}
