/** Files that nginx does not read, although the user may have expected it. */
import { sameAddress, type ListenAddress } from "./address.ts";
import { listensOf } from "./extra.ts";
import { parseReadable } from "./included.ts";
import type { NginxFile } from "./listens.ts";
import type { Directive } from "./parse.ts";

/** The first of these files that listens on an address: `"site" (line 2)`. */
export function unreadListen(unread: readonly NginxFile[], address: ListenAddress): string | undefined {
  for (const { name, text } of unread) {
    const listen = within(parseReadable(text), "listen").find((directive) =>
      listensOf({ directives: [directive] }).some((other) => sameAddress(other, address)),
    );
    if (listen !== undefined) return `"${name}" (line ${listen.line})`;
  }
  return undefined;
}

/** A sentence about these files if they have a server. Empty if none has. */
export function unreadServers(unread: readonly NginxFile[]): string {
  const names = unread
    .filter(({ text }) => within(parseReadable(text), "server").some(({ block }) => block !== undefined))
    .map(({ name }) => `"${name}"`);
  return names.length === 0 ? "" : ` nginx does not read ${names.join(", ")}: ${whyUnread}`;
}

export const whyUnread =
  'a file is read if its name ends in ".conf", or if another file includes it. Rename it, or include it.';

function within(directives: readonly Directive[], name: string): Directive[] {
  return directives.flatMap((directive) =>
    directive.name === name
      ? [directive, ...within(directive.block ?? [], name)]
      : within(directive.block ?? [], name),
  );
}
