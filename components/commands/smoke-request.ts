import { isLocal, isWildcard, parseListenStream } from "../../units/nginx/address.ts";
import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import type { SmokeRequestArgs } from "./arguments.ts";
import { hostUrl, pageUrl } from "../site/names.ts";
import { tlsListens } from "../tls/tls.ts";

/** One request of a smoke test. */
export interface SmokeTarget {
  url: string;
  /** Where the connection goes, whatever the URL's name resolves to: the host, as names may come later. */
  address: string;
  port: number;
  /** It must be a redirect to TLS. */
  redirects: boolean;
}

/**
 * What can be asked from another machine.
 *
 * @param host where the host is
 * @param names the names to ask for, where it is not the host's own
 */
export function smokeTargets(
  args: Pick<SocketActivatedNginxArgs, "listen" | "tls" | "smokeTest">,
  host: string,
  names: readonly string[] = [],
): SmokeTarget[] {
  const { hostName } = (args.smokeTest ?? {}) as SmokeRequestArgs;
  const wanted = hostName === undefined ? names : [hostName];
  const targets = [
    ...args.listen.map((listen) => ({ listen, scheme: "http" as const })),
    ...tlsListens(args).map((listen) => ({ listen, scheme: "https" as const })),
  ].flatMap(({ listen, scheme }) => {
    const address = parseListenStream(listen);
    if (address.family === "unix" || isLocal(address)) return [];
    const urls =
      wanted.length > 0
        ? wanted.map((name) => hostUrl(name, listen, scheme))
        : [pageUrl(host, listen, scheme)];
    return urls.flatMap((url) => {
      if (url === undefined) return [];
      const at = isWildcard(address) ? host : address.address;
      return [
        { url, address: at, port: address.port, redirects: scheme === "http" && args.tls?.redirect === true },
      ];
    });
  });
  return [...new Map(targets.map((target) => [`${target.url} ${target.address}`, target])).values()];
}

/** All that the program below has to know. */
export interface SmokeRequest extends Omit<SmokeRequestArgs, "hostName"> {
  targets: SmokeTarget[];
  /** SHA-256 fingerprints of the certificates that may be served. Default: any. */
  fingerprints?: string[] | undefined;
}

/**
 * The program that makes the requests, for `node --eval`, with a {@link SmokeRequest} in JSON as its argument. A certificate is
 * right if it is the very one that was deployed: who signed it, and whether its name is known to a DNS yet, is another question.
 */
export const smokeProgram = String.raw`
import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
const { targets, path = "/", status, body, fingerprints, timeout = 30 } = JSON.parse(process.argv.at(-1));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ask = ({ url, address, port }) => new Promise((resolve, reject) => {
  const { protocol, host, hostname } = new URL(url);
  const servername = isIP(hostname.replace(/^\[|\]$/g, "")) ? "" : hostname;
  const options = { host: address, port, path, servername, headers: { Host: host }, agent: false, rejectUnauthorized: false };
  const request = (protocol === "https:" ? https : http).get({ ...options, signal: AbortSignal.timeout(10_000) }, (answer) => {
    const certificate = answer.socket.getPeerCertificate?.();
    const chunks = [];
    answer.on("data", (chunk) => chunks.push(chunk)).on("error", reject);
    answer.on("end", () => resolve({ answer, certificate, text: Buffer.concat(chunks).toString() }));
  });
  request.on("error", reject);
});
const problem = async (target) => {
  const { answer, certificate, text } = await ask(target);
  if (certificate && fingerprints && !fingerprints.includes(certificate.fingerprint256))
    return "serves another certificate: " + certificate.subject?.CN + ", valid to " + certificate.valid_to;
  const found = answer.statusCode;
  if (target.redirects) {
    const sent = found === 301 && answer.headers.location?.startsWith("https:");
    return sent ? undefined : "answers " + found + ", not with a redirect to https";
  }
  if (status === undefined ? found >= 500 : found !== status)
    return "answers " + found + ", not " + (status ?? "below 500");
  if (body !== undefined && !text.includes(body)) return "answers without " + JSON.stringify(body) + " in it";
};
const until = Date.now() + timeout * 1000;
const check = async (target) => {
  for (;;) {
    const found = await problem(target).catch((error) => error.cause?.message ?? error.message);
    if (found === undefined) return [];
    if (Date.now() >= until) return ["smoke test: " + target.url + " at " + target.address + ": " + found];
    await wait(1000);
  }
};
const problems = (await Promise.all(targets.map(check))).flat();
for (const line of problems) console.error(line);
if (problems.length > 0) process.exit(1);
`;
