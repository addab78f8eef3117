/** The `listen` directives of a server block. */
import { sameAddress, toNginxListen, wildcardOf, type ListenAddress } from "./address.ts";
import { quoteWord } from "./tokens.ts";

/** What a server listens on: for plain HTTP, and for TLS. */
export interface Listening {
  plain: readonly ListenAddress[];
  tls?: readonly ListenAddress[];
}

/** Options of {@link listenLines}. */
export interface ListenOptions {
  /** An option for each line: "default_server". */
  option?: string;
  /**
   * All addresses that nginx listens on. If a wildcard covers an address, nginx opens a separate socket for it only with "bind", which only
   * one server may have. Left out if another server has it.
   */
  among?: readonly ListenAddress[];
}

/** One line for each address. A repeated address counts once. */
export function listenLines({ plain, tls = [] }: Listening, { option, among = [] }: ListenOptions): string {
  const line = (address: ListenAddress, ...options: (string | undefined)[]) => {
    const bind = isCovered(address, among) ? "bind" : undefined;
    const words = [quoteWord(toNginxListen(address)), ...options, option, bind];
    return `    listen ${words.filter((word) => word !== undefined).join(" ")};\n`;
  };
  return [
    ...unique(plain).map((address) => line(address)),
    ...unique(tls).map((address) => line(address, "ssl")),
  ].join("");
}

/** Whether a wildcard covers this address, so that nginx would open no socket for it: see bind.ts. */
function isCovered(one: ListenAddress, addresses: readonly ListenAddress[]): boolean {
  if (one.family === "unix") return false;
  const wildcard = wildcardOf(one);
  return !sameAddress(one, wildcard) && addresses.some((other) => sameAddress(other, wildcard));
}

function unique(addresses: readonly ListenAddress[]): ListenAddress[] {
  return addresses.filter((one, index) => addresses.findIndex((other) => sameAddress(one, other)) === index);
}
