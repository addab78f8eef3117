/** What volumes can't be, and what they hide. */
import { CONF_D } from "../../units/nginx/include.ts";
import { resolverDirectory } from "../../units/nginx/proxy-files.ts";
import { acmeDirectory } from "../../units/nginx/acme.ts";
import { tlsDirectory } from "../../units/nginx/tls.ts";
import { cleanPath, isBelow, readVolume } from "../../units/volume.ts";
import type { SocketActivatedNginxArgs } from "./arguments.ts";
import { logMount } from "./access-log.ts";
import { writtenDirectory } from "./hardening.ts";
import type { ArgumentProblem } from "../arguments/problems.ts";
import { socketsMount } from "../proxy/backend-sockets.ts";

/** Where something is mounted by this project in the container, and what it is. */
type Mounts = Readonly<Record<string, string>>;

/**
 * Volumes that podman refuses, now or when the service starts.
 *
 * @param ours it refuses a second volume at the same path
 */
export function volumeProblems(volumes: readonly string[] = [], ours: Mounts = {}): ArgumentProblem[] {
  const taken = new Map(Object.entries(ours));
  return volumes.flatMap((text, index) => {
    const path = `volumes[${index}]`;
    const volume = readVolume(text);
    if (typeof volume === "string") return [{ path, message: volume }];
    // podman takes the very same volume twice.
    if (volumes.indexOf(text) < index) return [];
    const other = taken.get(volume.target);
    taken.set(volume.target, path);
    if (other === undefined) return [];
    const message = `"${volume.target}" is where ${other} is already mounted, and podman mounts one volume at a path. Choose another path.`;
    return [{ path, message }];
  });
}

/** The mounts of nginx's own container. */
export function nginxMounts(
  { tls, hardened, accessLog }: Pick<SocketActivatedNginxArgs, "tls" | "hardened" | "accessLog">,
  isProxy: boolean,
): Mounts {
  return {
    [CONF_D]: "the argument nginx",
    ...(tls === undefined ? {} : { [tlsDirectory]: "the argument tls" }),
    ...(tls?.acme === undefined ? {} : { [acmeDirectory]: "the argument tls.acme" }),
    ...(hardened === true ? { [writtenDirectory]: "memory, because of hardened," } : {}),
    ...(accessLog === undefined ? {} : { [logMount]: "the argument accessLog" }),
    ...(isProxy
      ? {
          [resolverDirectory]: "the network's resolver",
          [socketsMount]: "the directory of the backends' sockets",
        }
      : {}),
  };
}

/** Where the volumes are in the container, those that can be read. */
export function volumeTargets(volumes: readonly string[] = []): string[] {
  return volumes.map(readVolume).flatMap((volume) => (typeof volume === "string" ? [] : [volume.target]));
}

/** Volumes that hide what nginx reads, or that nginx's image can't use as it would elsewhere. */
export function volumeWarnings({
  volumes = [],
  nginx,
  environment = {},
}: Pick<SocketActivatedNginxArgs, "volumes" | "nginx" | "environment">): string[] {
  const files = Object.keys(nginx ?? { "default.conf": "" });
  return volumes.flatMap((text, index) => {
    const [target] = volumeTargets([text]);
    if (target === undefined) return [];
    const what = hidden(target, files) ?? unused(target, environment);
    return what === undefined ? [] : [`volumes[${index}]: "${target}" ${what}`];
  });
}

function hidden(target: string, files: readonly string[]): string | undefined {
  if (target === "/etc/nginx/nginx.conf")
    return `replaces the image's nginx.conf, which can't be checked here. Without "include ${CONF_D}/*.conf;" in its http block nginx closes the sockets, and every client hangs.`;
  if (isBelow(CONF_D, target))
    return `hides the image's nginx.conf, mime.types and the other files of that directory. The volume needs them, and an empty directory conf.d. To add files, mount them beside: "/etc/nginx/snippets".`;
  if (!isBelow(target, CONF_D)) return undefined;
  const own = files.find((file) => `${CONF_D}/${file}` === target);
  const effect =
    own === undefined
      ? "is in the directory of the argument nginx, which is read-only: podman makes its mount point in the host's directory (crun) or fails (runc). What it holds is not compared with the sockets"
      : `hides "${own}" of the argument nginx, and that file is the one that is compared with the sockets`;
  return `${effect}. Mount it beside, as "/etc/nginx/snippets", and include it.`;
}

/** 20-envsubst-on-templates.sh in the entry point of nginx's official image. */
function unused(
  target: string,
  environment: NonNullable<SocketActivatedNginxArgs["environment"]>,
): string | undefined {
  const { NGINX_ENVSUBST_TEMPLATE_DIR: directory, NGINX_ENVSUBST_OUTPUT_DIR: output } = environment;
  if (output !== undefined && output !== CONF_D) return undefined;
  const templates = typeof directory === "string" ? cleanPath(directory) : "/etc/nginx/templates";
  if (target !== templates && !isBelow(target, templates)) return undefined;
  return `has no effect: the image would write the results of these templates into ${CONF_D}, which is read-only. Give the finished files in the argument nginx.`;
}
