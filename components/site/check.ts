import { Output } from "@pulumi/pulumi/output.js";
import { checkSmokeTest, commandWarnings } from "../commands/check.ts";
import { checkEncryption } from "../tls/key-pair.ts";
import { hardeningWarnings } from "./hardening.ts";
import { checkImage } from "./image-check.ts";
import { isConfiguration } from "./inputs.ts";
import { isContainerUnitName, socketUnits } from "./names.ts";
import { AddressError, type ListenAddress, parseListenStream, overlaps } from "../../units/nginx/address.ts";
import { type CheckResult, checkListens } from "../../units/nginx/check.ts";
import { type SocketActivatedNginxArgs, argumentsSchema } from "./arguments.ts";
import { type ArgumentProblem, parseArguments, pathText } from "../arguments/problems.ts";
import { type TlsArgs, allListens, listenPath } from "../tls/tls.ts";
import { certbotImage } from "../tls/acme.ts";
import { challengeProblems, challengeWarnings } from "../tls/acme-check.ts";
import { checkTls } from "../tls/check.ts";
import { nginxMounts, volumeProblems, volumeTargets, volumeWarnings } from "./volume-check.ts";

/** The argument with the address of the socket with this index. Null if the user does not choose the address. */
type ArgumentOf = (args: Parameters<typeof listenPath>[0], index: number) => string | null;

/**
 * Everything that is wrong with the arguments, all at once and without a host: their shape, what they have to do with each
 * other, and that the nginx configuration and the sockets agree. Values that are not known yet are left for later.
 *
 * @param name the resource's name, the default of `name`
 * @param proxied for a proxy, whose nginx files are generated: the names that it is asked for
 * @param argumentOf which argument has the address of a socket
 */
export function checkArguments(
  name: string,
  args: SocketActivatedNginxArgs,
  proxied?: readonly string[],
  argumentOf: ArgumentOf = listenPath,
): { problems: ArgumentProblem[]; warnings: string[] } {
  const { problems: malformed } = parseArguments(argumentsSchema, args);
  if (malformed) return { problems: malformed, warnings: [] };
  const tls = checkTls(args.tls, proxied);
  const problems = [
    ...tls.problems,
    ...checkHosts(args),
    ...(args.nginx === undefined || proxied !== undefined ? [] : forGenerated(args.tls)),
    ...checkAccount(args),
    ...checkUserService(args),
    ...checkName(args.name ?? name),
    ...checkListen(args),
    ...challengeProblems(args),
    ...checkEnvironment(args.environment),
    ...volumeProblems(args.volumes, nginxMounts(args, proxied !== undefined)),
    ...checkHiddenFiles(args),
  ];
  // By then the addresses can be read.
  if (problems.length === 0) problems.push(...checkSmokeTest(args, proxied));
  if (typeof args.image === "string") problems.push(...checkImage(args.image, args.requireDigest ?? false));
  const { acme } = args.tls ?? {};
  if (acme !== undefined)
    problems.push(...checkImage(acme.image ?? certbotImage, args.requireDigest ?? false, "tls.acme.image"));
  const text = plainFiles(args.nginx);
  const early = [
    ...hardeningWarnings(args),
    ...tls.warnings,
    ...verifyWarnings(args),
    ...volumeWarnings(args),
    ...commandWarnings(args),
    ...(problems.length > 0 ? [] : challengeWarnings(args, proxied === undefined)),
  ];
  if (problems.length > 0 || text === undefined) return { problems, warnings: early };
  const { errors, warnings } = checkConfiguration(args.name ?? name, args, text, argumentOf);
  return {
    problems: errors.map(({ message }) => ({ path: "nginx", message })),
    warnings: [...early, ...warnings.map(({ message }) => message)],
  };
}

function checkHosts({ connection, hosts }: SocketActivatedNginxArgs): ArgumentProblem[] {
  const what = 'the host, and how to log in to it, as in { address: "192.0.2.11" }';
  if (connection === undefined && hosts === undefined)
    return [{ path: "connection", message: `is missing: ${what}. For several, hosts` }];
  if (connection !== undefined && hosts !== undefined)
    return [{ path: "hosts", message: "can't be combined with connection: give one of the two" }];
  return hosts && Object.keys(hosts).length === 0
    ? [{ path: "hosts", message: "needs one host at least" }]
    : [];
}

/** What is for generated files only. */
function forGenerated(tls: TlsArgs | undefined): ArgumentProblem[] {
  return (["redirect", "http2"] as const)
    .filter((key) => tls?.[key] !== undefined)
    .map((key) => ({
      path: `tls.${key}`,
      message:
        "has no effect, because it changes only generated files and you give your own. Remove it, and set this in your files",
    }));
}

/** Requests are made without TLS. */
function verifyWarnings({ verify, listen, tls }: SocketActivatedNginxArgs): string[] {
  if (!verify || (verify.status ?? verify.body) === undefined) return [];
  if (listen.length > 0 && tls?.redirect !== true) return [];
  return [
    "verify: status and body are never checked, because verify makes no requests with TLS. smokeTest does.",
  ];
}

