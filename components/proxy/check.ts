import { AddressError, LONGEST_PATH } from "../../units/nginx/address.ts";
import { otherNamesFile, tlsFile } from "../../units/nginx/proxy-files.ts";
import { certificateName, serverNameOf } from "../../units/nginx/tls.ts";
import type { SocketActivatedNginxArgs } from "../site/arguments.ts";
import { checkArguments } from "../site/check.ts";
import { claimsOfProxy, collisions } from "../claims.ts";
import { checkImage } from "../site/image-check.ts";
import { type ArgumentProblem, didYouMean, parseArguments, pathText } from "../arguments/problems.ts";
import { type Backend, type ReverseProxyStackArgs, proxySchema } from "./arguments.ts";
import { containerNames, hasNetwork } from "./names.ts";
import { backendAddress, backendSite, isActivated, isUnix, socketDirectory } from "./backend-sockets.ts";
import { checkExtra } from "./extra-check.ts";
import { generatedFiles, knownFiles, serverNamesOf, usesCertificate } from "./nginx-files.ts";
import { nginxOf } from "./render.ts";
import { volumeProblems } from "../site/volume-check.ts";

/**
 * Everything that is wrong with the arguments, all at once and without a host, as checkArguments() for a site: nginx's own
 * files and the generated ones are compared with the sockets together.
 */
export function checkProxy(
  name: string,
  args: ReverseProxyStackArgs,
): { problems: ArgumentProblem[]; warnings: string[] } {
  const { problems: malformed } = parseArguments(proxySchema, args);
  if (malformed) return { problems: malformed, warnings: [] };
  const site = siteOf(args.name ?? name, args);
  const problems = [
    ...checkServerNames(args.backends),
    ...Object.entries(args.backends).flatMap(([backend, options]) =>
      checkBackend(args.name ?? name, backend, options, args),
    ),
    ...checkExtra(args),
    ...checkCertificates(args),
    ...checkFiles(args),
  ];
  // A generated file that is wrong is wrong by an argument that is named already.
  const { nginx, hardened, ...rest } = site;
  const ofSite = checkArguments(
    name,
    problems.length === 0 ? { ...rest, nginx } : rest,
    Object.values(args.backends).flatMap(serverNamesOf),
  );
  const found = [...ofSite.problems, ...problems];
  // By then all names can be made: an address that can't be read has none.
  if (found.length === 0) found.push(...checkNames(args.name ?? name, args));
  return {
    problems: found,
    warnings: [
      ...(hardened === true ? hardenedParts(args) : []),
      ...ofSite.warnings,
      // The path of a socket can be made of what is right only.
      ...(found.length > 0 ? [] : backendWarnings(args.name ?? name, args)),
    ],
  };
}

/** What `hardened` can't be, and why. */
function hardenedParts(args: ReverseProxyStackArgs): string[] {
  const others = Object.entries(args.backends).filter(([, { nginx }]) => nginx === undefined);
  return [
    ...(hasNetwork(args)
      ? [
          'hardened: RestrictAddressFamilies=AF_UNIX AF_NETLINK does not apply, because the proxy reaches a backend by a network. With transport: "unix" for each backend it would.',
        ]
      : []),
    ...(others.length > 0
      ? [
          `hardened: these backends only get no new privileges, because it is not known what their images write and do (${others.map(([backend]) => backend).join(", ")}). A backend with nginx is hardened as a site is.`,
        ]
      : []),
  ];
}

/** nginx's arguments; without its generated files where `listen` is not right, which checkArguments() says. */
function siteOf(name: string, args: ReverseProxyStackArgs): SocketActivatedNginxArgs {
  try {
    return nginxOf(name, args);
  } catch (thrown) {
    if (!(thrown instanceof AddressError)) throw thrown;
    const { listen, tls, ...rest } = args;
    return { ...nginxOf(name, { ...rest, listen: [] }), listen, ...(tls === undefined ? {} : { tls }) };
  }
}

/** Every container and unit needs its own name. */
function checkNames(name: string, args: ReverseProxyStackArgs): ArgumentProblem[] {
  return collisions(claimsOfProxy(name, args)).map(({ owner, claim, other }) => {
    const who = other.path.length === 0 ? "the proxy itself" : `backend "${other.path.at(-1)}"`;
    return {
      path: pathText(owner.path),
      message: `"${claim.name}" is already the name of ${claim.what} of ${who}. Choose another name.`,
    };
  });
}

function checkServerNames(backends: Record<string, Backend>): ArgumentProblem[] {
  const routed = new Map<string, string>();
  return Object.entries(backends).flatMap(([backend, options]) => {
    const path = pathText(["backends", backend]);
    const names = serverNamesOf(options);
    if (names.length === 0)
      return [
        { path: `${path}.serverName`, message: "is missing: nginx chooses the backend by its server name" },
      ];
    return names.flatMap((serverName) =>
      (options.paths ?? ["/"]).flatMap((route) => {
        const key = `${serverName}${route}`;
        const other = routed.get(key);
        routed.set(key, backend);
        if (other === undefined) return [];
        const whole = options.paths === undefined ? `"${serverName}"` : `"${route}" of "${serverName}"`;
        const cure = options.paths === undefined ? " Give one of them paths." : "";
        return [{ path, message: `${whole} duplicates that of backend "${other}".${cure}` }];
      }),
    );
  });
}

