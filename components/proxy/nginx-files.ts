/** The nginx files that are generated for a proxy's backends. */
import type { ListenAddress } from "../../units/nginx/address.ts";
import { locationsOf, readExtra } from "../../units/nginx/extra.ts";
import { proxyHeaders, withHeaders } from "../../units/nginx/headers.ts";
import { httpDirectives } from "../../units/nginx/included.ts";
import type { NginxFile } from "../../units/nginx/listens.ts";
import {
  commonFile,
  headersFile,
  otherNamesFile,
  routesFile,
  serverFile,
  tlsFile,
} from "../../units/nginx/proxy-files.ts";
import { otherNames, proxyCommon, tlsCommon } from "../../units/nginx/proxy-shared.ts";
import { proxyServer } from "../../units/nginx/retry.ts";
import { type TlsOptions, certificateFiles, serverNameOf } from "../../units/nginx/tls.ts";
import {
  type ProxiedBackend,
  isServers,
  locations,
  serverHeaders,
  upstream,
  virtualHost,
} from "../../units/nginx/virtual-host.ts";
import type { Backend, ReverseProxyStackArgs } from "./arguments.ts";
import { containerNames, hasNetwork } from "./names.ts";
import { isUnix, reachedAt, socketsMount } from "./backend-sockets.ts";

/** All server names of a backend. */
export function serverNamesOf({ serverName, serverNames = [] }: Backend): string[] {
  return [...new Set([...(serverName === undefined ? [] : [serverName]), ...serverNames])];
}

function pathsOf({ paths = ["/"] }: Backend): string[] {
  return paths;
}

/** The files of a person's own whose texts are known. */
export function knownFiles(nginx: ReverseProxyStackArgs["nginx"] = {}): NginxFile[] {
  return Object.entries(nginx).flatMap(([name, text]) => (typeof text === "string" ? [{ name, text }] : []));
}

/** What the generated files have to fit. */
export interface Surroundings {
  listen?: readonly ListenAddress[];
  tls?: TlsOptions | undefined;
  /** A person's own, those whose texts are known. */
  own?: readonly NginxFile[];
}

/** File name → text. One file a backend, and what they share: a backend that comes or goes changes its own only. */
export function generatedFiles(
  backends: Record<string, Backend>,
  { listen = [], tls, own = [] }: Surroundings = {},
): Record<string, string> {
  const inHttp = httpDirectives(own);
  const headers = withHeaders(inHttp);
  const proxied = proxiedBackends(backends, own);
  const serverNames = proxied.flatMap((backend) => backend.serverNames);
  // nginx chooses a certificate by the server, so that each of them needs one.
  const certified = (tls?.names ?? []).filter(
    (name) =>
      !serverNames.includes(name) &&
      serverNameOf(name, serverNames) !== undefined &&
      !usesCertificate(own, name),
  );
  const files: Record<string, string> = {
    [commonFile]: proxyCommon({
      hasNetwork: hasNetwork({ backends }),
      serverNames: [...serverNames, ...certified],
      own: inHttp,
    }),
    [headersFile]: proxyHeaders(headers),
    [serverFile]: proxyServer(tls?.acme),
    ...(tls === undefined ? {} : { [tlsFile]: tlsCommon(tls, inHttp) }),
    [otherNamesFile]: otherNames(listen, tls),
  };
  for (const backend of proxied) {
    const { name } = backend;
    const options = backends[name] as Backend;
    const parts = isUnix(options) ? [upstream(name, socketsOf(name, options))] : [];
    const routes: Record<string, string> = {};
    for (const serverName of backend.serverNames) {
      const sharing = proxied.filter((one) => one.serverNames.includes(serverName));
      const owner = ownerOf(sharing);
      if (owner === backend) {
        const isWhole = sharing.some((one) => locationsIn(one).includes("/"));
        const names = certified.filter((one) => serverNameOf(one, serverNames) === serverName);
        parts.push(virtualHost({ serverName, listen, tls, names, backend, headers, isWhole }));
      } else {
        const outer = owner === undefined ? headers : serverHeaders(owner, headers);
        routes[routesFile(serverName, name)] = locations(backend, outer, headers);
      }
    }
    if (parts.length > 0) files[`${name}.conf`] = parts.join("\n");
    Object.assign(files, routes);
  }
  return files;
}

/** Of the backends that share a server name, the one that has its server block: that with the path "/", else the first. */
function ownerOf(sharing: readonly ProxiedBackend[]): ProxiedBackend | undefined {
  return sharing.find(isServers) ?? sharing[0];
}

function socketsOf(name: string, options: Backend): string[] {
  return containerNames(name, options).map((container) => `${socketsMount}/${reachedAt(container, options)}`);
}

/** The backends as nginx sees them. */
export function proxiedBackends(
  backends: Record<string, Backend>,
  own: readonly NginxFile[],
): ProxiedBackend[] {
  return Object.entries(backends).map(([name, options]) => ({
    name,
    port: options.port,
    serverNames: serverNamesOf(options),
    paths: pathsOf(options),
    extra: readExtra(options.extra, own),
  }));
}

/** Whether a person's own files have a server for a certificate. */
export function usesCertificate(own: readonly NginxFile[], name: string): boolean {
  return own.some(({ text }) => text.includes(certificateFiles(name).certificate));
}

/** What a server has locations for, because of a backend. */
function locationsIn({ paths, extra }: ProxiedBackend): string[] {
  return [...paths, ...locationsOf(extra)];
}
