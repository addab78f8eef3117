/** What a backend's own lines of nginx can't be. */
import { challengePath } from "../../units/nginx/acme.ts";
import { onlyContext } from "../../units/nginx/contexts.ts";
import { locationsOf } from "../../units/nginx/extra.ts";
import { parseNginx } from "../../units/nginx/parse.ts";
import { retryNames } from "../../units/nginx/retry.ts";
import { NginxSyntaxError } from "../../units/nginx/tokens.ts";
import type { ProxiedBackend } from "../../units/nginx/virtual-host.ts";
import { type ArgumentProblem, pathText } from "../arguments/problems.ts";
import type { ReverseProxyStackArgs } from "./arguments.ts";
import { knownFiles, proxiedBackends } from "./nginx-files.ts";

/** Problems of {@link Backend.extra}, which `nginx -t` would find on the host, in a file that the user did not write. */
export function checkExtra({ backends, nginx, tls }: ReverseProxyStackArgs): ArgumentProblem[] {
  const malformed = Object.entries(backends).flatMap(([backend, { extra = "" }]) => {
    try {
      parseNginx(extra, "extra");
      return [];
    } catch (thrown) {
      if (!(thrown instanceof NginxSyntaxError)) throw thrown;
      return [{ path: pathOf(backend), message: thrown.message }];
    }
  });
  if (malformed.length > 0) return malformed;
  const proxied = proxiedBackends(backends, knownFiles(nginx));
  const generated = tls?.acme === undefined ? [] : [challengePath];
  return [
    ...proxied.flatMap((backend) => checkPlace(backend, proxied)),
    ...checkLocations(proxied, generated),
    ...proxied
      .filter(({ paths }) => paths.some((path) => generated.includes(path)))
      .map(({ name }) => ({
        path: pathText(["backends", name, "paths"]),
        message: `has "${challengePath}", which tls.acme needs. Remove it.`,
      })),
  ];
}

function pathOf(backend: string): string {
  return `${pathText(["backends", backend])}.extra`;
}

/** Lines are for the server, or for the locations of paths: see locations() of units/nginx/virtual-host.ts. */
function checkPlace(backend: ProxiedBackend, all: readonly ProxiedBackend[]): ArgumentProblem[] {
  return backend.extra.directives.flatMap(({ name, line }) => {
    const message = misplaced(name, backend, all);
    return message === undefined
      ? []
      : [{ path: pathOf(backend.name), message: `"${name}" in line ${line} ${message}` }];
  });
}

/** Why nginx would not take a directive there, and where it would. */
function misplaced(
  directive: string,
  { paths, serverNames }: ProxiedBackend,
  all: readonly ProxiedBackend[],
): string | undefined {
  const context = onlyContext(directive);
  const isServer = paths.includes("/");
  switch (context) {
    case "main":
      return "belongs at the top of nginx.conf, and that file is the image's. Remove it.";
    case "http":
      return 'belongs in the http block, outside of any server. Put it into a file of the argument nginx whose name ends in ".conf".';
    case "server": {
      if (isServer) return undefined;
      const whole = all.find(
        (one) => one.paths.includes("/") && one.serverNames.some((at) => serverNames.includes(at)),
      );
      const place = whole === undefined ? 'the extra of a backend that has "/"' : pathOf(whole.name);
      return `belongs in a whole server, of which this backend has ${paths.map((path) => `"${path}"`).join(", ")} only. Put it into ${place}.`;
    }
    case "location":
      if (isServer)
        return 'belongs in a location, and these lines are in the server. Put it into a "location … { … }".';
      return directive === "proxy_pass" ? "is generated: remove it, or give it its own location" : undefined;
    case undefined:
      return undefined;
  }
}

/** A server has each location once: nginx refuses a second one, or never takes it. */
function checkLocations(all: readonly ProxiedBackend[], generated: readonly string[]): ArgumentProblem[] {
  const problems = new Map<string, ArgumentProblem>();
  for (const serverName of new Set(all.flatMap(({ serverNames }) => serverNames))) {
    const here = all.filter(({ serverNames }) => serverNames.includes(serverName));
    const taken = new Map<string, string>([
      ...here.flatMap(({ name, paths }) => [
        ...retryNames(name).map((location) => [location, "generated"] as const),
        ...paths.map((path) => [path, `a path of backend "${name}"`] as const),
      ]),
      ...generated.map((location) => [location, "generated"] as const),
    ]);
    for (const { name, extra } of here) {
      for (const location of locationsOf(extra)) {
        const other = taken.get(location);
        taken.set(location, `in the extra of backend "${name}"`);
        if (other === undefined) continue;
        const message = `the location "${location}" is already ${other}, and a server can have it only once`;
        problems.set(`${name} ${location}`, { path: pathOf(name), message });
      }
    }
  }
  return [...problems.values()];
}
