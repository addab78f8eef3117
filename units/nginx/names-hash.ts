/** nginx's table of server names, for names that are longer than its default room. */

/** nginx's default: the cache line of the processor. */
const USUAL = 64;
const POINTER = 8;

/**
 * The directive for the http context that makes room for these names. Undefined if there is enough room. Without the directive nginx would
 * not start ("could not build server_names_hash").
 *
 * @see https://nginx.org/en/docs/http/server_names.html#optimization; NGX_HASH_ELT_SIZE in nginx's src/core/ngx_hash.c
 * @example namesHashLine(["www.example.com"]) // undefined
 */
export function namesHashLine(serverNames: readonly string[]): string | undefined {
  const needed = Math.max(0, ...serverNames.map(bucketSize));
  if (needed <= USUAL) return undefined;
  let size = USUAL;
  while (size < needed) size *= 2;
  return `server_names_hash_bucket_size ${size};`;
}

/** A bucket has an element (its value, the length in two bytes and the text, aligned) and a pointer that ends it. */
function bucketSize(serverName: string): number {
  // Patterns have their own tables, by label (ngx_hash_wildcard_init()).
  const keys = serverName.startsWith("*.") ? serverName.split(".") : [serverName];
  const longest = Math.max(...keys.map(({ length }) => length));
  return POINTER + Math.ceil((longest + 2) / POINTER) * POINTER + POINTER;
}
