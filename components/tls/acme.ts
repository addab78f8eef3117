/** `tls.acme`: certificates that each host gets from a CA by itself. */
import { z } from "zod";
import { line, text } from "../arguments/shared-fields.ts";

export const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
export const certbotImage = "docker.io/certbot/certbot:v5.6.0";

export const acmeSchema = z.strictObject({
  /**
   * The host names of the certificate. Each of them must lead to this host, as the CA asks it on port 80.
   * @default for a proxy, the server names of its backends that have no certificate in `tls.certificates`; for a site none: required
   * @range 1 to 100 host names in small letters; no pattern
   * @example ["www.example.com", "example.com"]
   * @see https://www.rfc-editor.org/rfc/rfc8555#section-8.3
   */
  names: z
    .array(
      z
        .string()
        .max(253, "is longer than a host name can be")
        .regex(
          /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
          'is not a valid host name: use lower-case letters, digits, "-" and "."',
        ),
    )
    .min(1, "needs one name at least")
    .max(100, "has more names than a certificate of Let's Encrypt can have: at most 100")
    .optional(),

  /**
   * An address under which the CA can reach you. The client sends it when it registers its account, and not again. Let's Encrypt does
   * not need it and sends no mail to it.
   * @default none
   * @range an e-mail address
   * @example "admin@example.com"
   * @see https://letsencrypt.org/docs/expiration-emails/
   */
  email: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*@[A-Za-z0-9.-]+$/, "is not an e-mail address")
    .optional(),

  /**
   * The CA, by the address of its ACME directory. For tests, Let's Encrypt has the staging directory
   * `https://acme-staging-v02.api.letsencrypt.org/directory`, whose certificates no browser trusts.
   * @default "https://acme-v02.api.letsencrypt.org/directory", Let's Encrypt
   * @range an address that begins with "https:"
   * @example "https://ca.example.com/acme/acme/directory"
   * @see https://letsencrypt.org/docs/staging-environment/
   */
  directory: z
    .string()
    .regex(
      /^https:\/\/[!-~]+$/,
      'is not the address of an ACME directory, such as "https://ca.example.com/acme/acme/directory"',
    )
    .optional(),

  /**
   * The root certificate of a private CA such as step-ca, so that the client trusts its HTTPS.
   * @default the authorities that the client's image knows
   * @range PEM
   * @example "-----BEGIN CERTIFICATE-----\n…"
   * @see https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
   */
  ca: text().optional(),

  /**
   * The image of the client, with the commands `certbot`, `openssl` and `sh`. It is pulled as the site's `image` is.
   * @default "docker.io/certbot/certbot:v5.6.0"
   * @range a reference with its registry
   * @example "registry.example.com/certbot/certbot:v5.6.0"
   * @see https://hub.docker.com/r/certbot/certbot
   */
  image: line.optional(),
});

/**
 * Each host gets its own certificate and renews it, with certbot in a container and a systemd timer. The private key never leaves
 * the host. Using it accepts the terms of service of the CA. Until the CA has issued the certificate, nginx serves a self-signed one.
 */
export interface AcmeArgs extends z.input<typeof acmeSchema> {}