/** Whether nginx's configuration, the sockets and `tls` agree. */
export function checkConfiguration(
  name: string,
  args: Pick<SocketActivatedNginxArgs, "listen" | "tls" | "volumes">,
  nginx: Record<string, string>,
  argumentOf: ArgumentOf = listenPath,
): CheckResult {
  const files = Object.entries(nginx).map(([file, text]) => ({ name: file, text }));
  const sockets = socketUnits(name, args);
  const found = checkListens(
    files,
    sockets.map((socket, index) => ({ ...socket, argument: argumentOf(args, index) })),
    volumeTargets(args.volumes),
  );
  const encryption = checkEncryption(args, files);
  return {
    errors: [...found.errors, ...encryption.errors],
    warnings: [...found.warnings, ...encryption.warnings],
  };
}

/** The nginx files, if each of them is known and there are any. */
function plainFiles(nginx: SocketActivatedNginxArgs["nginx"]): Record<string, string> | undefined {
  if (!nginx || Object.values(nginx).some((text) => Output.isInstance(text))) return undefined;
  return nginx as Record<string, string>;
}

function checkAccount({ manager, user, createUser, linger }: SocketActivatedNginxArgs): ArgumentProblem[] {
  const problems: ArgumentProblem[] = [];
  if (manager === "user" && user === undefined)
    problems.push({
      path: "user",
      message: 'is missing: manager "user" needs the account that runs the service',
    });
  if (manager === "system" && user === undefined && createUser === true)
    problems.push({ path: "createUser", message: "needs user: the account to create" });
  if (user === undefined && linger !== undefined)
    problems.push({ path: "linger", message: "has an effect only with an account: set user, or remove it" });
  return problems;
}

/** What a system service of an account (Example 3) can't do, as it is not a quadlet. */
function checkUserService(args: SocketActivatedNginxArgs): ArgumentProblem[] {
  const { manager, user, network, configurationDirectory: directory, volumes = [] } = args;
  if (manager !== "system" || user === undefined) return [];
  const problems: ArgumentProblem[] = [];
  if (user === "root")
    problems.push({
      path: "user",
      message: "root's podman is not rootless: remove user for the rootful mode",
    });
  if (network !== undefined && quadletSource.test(network)) {
    const message = `"${network}" names a quadlet, which a service of this mode can't use. Write the network's own name: "systemd-${network.split(".network")[0]}", if no NetworkName= is set.`;
    problems.push({ path: "network", message });
  }
  if (directory !== undefined && !directory.startsWith("~/"))
    problems.push({
      path: "configurationDirectory",
      message: 'must begin with "~/" in this mode: the files belong to the account that runs nginx',
    });
  volumes.forEach((volume, index) => {
    const path = `volumes[${index}]`;
    if (/%/.test(volume.replace(/^%h(?=\/)/, "").replaceAll("%%", "")))
      problems.push({
        path,
        message:
          'has a specifier that this mode does not support: only "%h" at the start, and "%%" for a "%"',
      });
    if (quadletSource.test(volume.split(":")[0] ?? ""))
      problems.push({
        path,
        message: `"${volume}" names a quadlet, which a service of this mode can't use. Write the volume's own name.`,
      });
  });
  return problems;
}

/** A network or volume that podman's generator would look up (podman-systemd.unit(5), Network=, Volume=). */
const quadletSource = /^[^/:]+\.(network|container|volume)(:|$)/;

function checkEnvironment(environment: SocketActivatedNginxArgs["environment"]): ArgumentProblem[] {
  if (environment?.NGINX === undefined) return [];
  return [
    { path: "environment.NGINX", message: "is reserved: it tells nginx which sockets it gets. Remove it" },
  ];
}

/**
 * Files that nginx's workers read have to be readable for an account that only the container has: all that keeps other accounts of
 * the host from them is the directory above them, which is our own (mode 0700).
 */
function checkHiddenFiles({
  nginx = {},
  configurationDirectory,
}: SocketActivatedNginxArgs): ArgumentProblem[] {
  if (configurationDirectory === undefined) return [];
  return Object.entries(nginx)
    .filter(([file, text]) => typeof text !== "string" && !isConfiguration(file))
    .map(([file]) => ({
      path: pathText(["nginx", file]),
      message:
        "can't be a secret or an Output in a configurationDirectory: nginx's workers read it as another account, so other accounts of the host could read it too. Remove configurationDirectory: the default directory is closed to them.",
    }));
}

function checkName(name: string): ArgumentProblem[] {
  if (isContainerUnitName(name)) return [];
  return [
    {
      path: "name",
      message: `"${name}" is not a valid unit name. Use letters, digits, "-", "_" and ".", at most 100.`,
    },
  ];
}

function checkListen(args: SocketActivatedNginxArgs): ArgumentProblem[] {
  const listen = allListens(args);
  if (listen.length === 0) return [{ path: "listen", message: "needs one address at least" }];
  const problems: ArgumentProblem[] = [];
  const addresses: (ListenAddress | undefined)[] = [];
  listen.forEach((text, index) => {
    const path = listenPath(args, index);
    try {
      const address = parseListenStream(text);
      // An IPv6 wildcard beside IPv4 addresses is written for IPv6 alone: see render.ts.
      const first = addresses.findIndex((other) => other !== undefined && overlaps(other, address, true));
      addresses[index] = address;
      if (first >= 0)
        problems.push({
          path,
          message: `duplicates ${listenPath(args, first)} ("${listen[first]}")`,
        });
    } catch (thrown) {
      if (!(thrown instanceof AddressError)) throw thrown;
      problems.push({ path, message: thrown.message });
    }
  });
  return problems;
}
