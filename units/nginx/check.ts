/**
 * Compares an nginx configuration with the systemd sockets that pass it its listening sockets.
 *
 * nginx keeps an inherited socket only if a `listen` names the same family, address and port. If none does, nginx closes the socket and
 * opens the configured address inside the container, where no client arrives: the service is active, and every client hangs.
 * (ngx_init_cycle() in src/core/ngx_cycle.c with ngx_cmp_sockaddr() in src/core/ngx_inet.c.)
 */
import {
  AddressError,
  parseListenStream,
  sameAddress,
  toListenStream,
  toNginxListen,
  wildcardOf,
  type ListenAddress,
} from "./address.ts";
import { bindsByItself, namedAddresses, type NamedAddress } from "./bind.ts";
import { findListens, type Listen, type Listens, type NginxFile } from "./listens.ts";
import { optionProblems } from "./options.ts";
import { problemAt, type Problem } from "./problem.ts";
import { unreadListen, unreadServers, whyUnread } from "./unread.ts";

export type { NginxFile } from "./listens.ts";

/** A socket unit, and the addresses that it listens on (`ListenStream=` of systemd.socket(5)). */
export interface SocketUnit {
  /** The unit's name, for messages: "example1.socket". */
  unit: string;
  listen: string[];
  /**
   * The argument that has these addresses, for messages. Null if they are not the user's choice.
   * @default "listen"
   */
  argument?: string | null;
}

/** Errors: nginx would not start, or clients would hang. Warnings: something could not be checked, or has no effect. */
export interface CheckResult {
  errors: Problem[];
  warnings: Problem[];
}

/**
 * Checks in both directions: each socket has a `listen`, and each `listen` has a socket.
 *
 * @param files what will be mounted at /etc/nginx/conf.d. nginx reads those that end in .conf; others count only if one of
 *   them includes them.
 * @param sockets the socket units of the service
 * @param mounts where volumes are in the container
 * @example
 * checkListens(
 *   [{ name: "default.conf", text: "server {\n listen 8080;\n}" }],
 *   [{ unit: "example1.socket", listen: ["8080"] }],
 * ).errors[0]?.message
 * // default.conf:2: "listen 8080" binds 0.0.0.0:8080, which no socket passes on, and no "listen" has the address of
 * // example1.socket, [::]:8080: nginx would close that socket, and every client would hang. Write "listen [::]:8080", or
 * // "0.0.0.0:8080" in the argument listen.
 */
export function checkListens(
  files: readonly NginxFile[],
  sockets: readonly SocketUnit[],
  mounts: readonly string[] = [],
): CheckResult {
  const found = findListens(files, mounts);
  const { listens, errors, warnings } = found;
  const passed = readSockets(sockets, errors);
  const named = namedAddresses(listens.filter(({ options }) => !options.includes("quic")));
  const spare = passed.filter(({ address }) => !named.some((other) => sameAddress(other.address, address)));
  const both: Comparison = { ...found, named, passed, spare, told: new Set() };

  for (const listen of listens) checkAlone(listen, both);
  for (const one of named) checkNamed(one, both);
  for (const socket of passed) checkSocket(socket, both);
  return { errors: unique(errors), warnings: unique(warnings) };
}

/** Both sides, and the problems found so far. */
interface Comparison extends Listens {
  /** The addresses of the listens, without UDP. */
  named: NamedAddress[];
  passed: PassedSocket[];
  /** The sockets that no `listen` names. */
  spare: PassedSocket[];
  /** Those of them that the problem of a `listen` explains. */
  told: Set<PassedSocket>;
}

interface PassedSocket {
  unit: string;
  argument: string | null;
  address: ListenAddress;
}

function readSockets(sockets: readonly SocketUnit[], errors: Problem[]): PassedSocket[] {
  const passed: PassedSocket[] = [];
  for (const { unit, listen, argument = "listen" } of sockets) {
    for (const text of listen) {
      try {
        const address = parseListenStream(text);
        // Throws for an address that systemd could pass on but nginx can't name.
        toNginxListen(address);
        passed.push({ unit, argument, address });
      } catch (error) {
        if (!(error instanceof AddressError)) throw error;
        const where = argument === null ? "" : `the argument ${argument}: `;
        errors.push(problemAt(unit, undefined, `${where}${error.message}`));
      }
    }
  }
  return passed;
}

/** The problems of a listen that do not depend on the sockets. */
function checkAlone(listen: Listen, { errors, warnings }: Comparison): void {
  const at = (what: string) => problemAt(listen.file, listen.line, `"${listen.text}" ${what}`);
  if (listen.hostPorts !== undefined) {
    const example = `Write an address, as "listen 127.0.0.1:${listen.hostPorts.firstPort}".`;
    warnings.push(
      at(
        `names a host, which nginx looks up when it starts: it can't be compared with the sockets. ${example}`,
      ),
    );
  }
  if (listen.options.includes("quic")) {
    const reason = "nginx would bind it inside the container, where no client arrives";
    errors.push(at(`is UDP, and a socket unit passes on TCP only: ${reason}. Remove it.`));
  }
}

