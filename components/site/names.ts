import { type Output, output } from "@pulumi/pulumi/output.js";
import { type Hosts, hostsOf } from "../arguments/hosts.ts";
import { parseListenStream, toListenStream } from "../../units/nginx/address.ts";
import type { SocketUnit } from "../../units/nginx/check.ts";
import type { SocketActivatedNginxArgs } from "./arguments.ts";
import { type Listens, allListens, tlsListens } from "../tls/tls.ts";

/** Whether NAME.container, NAME.socket and NAME.service are unit names (systemd.unit(5)) and a set's name. */
export function isContainerUnitName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(name);
}

/**
 * One socket unit for each address, so that a change of one never closes another. The first without TLS has the service's
 * name; the others are named by their address, so that a unit keeps its name when its neighbours change.
 *
 * ```ts
 * socketUnits("web", { listen: ["0.0.0.0:80", "0.0.0.0:81", "[::]:80"] }).map(({ unit }) => unit)
 * // ["web.socket", "web-81.socket", "web-ipv6-80.socket"]
 * ```
 */
export function socketUnits(name: string, args: Listens): SocketUnit[] {
  return allListens(args).map((text) => ({
    unit: text === args.listen[0] ? `${name}.socket` : `${name}-${suffix(text)}.socket`,
    listen: [text],
  }));
}

function suffix(text: string): string {
  const address = parseListenStream(text);
  if (address.family === "unix") return `unix${address.path.replace(/[^A-Za-z0-9.]/g, escaped)}`;
  const family = address.family === "ipv6" ? "ipv6-" : "";
  const wildcard = address.address === "0.0.0.0" || address.address === "::";
  return `${family}${wildcard ? "" : `${address.address.replaceAll(":", "_")}-`}${address.port}`;
}

/** One name for each path, in the spirit of systemd-escape(1) but without its backslashes. */
function escaped(character: string): string {
  return character === "/" ? "-" : `_${(character.codePointAt(0) ?? 0).toString(16)}`;
}

/** The port that an address of a page need not name. */
const usual = { http: 80, https: 443 };
export type Scheme = keyof typeof usual;

/** The address of a page for people, or undefined for a unix socket: "http://192.0.2.11:8080/". */
export function pageUrl(host: string, listen: string, scheme: Scheme = "http"): string | undefined {
  const address = parseListenStream(listen);
  if (address.family === "unix") return undefined;
  const at = toListenStream(address).replace(
    /^(0\.0\.0\.0|\[::\])(?=:)/,
    host.includes(":") ? `[${host}]` : host,
  );
  return `${scheme}://${address.port === usual[scheme] ? at.replace(/:\d+$/, "") : at}/`;
}

/** The same for a host name that is asked for on all addresses: "http://www.example.com:8080/". */
export function hostUrl(host: string, listen: string, scheme: Scheme = "http"): string | undefined {
  const address = parseListenStream(listen);
  if (address.family === "unix" || host.includes("*")) return undefined;
  return `${scheme}://${host}${address.port === usual[scheme] ? "" : `:${address.port}`}/`;
}

/**
 * The pages of all addresses, each once: two addresses may have the same, as "0.0.0.0:80" and "[::]:80" have.
 *
 * @param url as {@link pageUrl} or {@link hostUrl}, for a host
 */
export function urlsOf(
  args: Pick<SocketActivatedNginxArgs, "listen" | "tls">,
  url: (listen: string, scheme: Scheme) => string | undefined,
): string[] {
  const all = [
    ...args.listen.map((listen) => url(listen, "http")),
    ...tlsListens(args).map((listen) => url(listen, "https")),
  ];
  return [...new Set(all.filter((one) => one !== undefined))];
}

/** The pages of each host that takes part, by its name. */
export function pagesByHost(
  hosts: Hosts,
  urls: (address: string) => string[],
): Output<Record<string, string[]>> {
  const named = Object.entries(hostsOf(hosts)).filter(([, { state }]) => state !== "retired");
  return output(Object.fromEntries(named.map(([name, { address }]) => [name, address]))).apply((addresses) =>
    Object.fromEntries(
      Object.entries(addresses).map(([name, address]) => [name, [...new Set(urls(address))]]),
    ),
  );
}

export function allUrls(byHost: Record<string, string[]>): string[] {
  return [...new Set(Object.values(byHost).flat())];
}
