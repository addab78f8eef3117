import { type Input, secret } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import type { ListenAddress } from "../../units/nginx/address.ts";
import { parseListenStream } from "../../units/nginx/address.ts";
import { type TlsOptions, certificateFiles } from "../../units/nginx/tls.ts";
import type { FileContent } from "../../resources/contract.ts";
import { named, text } from "../arguments/shared-fields.ts";
import { lift } from "../site/inputs.ts";
import type { ArgumentProblem } from "../arguments/problems.ts";
import { required } from "../arguments/wording.ts";
import { type AcmeArgs, acmeSchema } from "./acme.ts";

const serverName = z
  .string()
  .regex(
    /^(\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+$/,
    'is not a server name such as "www.example.com" or "*.example.com"',
  );

const ofCertificate = ["the certificate in PEM", '"-----BEGIN CERTIFICATE-----…"'] as const;
const ofKey = ["the private key of the certificate in PEM", '"-----BEGIN PRIVATE KEY-----…"'] as const;
const pem = ([what, example]: readonly [string, string]) =>
  text(z.string(), required(`${what}, its text`, example));

const certificateSchema = z.strictObject({
  /**
   * The certificate, and after it those that lead to the root, as in certbot's fullchain.pem. It is not a secret: its diff can
   * be read, unless it is given as one.
   * @range PEM
   * @example "-----BEGIN CERTIFICATE-----\n…"
   * @see https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate
   */
  certificate: pem(ofCertificate),

  /**
   * The private key, which belongs to the first certificate. Always kept as a secret; on the host a file of mode 0600.
   * @range PEM, without a passphrase
   * @example "-----BEGIN PRIVATE KEY-----\n…"
   * @see https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate_key
   */
  key: pem(ofKey),
});

/** A certificate and its key. */
export interface CertificateArgs extends z.input<typeof certificateSchema> {}

/** check.ts looks at certificates and keys. */
export const tlsSchema = z.strictObject({
  /**
   * The certificate, and after it those that lead to the root, as in certbot's fullchain.pem. It is not a secret: its diff can
   * be read, unless it is given as one.
   * @default none: required without {@link acme}
   * @range PEM
   * @example "-----BEGIN CERTIFICATE-----\n…"
   * @see https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate
   */
  certificate: certificateSchema.shape.certificate.optional(),

  /**
   * The private key, which belongs to the first certificate. Always kept as a secret; on the host a file of mode 0600.
   * @default none: required without {@link acme}
   * @range PEM, without a passphrase
   * @example "-----BEGIN PRIVATE KEY-----\n…"
   * @see https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate_key
   */
  key: certificateSchema.shape.key.optional(),

  /**
   * Instead of {@link certificate} and {@link key}: each host gets its certificate from a CA such as Let's Encrypt, and renews it
   * without an `up`.
   * @default none
   * @example { names: ["www.example.com"] }
   * @see https://www.rfc-editor.org/rfc/rfc8555
   */
  acme: named<AcmeArgs>(acmeSchema).optional(),

  /**
   * The addresses for TLS, beside `listen`, which may be empty then. In your own `nginx` each is a `listen … ssl`, which is
   * checked at preview: nginx would serve it in clear without.
   * @default ["0.0.0.0:443"]
   * @range one address at least, as `listen` has them
   * @example ["0.0.0.0:8443"]
   * @see systemd.socket(5), ListenStream=
   */
  listen: z.array(z.string()).min(1, "needs one address at least").optional(),

  /**
   * More certificates: server name, or "*.example.com", → what clients get that ask for it (SNI). All others get the one above.
   * For a proxy it is a server name of a backend, or one that a pattern among these stands for.
   * @default none
   * @range names in small letters, digits, "-" and ".", perhaps "*." at the beginning
   * @example { "*.example.com": { certificate: "-----BEGIN CERTIFICATE-----\n…", key: "-----BEGIN PRIVATE KEY-----\n…" } }
   * @see https://nginx.org/en/docs/http/configuring_https_servers.html#sni
   */
  certificates: z.record(serverName, named<CertificateArgs>(certificateSchema)).optional(),

  /**
   * HTTP/2 beside HTTP/1.1. Needs nginx 1.25.1. Only for what is generated.
   * @default true
   * @example false
   * @see https://nginx.org/en/docs/http/ngx_http_v2_module.html#http2
   */
  http2: z.boolean().optional(),

  /**
   * Requests to the addresses of `listen` get a 301 to the first one with TLS. Only for what is generated.
   * @default false
   * @example true
   * @see https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#return
   */
  redirect: z.boolean().optional(),
});

/**
 * TLS: the files are in the container's /etc/nginx/tls, read-only: certificate.pem and key.pem; those of `certificates` as
 * NAME.certificate.pem and NAME.key.pem ("_" for "*"). What is generated for nginx uses them; your own `nginx` names them:
 * `ssl_certificate /etc/nginx/tls/certificate.pem; ssl_certificate_key /etc/nginx/tls/key.pem;`.
 * A changed certificate or key is a reload. With `acme`, both files are in /etc/nginx/acme.
 */
export interface TlsArgs extends z.input<typeof tlsSchema> {}

/** Where nginx is asked. */
export interface Listens {
  listen: string[];
  tls?: TlsArgs;
}

/** The addresses with TLS. */
export function tlsListens({ tls }: Pick<Listens, "tls">): string[] {
  return tls === undefined ? [] : (tls.listen ?? ["0.0.0.0:443"]);
}

/** All addresses, those without TLS first. */
export function allListens(args: Listens): string[] {
  return [...args.listen, ...tlsListens(args)];
}

/** The argument that an address of {@link allListens} comes from. */
export function listenPath({ listen }: Pick<Listens, "listen">, index: number): string {
  return index < listen.length ? `listen[${index}]` : `tls.listen[${index - listen.length}]`;
}

/** What generated configurations need to know. */
export function tlsOptions(tls: TlsArgs | undefined): TlsOptions | undefined {
  if (tls === undefined) return undefined;
  return {
    listen: tlsListens({ tls }).map((text): ListenAddress => parseListenStream(text)),
    http2: tls.http2 ?? true,
    redirect: tls.redirect ?? false,
    names: Object.keys(tls.certificates ?? {}),
    acme: tls.acme !== undefined,
  };
}

/** Each certificate with its path in the arguments, and the server name that it is for: undefined for all others. */
export function certificatesOf(tls: TlsArgs): { path: string; name?: string; pair: CertificateArgs }[] {
  return [
    // With acme there is none, and without it checkTls() has seen that both are there.
    ...(tls.acme === undefined ? [{ path: "tls", pair: tls as CertificateArgs }] : []),
    ...Object.entries(tls.certificates ?? {}).map(([name, pair]) => ({
      path: `tls.certificates["${name}"]`,
      name,
      pair,
    })),
  ];
}

/** What is missing of the certificate for all others. */
export function missingPair({ acme, certificate, key }: TlsArgs): ArgumentProblem[] {
  if (acme !== undefined || (certificate !== undefined && key !== undefined)) return [];
  if (certificate === undefined && key === undefined)
    return [{ path: "tls", message: "needs certificate and key, or acme" }];
  const [missing, words] = certificate === undefined ? ["certificate", ofCertificate] : ["key", ofKey];
  return [{ path: `tls.${missing}`, message: `is missing: ${words[0]}, its text, as in ${words[1]}` }];
}

/** The files in a directory on the host. */
export function tlsFiles(directory: string, tls: TlsArgs) {
  const files: Record<string, { content: Input<string>; mode: FileContent["mode"] }> = {};
  for (const { name, pair } of certificatesOf(tls)) {
    const { certificate, key } = certificateFiles(name);
    // nginx's master process reads both as the owner, before it starts its workers.
    files[`${directory}/${certificate}`] = { content: lift(pair.certificate, asFile), mode: "0600" };
    files[`${directory}/${key}`] = { content: secret(lift(pair.key, asFile)), mode: "0600" };
  }
  return files;
}

/** `pulumi config set` leaves the last newline out, a file has it: the same certificate, and no reload. */
function asFile(pem: string): string {
  return `${pem.trimEnd()}\n`;
}
