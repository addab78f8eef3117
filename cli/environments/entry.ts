/** `hosts.web-1.address` → hosts, web-1, .address */
export function entryOf(path: string): { kind: string; name?: string; rest: string } {
  const [, kind = path, quoted, plain, rest = ""] =
    /^(\w+)(?:\["([^"]*)"\]|\.([\w-]+))(.*)$/s.exec(path) ?? [];
  const name = quoted ?? plain;
  return { kind, ...(name === undefined ? {} : { name }), rest };
}

/** `hosts.web-1.address` → hosts.web-1 */
export function entryAt(path: string): string {
  return path.slice(0, path.length - entryOf(path).rest.length);
}
