export type { SocketActivatedNginxArgs } from "./arguments.ts";
export type { ConnectionArgs } from "./connection.ts";
export { type ArgumentProblem, ArgumentError } from "./problems.ts";
export type { Backend, HealthCheck, ProxyNetwork, ReverseProxyStackArgs } from "./proxy-arguments.ts";
export { ReverseProxyStack } from "./reverse-proxy-stack.ts";
export { SocketActivatedNginx } from "./socket-activated-nginx.ts";
export type { CertificateArgs, TlsArgs } from "./tls.ts";
export { type UnitSetArgs, UnitSet } from "../resources/unit-set.ts";
export type * from "../resources/contract.ts";
