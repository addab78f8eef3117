import type { Effect } from "../../provider/effects.ts";

/** What a deploy does to one site, as its preview says. */
export interface Change {
  /** Its name in the program. */
  readonly site: string;
  readonly op: "create" | "update" | "delete";
  /** Names of hosts. */
  readonly hosts: readonly string[];
  /** Hosts that lose the site while others keep it. */
  readonly leaving: readonly string[];
  /** The worst that happens on a host. */
  readonly effect: Effect;
  /** In the words of the preview. */
  readonly says: readonly string[];
  /** The longest time that it may take, in minutes. */
  readonly minutes: number | undefined;
  /** Property by property, in order. */
  readonly diffs: readonly Diff[];
  readonly pending: string | undefined;
  readonly drift: Readonly<Record<string, string>>;
}

export interface Diff {
  /** `files["/etc/quadlet-fleet/www/conf.d/default.conf"].content` */
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  /** Text; undefined where it is a secret, or there is none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly isSecret: boolean;
}
