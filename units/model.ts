/** A unit file as data: systemd units and podman's quadlets have the same syntax (systemd.syntax(7)). */
export interface UnitFile {
  /** Comment lines before the first section, without their "#". Default: none. */
  comments?: string[];
  /** In the order of the file. A name may come more than once: systemd then adds up the entries. */
  sections: Section[];
}

/** `[name]` and the lines below it. */
export interface Section {
  name: string;
  entries: Entry[];
}

/** One line of a section. `"key" in entry` tells an assignment from a comment. */
export type Entry = Assignment | Comment;

/**
 * `key=value`. A key may come more than once: what that means is the key's own matter (a list grows, other values are
 * replaced; an empty value resets the list).
 */
export interface Assignment {
  key: string;
  /** One line, without white space at its ends; quotes, `%` and `$` as they stand in the file. */
  value: string;
}

/** A comment line, without its "#". */
export interface Comment {
  comment: string;
}
