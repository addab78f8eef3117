/** The headers that backends get. */
import { type Extra, headersSet, named } from "./extra.ts";
import type { Directive } from "./parse.ts";
import { conf, headersFile } from "./proxy-files.ts";
import { quoteWord } from "./tokens.ts";

/** Keyed by lower-case name: nginx would otherwise send the header twice. */
export type Headers = ReadonlyMap<string, { name: string; value: string }>;

/**
 * The generated headers. This proxy is the first hop: systemd passes on the client's own connection, so $remote_addr is the client. What
 * the client itself says about its address can't be trusted ($proxy_add_x_forwarded_for would keep it), so it is replaced.
 */
const generated = headersOf([
  ["Host", "$host$proxy_port_suffix"],
  ["X-Real-IP", "$remote_addr"],
  ["X-Forwarded-For", "$remote_addr"],
  ["X-Forwarded-Proto", "$scheme"],
  ["X-Forwarded-Host", "$host$proxy_port_suffix"],
  ["X-Forwarded-Port", "$server_port"],
  ["Forwarded", ""],
  // Otherwise CGI programs would read it as HTTP_PROXY (httpoxy).
  ["Proxy", ""],
  ["Upgrade", "$proxy_upgrade"],
  ["Connection", "$proxy_connection"],
]);

function headersOf(pairs: readonly (readonly string[])[]): Headers {
  return new Map(pairs.map(([name = "", value = ""]) => [name.toLowerCase(), { name, value }]));
}

/**
 * The headers below a level that sets some headers. nginx uses only the headers of the innermost level, so each generated level has all of
 * them.
 *
 * @param outer the headers above this level
 * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header
 */
export function withHeaders(directives: readonly Directive[], outer: Headers = generated): Headers {
  const set = named(directives, "proxy_set_header").map(({ args }) => args);
  return set.length === 0 ? outer : new Map([...outer, ...headersOf(set)]);
}

/** The file with the headers for all backends. */
export function proxyHeaders(shared: Headers): string {
  return `# This is the edge: what a client says of its own address and scheme is replaced, not added to.
${lines(shared).join("\n")}
`;
}

/**
 * The generated lines of a level, next to the user's own.
 *
 * @param outer the headers above this level
 * @param shared the headers of {@link proxyHeaders}
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
