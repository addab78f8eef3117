/** What nginx needs for an ACME client on the same host: the certificate, and the location for the CA's requests. */

/** Where nginx's container sees the certificate, its key and the answers to challenges. */
export const acmeDirectory = "/etc/nginx/acme";

/** The certificate and its key in {@link acmeDirectory}. */
export const acmeFiles = { certificate: "certificate.pem", key: "key.pem" };

/** Where the answers to challenges are, below {@link acmeDirectory}. */
export const webroot = "webroot";

/**
 * The path of the requests by which the CA checks that a name leads to this host.
 *
 * @see RFC 8555, 8.3
 */
export const challengePath = "/.well-known/acme-challenge/";

/** A line for a server: the location for these requests, which no regular expression overrides. */
export const challengeLine = `location ^~ ${challengePath} { root ${acmeDirectory}/${webroot}; }`;

/**
 * The locations of a server without TLS: for these requests, and with a directive for all others. A `return` of the server itself would act
 * before any location.
 */
export function besideChallenge(directive: string): string {
  return `    ${challengeLine}
    location / {
        ${directive}
    }
`;
}
