import { challengePath } from "../../units/nginx/acme.ts";
import { type ListenAddress, isLocal, isWildcard, overlaps, sameAddress } from "../../units/nginx/address.ts";
import { namedAddresses } from "../../units/nginx/bind.ts";
import { httpDirectives } from "../../units/nginx/included.ts";
import { type Listen, type NginxFile, findListens } from "../../units/nginx/listens.ts";
import type { Directive } from "../../units/nginx/parse.ts";

/** What an address answers: "redirect" also where it answers with nothing but an error, and "unknown" where that can't be seen. */
export type Serves = "tls" | "redirect" | "plain" | "unknown";

/**
 * What nginx answers on the address of a socket. A wildcard leads to all addresses of its port, so each of them counts.
 *
 * @param files what is mounted at /etc/nginx/conf.d
 * @param ipv6Only the socket takes no IPv4
 */
export function servesOn(files: readonly NginxFile[], socket: ListenAddress, ipv6Only: boolean): Serves {
  const { listens, unseen } = findListens(files);
  const tcp = listens.filter(({ options }) => !options.includes("quic"));
  const reached = namedAddresses(tcp).filter(
    ({ address }) =>
      sameAddress(address, socket) ||
      (isWildcard(socket) && !isLocal(address) && overlaps(socket, address, ipv6Only)),
  );
  if (reached.length === 0) return "unknown";
  // One `ssl` is enough for all servers of an address: ngx_http_add_addresses().
  const plain = reached.filter(({ listens: its }) => its.every(({ options }) => !options.includes("ssl")));
  if (plain.length === 0) return "tls";
  const servers = plain.flatMap(({ listens: its }) => its.map((listen) => serversOf(files, listen)));
  // Those that are in an include, or whose `listen` is in one, are not found.
  const isAll = !unseen && servers.every((found) => found.length > 0 && found.every(onlyRedirects));
  return isAll ? "redirect" : "plain";
}

/** The directives of the server that has a `listen`. Of several in one line all that have it. */
function serversOf(files: readonly NginxFile[], { file, line, text }: Listen): (readonly Directive[])[] {
  return httpDirectives(files.filter(({ name }) => name === file))
    .filter(({ name }) => name === "server")
    .map(({ block = [] }) => block)
    .filter((block) =>
      named(block, "listen").some((one) => one.line === line && ["listen", ...one.args].join(" ") === text),
    );
}

function named(directives: readonly Directive[], name: string): Directive[] {
  return directives.filter((one) => one.name === name);
}

/** Directives of a server that answer nothing. */
const silent = ["listen", "server_name", "access_log", "error_log"];

function onlyRedirects(block: readonly Directive[]): boolean {
  const others = block.filter(({ name }) => !silent.includes(name));
  return (
    others.length > 0 &&
    others.every((one) => (one.name === "location" ? isHarmless(one) : isRedirect(one))) &&
    // Without it nginx serves files from its default root.
    (named(others, "return").length > 0 ||
      named(others, "location").some(({ args }) => args.join(" ") === "/"))
  );
}

function isHarmless({ args, block = [] }: Directive): boolean {
  if (args.at(-1) === challengePath) return block.every(({ name }) => name === "root");
  return block.length > 0 && block.every(isRedirect);
}

/** `return 301 https://…`, `return https://…`, and `return 404` without a text. */
function isRedirect({ name, args }: Directive): boolean {
  if (name !== "return") return false;
  const [first = "", second] = args;
  if (second === undefined) return /^4\d\d$|^https:\/\//.test(first);
  return /^30[12378]$/.test(first) && second.startsWith("https://");
}