function checkBackend(
  name: string,
  backend: string,
  options: Backend,
  args: ReverseProxyStackArgs,
): ArgumentProblem[] {
  const path = pathText(["backends", backend]);
  const at = (problems: readonly ArgumentProblem[]) =>
    problems.map((problem) => ({ path: `${path}.${problem.path}`, message: problem.message }));
  const problems = [...at(checkTransport(options)), ...checkLength(name, backend, options)];
  if (problems.length > 0) return problems;
  if (options.nginx !== undefined) problems.push(...at(checkNginx(name, backend, options, args).problems));
  else {
    problems.push(...at(volumeProblems(options.volumes, backendMounts(options))));
    if (typeof options.image === "string")
      problems.push(...at(checkImage(options.image, args.requireDigest ?? false)));
  }
  return problems;
}

/** What a backend that is not nginx has mounted. */
function backendMounts(options: Backend): Record<string, string> {
  if (!isUnix(options) || isActivated(options)) return {};
  return { [socketDirectory(options)]: "the directory of its socket" };
}

/** What is for one transport only. */
function checkTransport(options: Backend): ArgumentProblem[] {
  const { port, nginx, socketActivated } = options;
  if (!isUnix(options)) {
    const misplaced = (["socketPath", "socketActivated", "nginx"] as const)
      .filter((key) => options[key] !== undefined)
      .map((path) => ({ path, message: 'needs transport: "unix"' }));
    if (port !== undefined) return misplaced;
    return [
      ...misplaced,
      {
        path: "port",
        message: 'is missing: give the port on which the backend listens, or transport: "unix"',
      },
    ];
  }
  const problems: ArgumentProblem[] = [];
  if (port !== undefined)
    problems.push({ path: "port", message: 'needs transport: "tcp". With "unix", give socketPath instead' });
  const activated = nginx === undefined ? socketActivated === true && "socketActivated" : "nginx";
  if (activated && options.socketPath !== undefined)
    problems.push({
      path: "socketPath",
      message: `must be removed: with ${activated}, systemd creates the socket of the backend`,
    });
  if (nginx !== undefined && options.healthCheck !== undefined)
    problems.push({
      path: "healthCheck",
      message: "must be removed: a backend with nginx is checked by a request to its socket, as a site is",
    });
  return problems;
}

/** Of the path of a socket that systemd opens (unix(7)), with a UID of five digits. */
function checkLength(name: string, backend: string, options: Backend): ArgumentProblem[] {
  const [container = backend] = containerNames(backend, options).slice(-1);
  const address = backendAddress(name, container, options).replace("@UID@", "00000");
  if (!isUnix(options) || !isActivated(options) || address.length <= LONGEST_PATH) return [];
  return [
    {
      path: pathText(["backends", backend]),
      message: `the path of its socket would have ${address.length} characters, and at most ${LONGEST_PATH} are possible. Choose a shorter name, for it or for the proxy.`,
    },
  ];
}

/** As a site, in the words of a backend. */
function checkNginx(
  name: string,
  backend: string,
  options: Backend,
  args: ReverseProxyStackArgs,
): { problems: ArgumentProblem[]; warnings: string[] } {
  const container = containerNames(backend, options)[0] ?? backend;
  const address = backendAddress(name, container, options);
  const own = (text: string) => text.replaceAll(address, "@SOCKET@");
  const { problems, warnings } = checkArguments(
    container,
    backendSite(name, container, options, args),
    undefined,
    () => null,
  );
  return {
    problems: problems.map(({ path, message }) => ({ path, message: own(message) })),
    warnings: warnings.map(own),
  };
}

function backendWarnings(name: string, args: ReverseProxyStackArgs): string[] {
  return Object.entries(args.backends).flatMap(([backend, options]) => {
    if (options.nginx === undefined) return [];
    const path = pathText(["backends", backend]);
    return checkNginx(name, backend, options, args).warnings.map((warning) => `${path}: ${warning}`);
  });
}

/** A certificate that no server has. */
function checkCertificates({ backends, nginx = {}, tls }: ReverseProxyStackArgs): ArgumentProblem[] {
  const own = knownFiles(nginx);
  if (own.length < Object.keys(nginx).length) return [];
  const asked = Object.values(backends).flatMap(serverNamesOf);
  return Object.keys(tls?.certificates ?? {})
    .filter((name) => serverNameOf(name, asked) === undefined && !usesCertificate(own, name))
    .filter((name) => asked.every((one) => certificateName(one, [name]) === undefined))
    .map((name) => ({
      path: `tls.certificates["${name}"]`,
      message: `matches no server name of a backend, so no client would get it.${didYouMean(name, asked)}`,
    }));
}

function checkFiles({ nginx = {}, backends }: ReverseProxyStackArgs): ArgumentProblem[] {
  const generated = [...Object.keys(generatedFiles(backends)), tlsFile];
  return Object.keys(nginx)
    .filter((file) => generated.includes(file) && file !== otherNamesFile)
    .map((file) => ({
      path: pathText(["nginx", file]),
      message: "is the name of a generated file. Choose another name.",
    }));
}
