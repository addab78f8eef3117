import type { SocketActivatedNginxArgs } from "../components/site/arguments.ts";
import type { ReverseProxyStackArgs } from "../components/proxy/arguments.ts";

/** One entry of a stack file: its name, the names of its hosts, and the arguments of its component. */
export interface Entry<Args> {
  name: string;
  hosts: string[];
  args: Args;
}

/** All entries of a stack. */
export interface Fleet {
  sites: Entry<SocketActivatedNginxArgs>[];
  proxies: Entry<ReverseProxyStackArgs>[];
}
