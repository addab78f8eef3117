/** The `listen` directives of a server block. */
import { sameAddress, toNginxListen, wildcardOf, type ListenAddress } from "./address.ts";
import { quoteWord } from "./tokens.ts";

/** What a server listens on: for plain HTTP, and for TLS. */
export interface Listening {
  plain: readonly ListenAddress[];
  tls?: readonly ListenAddress[];
}

/** What a `listen` is written for. */
export interface ListenOptions {
  /** An option for each of them: "default_server". */
  option?: string;
  /**
   * All that nginx listens on: beside a wildcard it opens a socket of its own for an address only with "bind", which may
   * stand in one server only. Left out where another server has it.
   */
  among?: readonly ListenAddress[];
}

/** One line for each address; an address that is there twice counts once. */
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

/** Beside a wildcard, nginx would open no socket for this address: see bind.ts. */
function isCovered(one: ListenAddress, addresses: readonly ListenAddress[]): boolean {
  if (one.family === "unix") return false;
  const wildcard = wildcardOf(one);
  return !sameAddress(one, wildcard) && addresses.some((other) => sameAddress(other, wildcard));
}

function unique(addresses: readonly ListenAddress[]): ListenAddress[] {
  return addresses.filter((one, index) => addresses.findIndex((other) => sameAddress(one, other)) === index);
}