/** An address that nginx opens a socket for must be passed on. */
function checkNamed(one: NamedAddress, both: Comparison): void {
  if (one.coveredBy !== undefined) return;
  const { address } = one;
  if (both.passed.some((socket) => sameAddress(socket.address, address))) {
    const { errors, warnings } = optionProblems(one);
    both.errors.push(...errors);
    both.warnings.push(...warnings);
    return;
  }
  const stream = toListenStream(address);
  const mayBeCovered = both.unseen && wildcardIsPassed(address, both.passed) && !bindsByItself(one);
  const meant = likeliest(address, both.spare);
  for (const listen of one.listens) {
    const subject = listen.text === undefined ? 'this server has no "listen", so nginx' : `"${listen.text}"`;
    const at = (what: string) =>
      problemAt(listen.file, listen.line, `${subject} binds ${stream}, which no socket passes on${what}`);
    if (mayBeCovered) {
      both.warnings.push(at(", unless an include that can't be seen has a wildcard that covers it."));
    } else if (meant !== undefined) {
      const or = meant.argument === null ? "" : `, or "${stream}" in the argument ${meant.argument}`;
      const fix = `Write "listen ${toNginxListen(meant.address)}"${or}.`;
      if (isUnnamed(meant, both)) {
        both.told.add(meant);
        const also = `, and no "listen" has the address of ${meant.unit}, ${toListenStream(meant.address)}`;
        both.errors.push(at(`${also}: nginx would close that socket, and every client would hang. ${fix}`));
      } else both.errors.push(at(`. ${listSockets(both.passed)} ${fix}`));
    } else if (isInternal(address)) {
      // No client hangs: it is for a status page or a health check.
      both.warnings.push(at(": only the container itself can reach it."));
    } else {
      const isFixed = both.passed.some(({ argument }) => argument === null);
      const or = isFixed ? "" : `, or add "${stream}" to the argument listen`;
      both.errors.push(at(`. ${listSockets(both.passed)} Remove it${or}.`));
    }
  }
}

/** Whether certainly no `listen` is for this socket, as far as nginx reads the files. */
function isUnnamed(socket: PassedSocket, both: Comparison): boolean {
  return (
    !both.broken &&
    !both.unseen &&
    unreadListen(both.unread, socket.address) === undefined &&
    unreadServers(both.unread) === "" &&
    !both.listens.some((one) => mayMean(one, socket.address))
  );
}

/** A socket that systemd passes on must be named, or nginx closes it. */
function checkSocket(socket: PassedSocket, both: Comparison): void {
  if (both.told.has(socket)) return;
  const argument = socket.argument === null ? "" : `, the argument ${socket.argument},`;
  const at = (what: string) =>
    problemAt(socket.unit, undefined, `"${toListenStream(socket.address)}"${argument} ${what}`);
  const listen = `listen ${toNginxListen(socket.address)}`;
  const one = both.named.find(({ address }) => sameAddress(address, socket.address));
  if (one !== undefined) {
    if (one.coveredBy === undefined) return;
    const reason = `nginx opens only the wildcard ${place(one.coveredBy)}, which covers ${place(one)}`;
    both.errors.push(
      at(`would be closed, and every client would hang: ${reason}. Write "${listen} bind" there.`),
    );
    return;
  }
  // Another error already says why a `listen` may be missing.
  if (both.broken) return;
  const byName = both.listens.find((other) => mayMean(other, socket.address));
  if (byName !== undefined) {
    const where = `${byName.file}:${byName.line}`;
    both.warnings.push(
      at(`has no "listen", unless the host name in ${where} stands for it. Write "${listen}".`),
    );
  } else if (both.unseen) {
    both.warnings.push(
      at(`has no "listen" that can be seen. If no include has "${listen}", every client hangs.`),
    );
  } else {
    const unread = unreadListen(both.unread, socket.address);
    both.errors.push(
      at(
        unread === undefined
          ? `has no "listen": nginx would close it, and every client would hang. ${listNamed(both.named)} Write "${listen}".${unreadServers(both.unread)}`
          : `has its "listen" in ${unread} only, which nginx does not read: ${whyUnread}`,
      ),
    );
  }
}

function wildcardIsPassed(address: ListenAddress, passed: PassedSocket[]): boolean {
  if (address.family === "unix") return false;
  const wildcard = wildcardOf(address);
  return passed.some((socket) => sameAddress(socket.address, wildcard));
}

/** The likely one of `others`: the one with the same port, or the only one. */
function likeliest(address: ListenAddress, others: PassedSocket[]): PassedSocket | undefined {
  const portOf = (one: ListenAddress) => (one.family === "unix" ? undefined : one.port);
  const samePort = others.find((other) => portOf(other.address) === portOf(address));
  return samePort ?? (others.length === 1 ? others[0] : undefined);
}

function isInternal(address: ListenAddress): boolean {
  return address.family === "unix" || address.address.startsWith("127.") || address.address === "::1";
}

function mayMean({ hostPorts }: Listen, address: ListenAddress): boolean {
  if (hostPorts === undefined || address.family === "unix") return false;
  return hostPorts.firstPort <= address.port && address.port <= hostPorts.lastPort;
}

function listSockets(passed: PassedSocket[]): string {
  if (passed.length === 0) return "There is no socket.";
  return `Sockets: ${passed.map(({ unit, address }) => `${toListenStream(address)} (${unit})`).join(", ")}.`;
}

function listNamed(named: NamedAddress[]): string {
  const bound = named.filter(({ coveredBy }) => coveredBy === undefined);
  return bound.length === 0 ? "nginx binds nothing." : `nginx binds ${bound.map(place).join(", ")}.`;
}

/** "0.0.0.0:8080 (default.conf:2)" */
function place({ address, listens: [listen] }: NamedAddress): string {
  return `${toListenStream(address)} (${listen?.file}:${listen?.line})`;
}

/** A file that several servers include is read several times, but its problems are reported once. */
function unique(problems: Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}
