import type { Effect } from "../../provider/effects.ts";

/** What a deploy does to one site, according to its preview. */
export interface Change {
  /** Its name in the program. */
  readonly site: string;
  readonly op: "create" | "update" | "delete";
  /** What happens, and on which hosts. */
  readonly effects: readonly Happens[];
  /** The longest time that it may take, in minutes. */
  readonly minutes: number | undefined;
  /** Property by property, in order. */
  readonly diffs: readonly Diff[];
  readonly pending: string | undefined;
  readonly drift: Readonly<Record<string, string>>;
}

export interface Happens {
  readonly effect: Effect;
  /** Names of hosts. */
  readonly hosts: readonly string[];
  /** In the words of the preview: "reloads www.service". */
  readonly says: string;
}

export interface Diff {
  /** `files["/etc/quadlet-fleet/www/conf.d/default.conf"].content` */
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  /** The text. Undefined if it is a secret, or if there is none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly isSecret: boolean;
}
