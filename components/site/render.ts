import { posix } from "node:path";
import { type Input, output, unsecret } from "@pulumi/pulumi/output.js";
import { isLocal, isSpecific, isWildcard, overlaps, parseListenStream } from "../../units/nginx/address.ts";
import { defaultServer, nginxVariable } from "../../units/nginx/default-server.ts";
import { plainAddress } from "../../units/nginx/plain.ts";
import { tlsDirectory } from "../../units/nginx/tls.ts";
import { withoutLabel } from "../../units/stand-ins.ts";
import { environmentFile } from "../../units/escape.ts";
import { renderContainer, renderSocket } from "../../units/render.ts";
import type { UnitSection } from "../../units/sections/unit.ts";
import { accessLogOf } from "./access-log.ts";
import { acmeOf } from "./acme.ts";
import { awaitFirstPodman } from "./first-podman.ts";
import { type Container, containerSection } from "./container.ts";
import type {
  ContainerCheck,
  FileContent,
  ImagePull,
  Probe,
  ServiceState,
} from "../../resources/contract.ts";
import type { SocketActivatedNginxArgs } from "./arguments.ts";
import { hardenedService, hardeningOf, runtimeOf, userNamespaceUnit } from "./hardening.ts";
import { baseDirectory, isConfiguration, lift, onHost, splitEnvironment, volumeLabel } from "./inputs.ts";
import { socketUnits } from "./names.ts";
import { retried, unlimited } from "./restarting.ts";
import { allListens, tlsFiles, tlsListens, tlsOptions } from "../tls/tls.ts";
import { type UserService, userNamespaceService, userService } from "./user-service.ts";

/** The files, units and states of a set, some of them still unknown. */
export interface Rendered {
  units: Record<string, Input<string>>;
  files: Record<string, { content: Input<string> } & Omit<FileContent, "content">>;
  services: Record<string, ServiceState>;
  images: Input<Record<string, ImagePull>>;
  checks: Record<string, { [K in keyof ContainerCheck]: Input<ContainerCheck[K]> }>;
  probes: Input<Record<string, Probe>>;
}

/** What a component that builds on this one adds. */
export interface Additions extends Pick<UserService, "description" | "online" | "service" | "execStartPre"> {
  /** Its own volumes, with specifiers as systemd has them. */
  ownVolumes?: readonly string[];
  /** Whether SELinux lets the container alone. Default: false. */
  unlabelled?: boolean;
  /** More of [Unit] of a quadlet's service. */
  unit?: { requires?: readonly string[]; wants?: readonly string[] };
  /** Units that its sockets need first, and that want them, beside sockets.target. */
  socket?: { requires: readonly string[]; wantedBy: readonly string[] };
  /** Whether nginx's files name the account: see FileContent. */
  placeholders?: boolean;
}

