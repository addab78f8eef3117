/** The paths and names of the files of a reverse proxy in nginx's container. */

export const conf = "/etc/nginx/conf.d";

/** Where the file with the `resolver` of the network is mounted: only the host knows its address. */
export const resolverDirectory = "/etc/nginx/resolver.d";

/** The file with what all virtual hosts share. No backend can have this name, because backend names have no "_". */
export const commonFile = "_proxy.conf";
/** The file with what all servers share for TLS. */
export const tlsFile = "_tls.conf";
/** The file with the headers that backends get. */
export const headersFile = "_proxy-headers";
/** The other file that each server block of a backend includes. */
export const serverFile = "_proxy-server";
/** The file with the server for all other names. */
export const otherNamesFile = "_default.conf";

/** The file with the routes of a backend to a server name that another backend has. */
export function routesFile(serverName: string, backend: string): string {
  return `${fileStem(serverName)}_${backend}.routes`;
}

/** The pattern by which a server block includes all routes of its name. */
export function routesPattern(serverName: string): string {
  return `${conf}/${fileStem(serverName)}_*.routes`;
}

/** Replaces a "*", which would match other names in the pattern of an include. The names of hosts and backends have no "_". */
function fileStem(serverName: string): string {
  return serverName.replace("*", "_");
}
