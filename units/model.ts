/** A unit file as data, without its comments: systemd units and podman's quadlets have the same syntax (systemd.syntax(7)). */
export interface UnitFile {
  /** In the order of the file. A name may come more than once: systemd then adds up the entries. */
  sections: Section[];
}

/** `[name]` and the lines below it. */
export interface Section {
  name: string;
  entries: Entry[];
}

/**
 * `key=value`. A key may come more than once: what that means is the key's own matter (a list grows, other values are
 * replaced; an empty value resets the list).
 */
export interface Entry {
  key: string;
  /** One line, without white space at its ends; quotes, `%` and `$` as they stand in the file. */
  value: string;
}
