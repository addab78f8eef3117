/** The headers that backends get. */
import { type Extra, headersSet, named } from "./extra.ts";
import type { Directive } from "./parse.ts";
import { conf, headersFile } from "./proxy-files.ts";
import { quoteWord } from "./tokens.ts";

/** What is set, by the name in lower case: nginx sends a header that is set twice twice. */
export type Headers = ReadonlyMap<string, { name: string; value: string }>;

/**
 * What is generated. This proxy is the first hop: systemd hands it the client's own connection, so $remote_addr is the client.
 * What the client itself says of where it comes from ($proxy_add_x_forwarded_for would keep it) is not to be trusted, and replaced.
 */
const generated = headersOf([
  ["Host", "$host$proxy_port_suffix"],
  ["X-Real-IP", "$remote_addr"],
  ["X-Forwarded-For", "$remote_addr"],
  ["X-Forwarded-Proto", "$scheme"],
  ["X-Forwarded-Host", "$host$proxy_port_suffix"],
  ["X-Forwarded-Port", "$server_port"],
  ["Forwarded", ""],
  // Not for CGI programs to take as HTTP_PROXY (httpoxy).
  ["Proxy", ""],
  ["Upgrade", "$proxy_upgrade"],
  ["Connection", "$proxy_connection"],
]);

function headersOf(pairs: readonly (readonly string[])[]): Headers {
  return new Map(pairs.map(([name = "", value = ""]) => [name.toLowerCase(), { name, value }]));
}

/**
 * What holds below a level that sets some of them. nginx takes the headers of one level only, the innermost, so that each level
 * that is written has all of them.
 *
 * @param outer what holds above it
 * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header
 */
export function withHeaders(directives: readonly Directive[], outer: Headers = generated): Headers {
  const set = named(directives, "proxy_set_header").map(({ args }) => args);
  return set.length === 0 ? outer : new Map([...outer, ...headersOf(set)]);
}

/** The file with those that hold everywhere. */
export function proxyHeaders(shared: Headers): string {
  return `# This is the edge: what a client says of its own address and scheme is replaced, not added to.
${lines(shared).join("\n")}
`;
}

/**
 * The lines beside a person's own at a level.
 *
 * @param outer what holds above it
 * @param shared what {@link proxyHeaders} has
 */
export function headersBeside(extra: Extra, outer: Headers, shared: Headers): string[] {
  const own = headersSet(extra);
  const others = new Map([...outer].filter(([name]) => !own.has(name)));
  if (outer === shared && others.size === shared.size) return [`include ${conf}/${headersFile};`];
  return [`# In place of ${headersFile}, which has one that is set otherwise.`, ...lines(others)];
}

function lines(headers: Headers): string[] {
  return [...headers.values()].map(
    ({ name, value }) => `proxy_set_header ${quoteWord(name)} ${quoteWord(value)};`,
  );
}
