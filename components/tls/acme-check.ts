/** What `tls.acme` can't be, and what the CA may not find. */
import { X509Certificate } from "node:crypto";
import type { Input } from "@pulumi/pulumi/output.js";
import { isLocal, parseListenStream } from "../../units/nginx/address.ts";
import { acmeDirectory, challengeLine, webroot } from "../../units/nginx/acme.ts";
import { certificateName } from "../../units/nginx/tls.ts";
import type { HostArgs } from "../arguments/connection.ts";
import type { ArgumentProblem } from "../arguments/problems.ts";
import type { TlsArgs } from "./tls.ts";

/** `tls` with the names of the certificate filled in: by default the server names without their own certificate. */
export function withAcmeNames(tls: TlsArgs, serverNames: readonly string[]): TlsArgs {
  const { acme, certificates = {} } = tls;
  if (acme === undefined || acme.names !== undefined) return tls;
  const others = serverNames.filter((name) => certificateName(name, Object.keys(certificates)) === undefined);
  return { ...tls, acme: { ...acme, names: [...new Set(others)] } };
}

/** What is wrong with `tls.acme`. */
export function acmeProblems({ acme, certificate, key }: TlsArgs): ArgumentProblem[] {
  if (acme === undefined) return [];
  const at = (path: string, message: string) => ({ path: `tls.acme${path}`, message });
  const problems: ArgumentProblem[] = [];
  if (certificate !== undefined || key !== undefined)
    problems.push(at("", "can't be combined with certificate and key: give one or the other"));
  if (acme.names === undefined)
    problems.push(
      at(".names", 'is missing: the names that the certificate is for, as in ["www.example.com"]'),
    );
  for (const name of (acme.names ?? []).filter((one) => one.startsWith("*")))
    problems.push(
      at(
        ".names",
        `"${name}" is a pattern, and HTTP-01 proves single names only. Name each host, or give the pattern a certificate in tls.certificates.`,
      ),
    );
  if (typeof acme.ca === "string" && !isCertificate(acme.ca))
    problems.push(at(".ca", "is not a certificate in PEM (-----BEGIN CERTIFICATE-----)"));
  return problems;
}

/** What the CA asks. */
interface Asked {
  listen: string[];
  tls?: TlsArgs;
  nginx?: Record<string, Input<string>>;
  hosts?: Record<string, HostArgs>;
}

/** Where the CA can't ask. */
export function challengeProblems({ listen, tls }: Asked): ArgumentProblem[] {
  if (tls?.acme === undefined || listen.length > 0) return [];
  const message = 'needs an address for tls.acme, as in ["0.0.0.0:80"]: the CA asks without TLS';
  return [{ path: "listen", message }];
}

/**
 * What the CA may not find.
 *
 * @param isOwn whether the files of `nginx`, if there are any, are a person's
 */
export function challengeWarnings({ listen, tls, nginx, hosts = {} }: Asked, isOwn: boolean): string[] {
  if (tls?.acme === undefined) return [];
  const isAsked = listen
    .map(parseListenStream)
    .some((address) => address.family !== "unix" && !isLocal(address) && address.port === 80);
  const texts = isOwn && nginx !== undefined ? Object.values(nginx) : undefined;
  const isServed = texts?.some((file) => typeof file !== "string" || file.includes(challengeRoot)) ?? true;
  const asking = Object.values(hosts).filter(({ state }) => state !== "retired").length;
  return [
    ...(asking > 1
      ? [
          `tls.acme: ${asking} hosts ask for the same names, and the CA asks only the host that a name leads to. Make an entry for each host with its own names, or deploy one certificate to all of them.`,
        ]
      : []),
    ...(isAsked
      ? []
      : [
          "tls.acme: the CA asks on port 80, and no address of listen has it. This works only if something in front of the host forwards port 80 to one of them.",
        ]),
    ...(isServed
      ? []
      : [
          `nginx: no file answers the CA's requests for tls.acme. Add to the server on port 80: ${challengeLine}`,
        ]),
  ];
}

const challengeRoot = `${acmeDirectory}/${webroot}`;

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0 && pem.includes("-----BEGIN CERTIFICATE-----");
  } catch {
    return false;
  }
}
