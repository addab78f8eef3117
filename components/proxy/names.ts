import type { Backend, ReverseProxyStackArgs } from "./arguments.ts";
import { isUnix } from "./backend-sockets.ts";

/** What a proxy's parts call each other. */
export interface ProxyNames {
  /** The network's quadlet, without ".network". Another kind of network is another network: podman makes one only once. */
  network: string;
  /** The target that stands for all backends, so that what needs them names none. */
  target: string;
}

/** Whether their network has no way out. */
export function isInternal({ network }: Pick<ReverseProxyStackArgs, "network">): boolean {
  return network?.internal ?? true;
}

export function proxyNames(name: string, args: Pick<ReverseProxyStackArgs, "network">): ProxyNames {
  return {
    network: isInternal(args) ? `${name}-net` : `${name}-open-net`,
    target: `${name}-backends.target`,
  };
}

/** The containers of a backend. The first has its name, so that it stays when replicas come and go. */
export function containerNames(backend: string, { replicas = 1 }: Pick<Backend, "replicas">): string[] {
  return Array.from({ length: replicas }, (_, index) => (index === 0 ? backend : `${backend}-${index + 1}`));
}

/** Whether a backend is reached by a network, which nginx and it share. */
export function hasNetwork({ backends }: Pick<ReverseProxyStackArgs, "backends">): boolean {
  return Object.values(backends).some((backend) => !isUnix(backend));
}

/** Whether a backend is reached by a Unix socket. */
export function hasSockets({ backends }: Pick<ReverseProxyStackArgs, "backends">): boolean {
  return Object.values(backends).some(isUnix);
}
