import type { SocketActivatedNginxArgs } from "../components/site/arguments.ts";
import type { ReverseProxyStackArgs } from "../components/proxy/arguments.ts";

/** One component on one host: its name in the stack file, and its arguments. */
export interface Placement<Args> {
  name: string;
  host: string;
  args: Args;
}

/** All components of a stack. */
export interface Fleet {
  sites: Placement<SocketActivatedNginxArgs>[];
  proxies: Placement<ReverseProxyStackArgs>[];
}