/** What goes onto the host for the arguments, which are known to be right. */
export function render(name: string, args: SocketActivatedNginxArgs, additions?: Additions): Rendered {
  const listens = allListens(args);
  const sockets = socketUnits(name, args);
  const base = baseDirectory(name, args);
  const directory = args.configurationDirectory ?? `${base}/conf.d`;
  const { plain, hidden } = splitEnvironment(args.environment ?? {});
  const environmentPath = `${base}/environment`;
  const hasHidden = Object.keys(hidden).length > 0;

  const nginx = args.nginx ?? { "default.conf": defaultPage(args) };
  const files: Rendered["files"] = {};
  for (const [file, content] of Object.entries(nginx)) {
    // The master process reads the configuration as the owner. What else there is the workers read (htpasswd, say), as an account
    // that only the container has: others of the host are kept out by the directory above, of mode 0700 (checkHiddenFiles()).
    const secret = typeof content !== "string" && isConfiguration(file);
    files[`${directory}/${file}`] = {
      content,
      ...(secret ? { mode: "0600" } : {}),
      ...(additions?.placeholders === true ? { placeholders: true } : {}),
    };
  }
  const certificates = `${base}/tls`;
  const given = args.tls === undefined ? {} : tlsFiles(certificates, args.tls);
  Object.assign(files, given);
  const reloadOn = Object.keys(files);
  if (hasHidden) files[environmentPath] = { content: output(hidden).apply(environmentFile), mode: "0600" };

  const label = volumeLabel(args);
  const mounts = {
    [directory]: "/etc/nginx/conf.d",
    ...(Object.keys(given).length === 0 ? {} : { [certificates]: tlsDirectory }),
  };
  const log = accessLogOf(name, args);
  const acme = acmeOf(name, args);
  Object.assign(files, acme?.files);
  const parts: ContainerParts = {
    description: `nginx ${name}, socket-activated`,
    sockets: sockets.map(({ unit }) => unit),
    hardening: hardeningOf(name, args),
    ...additions,
    service: { ...additions?.service, ...log?.service },
    execStartPre: [...(additions?.execStartPre ?? []), log?.execStartPre, acme?.execStartPre].filter(
      (command) => command !== undefined,
    ),
  };
  const { manager, user } = args;
  const isUserService = manager === "system" && user !== undefined;
  const container = (image: string): Container => ({
    image,
    environment: { NGINX: nginxVariable(sockets.length), ...plain },
    environmentFile: hasHidden ? environmentPath : undefined,
    network: args.network,
    runtime: runtimeOf(args),
    hardened: args.hardened === true,
    unlabelled: additions?.unlabelled,
    volumes: {
      own: [...(additions?.ownVolumes ?? []), log?.volume, acme?.volume].filter(
        (volume) => volume !== undefined,
      ),
      given: [
        ...Object.entries(mounts).map(([from, to]) => `${onHost(from)}:${to}:ro${label}`),
        ...(args.volumes ?? []),
      ],
    },
    // nginx ends a SIGQUIT by answering what it has begun (nginx.org, "Controlling nginx"); SIGTERM resets those requests.
    stop: { signal: "SIGQUIT", timeout: 60 },
    startedBy: "conmon",
    // The transaction has pulled it. A quadlet that is not hardened leaves it at podman's default.
    pull: isUserService || args.hardened === true ? "never" : undefined,
  });
  const units: Rendered["units"] = isUserService
    ? {
        [`${name}.service`]: lift(args.image, (image) =>
          userService({ ...parts, container: container(image), user }),
        ),
      }
    : { [`${name}.container`]: lift(args.image, (image) => quadlet(parts, container(image), manager)) };
  // nginx -t binds its sockets: in there, where it has no directory for them, in a volume that goes with the container.
  const volumes = [
    ...socketDirectories(listens),
    ...(args.volumes ?? []).filter(isBindMount).map(withoutLabel),
  ];
  const userNamespace = parts.hardening?.userNamespace;
  if (userNamespace !== undefined)
    units[userNamespace] = isUserService ? userNamespaceService(name, user) : userNamespaceUnit(name, "%t");
  Object.assign(units, log?.units, acme?.units);
  for (const { unit, listen } of sockets) {
    units[unit] = renderSocket({
      unit: {
        description: `Socket ${listen.join(", ")} of ${name}`,
        ...(additions?.socket === undefined ? {} : ordered(additions.socket)),
      },
      socket: {
        listenStream: listen,
        ...(isBesideIpv4(listen, listens) ? { bindIPv6Only: "ipv6-only" } : {}),
        // An address that comes after sockets.target (DHCP, keepalived) would fail the socket for good (systemd#19198).
        ...(listen.map(parseListenStream).some(isSpecific) ? { freeBind: true } : {}),
        ...(unit === `${name}.socket` ? {} : { service: `${name}.service` }),
      },
      install: { wantedBy: ["sockets.target", ...(additions?.socket?.wantedBy ?? [])] },
    });
  }
  return {
    units,
    files,
    services: {
      ...Object.fromEntries(sockets.map(({ unit }) => [unit, { enabled: true }])),
      ...(userNamespace === undefined ? {} : { [userNamespace]: {} }),
      ...(log === undefined ? {} : { [log.timer]: { enabled: true } }),
      [`${name}.service`]: {
        reloadOn,
        ...(hasHidden ? { restartOn: [environmentPath] } : {}),
        handover: true,
      },
      // Last, as the CA asks nginx.
      ...(acme === undefined ? {} : { [acme.timer]: { enabled: true, restartOn: acme.runOn } }),
    },
    probes: probes(args, nginx),
    checks: {
      "nginx -t": {
        image: args.image,
        command: ["nginx", "-t", "-q"],
        mounts,
        ...(volumes.length > 0 ? { volumes } : {}),
        service: `${name}.service`,
      },
    },
    images: lift(args.image, (image) =>
      Object.fromEntries(
        [image, acme?.image]
          .filter((reference) => reference !== undefined)
          .map((reference) => [reference, { pull: args.pull ?? "missing" }]),
      ),
    ),
  };
}

function defaultPage({ listen, tls }: SocketActivatedNginxArgs): string {
  return defaultServer(listen.map(parseListenStream), { tls: tlsOptions(tls) });
}

