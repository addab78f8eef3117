/**
 * A second try for a request whose backend has a new address. For up to a second nginx may know only the former address. Nothing was sent
 * there, so the backend is looked up and tried once more: it answers, or is not there (502). If a backend was reached but did not answer,
 * the result stays a 504.
 */
import { challengeLine } from "./acme.ts";
import { indent } from "./indent.ts";

/** The location for the second try. */
const shared = "@again";

/**
 * For the http context: the variable with the location for the second try. A location may `set` a different one. This keeps the other
 * `error_page` of its server, which an `error_page` of the location would replace.
 */
export const retryMap = `# Where a request is tried once more.
map "" $again {
    default ${shared};
}
`;

/** The line that sends requests to that location, for a level with an `error_page`. */
export const retryLine = "error_page 504 = $again;";

/** The name of the location for the second try of a backend with settings that its server does not have. */
export function ownRetry(backend: string): string {
  return `${shared}-${backend}`;
}

/** The locations that a server may have because of a backend. */
export function retryNames(backend: string): string[] {
  return [shared, ownRetry(backend)];
}

const unlessReached = `    if ($upstream_connect_time ~ [0-9]) {
        return 504;
    }
`;

/**
 * What each server block of a backend includes.
 *
 * @param acme whether it answers the challenges of a CA. Default: false.
 */
export function proxyServer(acme = false): string {
  return `${acme ? `${challengeLine}\n` : ""}# For a second nginx may know an address that the backend has had. Nothing was sent there, so it is looked up and tried once
# more: the backend answers, or is not there (502). One that was reached and said nothing stays a 504.
${retryLine}
location ${shared} {
${unlessReached}    # A location of somebody else's.
    if ($backend = "") {
        return 504;
    }
    proxy_pass $backend;
}
`;
}

/** The location for the second try of a backend with settings that its server does not have. */
export function retryLocation(backend: string, settings: readonly string[]): string {
  return `location ${ownRetry(backend)} {
${unlessReached}${settings.map((line) => `${indent(line)}\n`).join("")}    proxy_pass $backend;
}
`;
}
