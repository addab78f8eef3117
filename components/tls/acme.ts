/** Certificates that each host gets by itself, from a CA that speaks ACME. */
import { X509Certificate } from "node:crypto";
import type { Input } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import { isLocal, parseListenStream } from "../../units/nginx/address.ts";
import { acmeDirectory, challengeLine, webroot } from "../../units/nginx/acme.ts";
import { certificateName } from "../../units/nginx/tls.ts";
import type { ArgumentProblem } from "../arguments/problems.ts";
import { line, text } from "../arguments/shared-fields.ts";
import type { TlsArgs } from "./tls.ts";

export const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
export const certbotImage = "docker.io/certbot/certbot:v5.6.0";

export const acmeSchema = z.strictObject({
  /**
   * The names that the certificate is for. Each must lead to this host, at port 80, as the CA asks there.
   * @default for a proxy, the server names of its backends that have none of `tls.certificates`; for a site, none: required
   * @range 1 to 100 host names in small letters; no pattern, for which the CA would ask the DNS
   * @example ["www.example.com", "example.com"]
   * @see RFC 8555, 8.3
   */
  names: z
    .array(
      z
        .string()
        .max(253, "is longer than a host name can be")
        .regex(
          /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
          'is no host name: small letters, digits, "-" and "."',
        ),
    )
    .min(1, "needs one name at least")
    .max(100, "has more names than a certificate of Let's Encrypt can have, 100")
    .optional(),

  /**
   * Where the CA may reach you. It is told when the account is made, and not again. Let's Encrypt neither needs it nor writes to it.
   * @default none
   * @range an address of e-mail
   * @example "admin@example.com"
   * @see https://letsencrypt.org/docs/expiration-emails/
   */
  email: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*@[A-Za-z0-9.-]+$/, "is no address of e-mail").optional(),

  /**
   * The CA: the address of its ACME directory. That of Let's Encrypt for tries, whose certificates no browser trusts, is
   * "https://acme-staging-v02.api.letsencrypt.org/directory".
   * @default "https://acme-v02.api.letsencrypt.org/directory", Let's Encrypt
   * @range an address with "https:"
   * @example "https://ca.example.com/acme/acme/directory"
   * @see https://letsencrypt.org/docs/staging-environment/
   */
  directory: z
    .string()
    .regex(/^https:\/\/[!-~]+$/, 'is no address of an ACME directory, as "https://ca.example.com/acme/acme/directory"')
    .optional(),

  /**
   * The certificate that the CA's own HTTPS is trusted by, in PEM. For a CA of your own, such as step-ca.
   * @default the authorities that the client's image knows
   * @range PEM, one or more
   * @example "-----BEGIN CERTIFICATE-----\n…"
   * @see https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
   */
  ca: text().optional(),

  /**
   * The image of the client, certbot: it needs the commands `certbot`, `openssl` and `sh`. It is pulled like {@link SocketActivatedNginxArgs.image}.
   * @default "docker.io/certbot/certbot:v5.6.0"
   * @range a reference with its registry
   * @example "registry.example.com/certbot/certbot:v5.6.0"
   * @see https://hub.docker.com/r/certbot/certbot
   */
  image: line.optional(),
});

/**
 * A certificate that each host gets for itself and renews, by certbot in a container and a timer. Its key never leaves the
 * host. By using it you accept the terms of service of the CA. Until the CA has answered, nginx serves a certificate that signs
 * itself. See docs/acme.md.
 */
export interface AcmeArgs extends z.input<typeof acmeSchema> {}

/** `tls` with the names that the certificate is for: those of the arguments, else the server names without another certificate. */
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
    problems.push(at("", "stands beside certificate and key: give one or the other"));
  if (acme.names === undefined)
    problems.push(at(".names", 'is missing: the names that the certificate is for, as in ["www.example.com"]'));
  for (const name of (acme.names ?? []).filter((one) => one.startsWith("*")))
    problems.push(
      at(
        ".names",
        `"${name}" is a pattern, for which a CA gives no certificate by HTTP-01. Name each host, or give the pattern a certificate in tls.certificates.`,
      ),
    );
  if (typeof acme.ca === "string" && !isCertificate(acme.ca))
    problems.push(at(".ca", "is no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
  return problems;
}

/** What the CA asks. */
interface Asked {
  listen: string[];
  tls?: TlsArgs;
  nginx?: Record<string, Input<string>>;
}

/** Where the CA can't ask. */
export function challengeProblems({ listen, tls }: Asked): ArgumentProblem[] {
  if (tls?.acme === undefined || listen.length > 0) return [];
  const message = 'needs an address for tls.acme: the CA asks without TLS, as in ["0.0.0.0:80"]';
  return [{ path: "listen", message }];
}

/**
 * What the CA may not find.
 *
 * @param isOwn whether the files of `nginx`, if there are any, are a person's
 */
export function challengeWarnings({ listen, tls, nginx }: Asked, isOwn: boolean): string[] {
  if (tls?.acme === undefined) return [];
  const isAsked = listen
    .map(parseListenStream)
    .some((address) => address.family !== "unix" && !isLocal(address) && address.port === 80);
  const texts = isOwn && nginx !== undefined ? Object.values(nginx) : undefined;
  const isServed = texts?.some((file) => typeof file !== "string" || file.includes(challengeRoot)) ?? true;
  return [
    ...(isAsked
      ? []
      : [
          "tls.acme: the CA asks on port 80, and none of listen has it. It works only if something before the host passes port 80 on.",
        ]),
    ...(isServed
      ? []
      : [`nginx: no file answers the CA for tls.acme. Add to the server of port 80: ${challengeLine}`]),
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