/** Which request must be answered on which address. */
function probes(args: SocketActivatedNginxArgs, nginx: Record<string, Input<string>>): Rendered["probes"] {
  const { verify } = args;
  if (verify === false) return {};
  const withTls = tlsListens(args);
  const probe = (address: string): Probe => {
    const { outside, ...request } = verify ?? {};
    const { path, hostName } = request;
    const from = outside === true && !isLocal(parseListenStream(address)) ? { outside } : {};
    // nginx answers a request without TLS by itself, or with a redirect.
    if (!withTls.includes(address) && args.tls?.redirect !== true) return { ...request, ...from };
    return {
      ...(path === undefined ? {} : { path }),
      ...(hostName === undefined ? {} : { hostName }),
      ...from,
    };
  };
  const asked = (texts: Record<string, string>) => {
    const files = Object.entries(texts).map(([file, text]) => ({ name: file, text }));
    return Object.fromEntries(
      allListens(args).flatMap((listen) => {
        const at = plainAddress(files, parseListenStream(listen));
        if (at === undefined) return [];
        const isUnusual =
          at.family === "ipv4" && isWildcard(parseListenStream(listen)) && at.address !== "127.0.0.1";
        return [[listen, { ...probe(listen), ...(isUnusual ? { address: at.address } : {}) }]];
      }),
    );
  };
  if (isPlain(nginx)) return asked(nginx);
  // Which addresses there are is no secret, whatever else is in the files.
  return unsecret(output(nginx).apply(asked));
}

function isPlain(texts: Record<string, Input<string>>): texts is Record<string, string> {
  return Object.values(texts).every((text) => typeof text === "string");
}

type ContainerParts = Omit<UserService, "user" | "container"> & Pick<Additions, "unit">;

/** What comes first, and is needed or (`wants`) waited for. */
function ordered({ requires = [], wants = [] }: NonNullable<Additions["unit"]>): UnitSection {
  return {
    ...(wants.length > 0 ? { wants: [...wants] } : {}),
    ...(requires.length > 0 ? { requires: [...requires] } : {}),
    after: [...requires, ...wants],
  };
}

function quadlet(parts: ContainerParts, container: Container, manager: "system" | "user"): string {
  const { sockets, hardening } = parts;
  const requires = [
    ...sockets,
    ...(hardening?.userNamespace === undefined ? [] : [hardening.userNamespace]),
    ...(parts.unit?.requires ?? []),
  ];
  const execStartPre = [
    // A hardened one may not make the user namespace; its own unit does.
    ...(manager === "user" && hardening === undefined ? [awaitFirstPodman("%t")] : []),
    ...(parts.execStartPre ?? []),
  ];
  return renderContainer({
    unit: {
      description: parts.description,
      ...ordered({ requires, wants: parts.unit?.wants ?? [] }),
      ...unlimited,
    },
    container: containerSection(container),
    service: {
      // Several sockets: the service is handed all of them (systemd.service(5), Sockets=).
      ...(sockets.length > 1 ? { sockets } : {}),
      // nginx leaves an inherited socket as it is, and systemd hands it on blocking: a worker that another one has beaten to a
      // connection would sleep in accept(2) with all its clients (measured: 3 of 90 reloads under load, none with this).
      nonBlocking: true,
      ...retried,
      ...(execStartPre.length > 0 ? { execStartPre } : {}),
      // The quadlet keys for it, ReloadSignal= and ReloadCmd=, need podman 5.5.
      execReload: "/usr/bin/podman kill --signal=HUP systemd-%N",
      timeoutStopSec: "70",
      ...(hardening === undefined ? {} : hardenedService(hardening)),
      ...parts.service,
    },
    install: { wantedBy: ["default.target"] },
    // A user quadlet would wait for the system's network-online.target, which may never come. The sockets need no network,
    // and the image is there.
    quadlet: { defaultDependencies: false },
  });
}

/** Whether an IPv6 wildcard would take the IPv4 port, too, that another socket of the site has. */
function isBesideIpv4(listen: readonly string[], all: readonly string[]): boolean {
  const others = all.map(parseListenStream).filter(({ family }) => family === "ipv4");
  return listen
    .map(parseListenStream)
    .some((address) => address.family === "ipv6" && others.some((other) => overlaps(address, other, false)));
}

/** Directories of Unix sockets that an image may not have. */
function socketDirectories(listens: readonly string[]): string[] {
  const paths = listens
    .map(parseListenStream)
    .flatMap((address) => (address.family === "unix" ? [posix.dirname(address.path)] : []));
  return [...new Set(paths)].filter((path) => !["/", "/run", "/tmp"].includes(path));
}

/** A volume of a quadlet's name is not there before the quadlet is. */
function isBindMount(volume: string): boolean {
  return volume.startsWith("/") || volume.startsWith("%h/");
}
