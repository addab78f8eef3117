/** Where the files of a reverse proxy are in nginx's container, and what they are called. */

export const conf = "/etc/nginx/conf.d";

/** Where the file with the `resolver` of the network is mounted: only the host knows its address. */
export const resolverDirectory = "/etc/nginx/resolver.d";

/** The file with what all virtual hosts share. No backend can have this name, as "_" is in none. */
export const commonFile = "_proxy.conf";
/** The file with what all servers share for TLS. */
export const tlsFile = "_tls.conf";
/** The file with the headers that backends get. */
export const headersFile = "_proxy-headers";
/** The file with what each server block of a backend includes beside them. */
export const serverFile = "_proxy-server";
/** The file with the server for all other names. */
export const otherNamesFile = "_default.conf";

/** The file with the routes of a backend to a server name that another backend has. */
export function routesFile(serverName: string, backend: string): string {
  return `${fileStem(serverName)}_${backend}.routes`;
}

/** What a server block includes to have all of them. */
export function routesPattern(serverName: string): string {
  return `${conf}/${fileStem(serverName)}_*.routes`;
}

/** A "*" in the pattern of an include would match other names. No other "_" is in a host name or a backend's. */
function fileStem(serverName: string): string {
  return serverName.replace("*", "_");
}
