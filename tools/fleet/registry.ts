import { join } from "node:path";
import { cached } from "../cache.ts";
import { execute } from "../execute.ts";
import { startDaemon } from "./daemon.ts";
import { cgroupDirectory, dataDirectory } from "./layout.ts";
import { listens } from "./wait.ts";

/*
 * Two registries on this machine's address in the fleet's network. They share a storage, which is removed with the fleet:
 * - docker.io on the hosts: the stand-in images (tools/setup/images.sh says which);
 * - private.example:5001: the same images, for clients that log in.
 */
const openPort = 5000;
const privatePort = 5001;

/** The login for `private.example:5001`, which has only the stand-in images. */
export const registryLogin = {
  registry: `private.example:${privatePort}`,
  username: "puller",
  password: "sesame",
} as const;

/** The line in a host's /etc/hosts for it. */
export const registryHosts = (gateway: string) => `${gateway} private.example\n`;

/** A host's file in /etc/containers/registries.conf.d (containers-registries.conf(5)), so that usual names work. */
export const registryConfiguration = (gateway: string) => `unqualified-search-registries = ["docker.io"]

[[registry]]
prefix = "docker.io"
location = "${gateway}:${openPort}"
insecure = true

[[registry]]
location = "private.example:${privatePort}"
insecure = true
`;

/** Starts both, in the fleet's cgroup, and waits until they answer. */
export async function startRegistries(fleet: string, gateway: string): Promise<void> {
  const root = join(dataDirectory(fleet), "registry");
  await execute(["cp", "--archive", "--reflink=auto", cached("images"), root]);
  const cgroup = join(cgroupDirectory(fleet), "registry");
  const start = (port: number, env: NodeJS.ProcessEnv) => {
    const log = join(dataDirectory(fleet), `registry-${port}.log`);
    startDaemon(cgroup, ["chroot", root, "/usr/bin/docker-registry", "serve", "/etc/registry.yml"], log, {
      REGISTRY_HTTP_ADDR: `${gateway}:${port}`,
      ...env,
    });
    return listens(gateway, port);
  };
  await Promise.all([
    start(openPort, {}),
    start(privatePort, {
      REGISTRY_AUTH: "htpasswd",
      REGISTRY_AUTH_HTPASSWD_REALM: "private",
      REGISTRY_AUTH_HTPASSWD_PATH: "/etc/htpasswd",
    }),
  ]);
}
