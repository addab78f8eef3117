/** What nginx serves for a client of ACME on the same host, and what it gets from there. */

/** Where the container sees the certificate, its key and the answers to challenges, which the host makes. */
export const acmeDirectory = "/etc/nginx/acme";

/** The certificate and its key in {@link acmeDirectory}. */
export const acmeFiles = { certificate: "certificate.pem", key: "key.pem" };

/** Where the answers to challenges are, below {@link acmeDirectory}. */
export const webroot = "webroot";

/**
 * The path of the requests by which the CA sees that a name leads here.
 *
 * @see RFC 8555, 8.3
 */
export const challengePath = "/.well-known/acme-challenge/";

/** One line for a server: the location of these requests, before all that a regular expression matches. */
export const challengeLine = `location ^~ ${challengePath} { root ${acmeDirectory}/${webroot}; }`;

/** What a server without TLS does, but for these requests: a directive of its own would come before any location. */
export function besideChallenge(directive: string): string {
  return `    ${challengeLine}
    location / {
        ${directive}
    }
`;
}
