/** For each argument of the components: another value, and the cases in which it changes nothing. */
import { createPrivateKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { ReverseProxyStackArgs, SocketActivatedNginxArgs } from "../../components/index.ts";
import type { Certificate } from "../certificates.ts";
import type { Shape } from "./registered.ts";
import { certificate, otherCertificate, proxy, rootful, rootless, rootOwnedSocket } from "./shapes.ts";

/** Arguments that are merged into others. An undefined value removes the argument. */
export type Change = { [argument: string]: unknown };

export interface Changed {
  change: Change | ((args: SocketActivatedNginxArgs | ReverseProxyStackArgs) => Change);
  /** Other arguments that the change needs. */
  beside?: Change;
  /** Shapes in which the change is refused. */
  refused?: readonly string[];
  /** Shape → why it accepts the change although nothing follows from it. */
  idle?: Readonly<Record<string, string>>;
  /** The only shapes to try it in, if others do nothing special with it. */
  only?: readonly string[];
}

export const sites: Record<string, Shape> = {
  rootless: { kind: "site", args: rootless },
  rootful: { kind: "site", args: rootful },
  "root-owned socket": { kind: "site", args: rootOwnedSocket },
};

const app = { image: "registry.example.com/app:1", serverName: "www.example.net" };
const unix = { ...app, transport: "unix" } as const;
const proxyOf = (backend: ReverseProxyStackArgs["backends"][string], manager: "system" | "user"): Shape => ({
  kind: "proxy",
  args: { ...proxy, manager, backends: { app: backend } },
});
export const proxies: Record<string, Shape> = {
  tcp: proxyOf({ ...app, port: 80 }, "system"),
  unix: proxyOf(unix, "user"),
  activated: proxyOf({ ...unix, socketActivated: true }, "user"),
  nginx: proxyOf({ ...unix, nginx: {} }, "system"),
};
const allSites = Object.keys(sites);
const allProxies = Object.keys(proxies);
const withoutTcp = ["unix", "activated", "nginx"];

/** One proxy is enough for arguments that sites and proxies handle in the same way. */
const once = [...Object.keys(sites), "tcp"];

/** A change of the connection, which the provider gets as it is. */
const connection = (change: Change, beside?: Change): Changed => ({
  change: { connection: change },
  ...(beside === undefined ? {} : { beside: { connection: beside } }),
  only: ["rootless", "tcp"],
});
const endpoint = {
  address: "192.0.2.12",
  port: 2222,
  user: "admin",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6mGhDGf3sIWmjnNlZSdbRlGwX9X+aVZxBaFJRCEzDs",
  knownHostsFile: "~/.ssh/known_hosts",
  identityFile: "~/.ssh/id_ed25519",
  privateKey: pulumi.secret("a key"),
  passphrase: pulumi.secret("canary"),
  agent: "/run/agent.sock",
  sshConfig: "~/.ssh/config",
};
const jump = { address: "192.0.2.1" };
const connectionChanges: Record<string, Changed> = {
  connection: connection({ address: "192.0.2.12" }),
  "connection.sudo": connection({ sudo: true }),
  "connection.sudo.password": connection({ sudo: { password: "other" } }, { sudo: { password: "canary" } }),
  "connection.connectTimeout": connection({ connectTimeout: 5 }),
  "connection.commandTimeout": connection({ commandTimeout: 5 }),
  "connection.jump": connection({ jump }),
  "connection.jump.jump": connection({ jump: { jump } }, { jump }),
};
for (const [field, value] of Object.entries(endpoint)) {
  connectionChanges[`connection.${field}`] = connection({ [field]: value });
  connectionChanges[`connection.jump.${field}`] = connection({ jump: { [field]: value } }, { jump });
}

/** Changes of a fleet: each field of a host, and the policy of the rollout. */
const fleet = (change: Change = {}): Change => ({
  connection: undefined,
  hosts: { "web-1": { address: "192.0.2.11", ...change } },
});
const host = (change: Change, beside?: Change): Changed => ({
  change: { hosts: { "web-1": change } },
  beside: fleet(beside),
  only: ["rootless", "tcp"],
});
const hostChanges: Record<string, Changed> = {
  hosts: { change: { hosts: { "web-2": { address: "192.0.2.12" } } }, beside: fleet(), only: once },
  "hosts.state": host({ state: "offline" }),
  ...Object.fromEntries(
    Object.entries(connectionChanges)
      .filter(([path]) => path !== "connection")
      .map(([path, { change, beside }]): [string, Changed] => [
        path.replace("connection", "hosts"),
        host(
          (change as { connection: Change }).connection,
          (beside as { connection: Change } | undefined)?.connection,
        ),
      ]),
  ),
};
const policies: Change = {
  canary: 2,
  canaryHosts: ["host"],
  maxParallel: "25%",
  minHealthyTime: 5,
  healthyDeadline: 60,
  maxFailures: 1,
  autoRevert: false,
  offline: "skip",
  grace: 300,
  only: ["host"],
  pause: "canary",
};
const rollout: Change = { rollout: {} };
const rolloutChanges: Record<string, Changed> = {
  rollout: { change: { rollout: { canary: 2 } } },
  ...Object.fromEntries(
    Object.entries(policies).map(([field, value]): [string, Changed] => [
      `rollout.${field}`,
      { change: { rollout: { [field]: value } }, beside: rollout, only: once },
    ]),
  ),
};

const verify: Change = { verify: {} };
const smokeTest: Change = { smokeTest: {} };
const smokeCommand: Change = { smokeTest: { command: ["true"] } };
const accessLog: Change = { accessLog: {} };
const commands = (when: string, command: Change): Change => ({
  commands: { [when]: [{ command: ["true"], ...command }] },
});
const besideCommand = { before: commands("before", {}), after: commands("after", {}) };
const command = (when: "before" | "after", changed: Change): Changed => ({
  change: commands(when, changed),
  beside: besideCommand[when],
  only: once,
});
const tls: Change = { tls: certificate };
const acme = { names: ["www.example.com"], ca: certificate.certificate };
const besideAcme: Change = { tls: { acme } };
const acmeOf = (change: Change): Changed => ({
  only: once,
  beside: besideAcme,
  change: { tls: { acme: change } },
});
const named: Change = { tls: { ...certificate, certificates: { "www.example.net": otherCertificate } } };
/** Another text for the same key: a certificate followed by another one, and the key in another format. */
const chain = (pair: Certificate) => `${pair.certificate}${certificate.certificate}`;
const rewritten = ({ key }: Certificate) => createPrivateKey(key).export({ type: "sec1", format: "pem" });
const registries = { "registry.example.com": { username: "deploy", password: "canary" } };
const besideLogin: Change = { registries };
const loginOf = (change: Change): Changed => ({
  change: { registries: { "registry.example.com": change } },
  beside: besideLogin,
  only: ["rootless", "tcp"],
});

/** Arguments of both sites and proxies. */
const common: Record<string, Changed> = {
  ...connectionChanges,
  ...hostChanges,
  ...rolloutChanges,
  manager: {
    change: ({ manager }) => ({ manager: manager === "user" ? "system" : "user" }),
    refused: ["rootful"],
  },
  user: { change: { user: "other" } },
  createUser: { change: { createUser: true }, refused: ["rootful"] },
  name: { change: { name: "other" } },
  image: { change: { image: "docker.io/library/nginx:1" } },
  pull: { change: { pull: "always" } },
  requireDigest: { change: { requireDigest: true }, refused: [...allSites, ...allProxies] },
  registries: { change: { registries } },
  "registries.username": loginOf({ username: "other" }),
  "registries.password": loginOf({ password: "other" }),
  listen: { change: { listen: ["0.0.0.0:90"] } },
  tls: { change: tls },
  "tls.certificate": { only: once, beside: tls, change: { tls: { certificate: chain(certificate) } } },
  "tls.key": { only: once, beside: tls, change: { tls: { key: rewritten(certificate) } } },
  "tls.acme": { change: { tls: { acme } } },
  "tls.acme.names": acmeOf({ names: ["example.com"] }),
  "tls.acme.email": acmeOf({ email: "admin@example.com" }),
  "tls.acme.directory": acmeOf({ directory: "https://ca.example.com/directory" }),
  "tls.acme.ca": acmeOf({ ca: otherCertificate.certificate }),
  "tls.acme.image": acmeOf({ image: "registry.example.com/certbot:1" }),
  "tls.listen": { only: once, beside: tls, change: { tls: { listen: ["0.0.0.0:8443"] } } },
  "tls.certificates": { only: once, beside: tls, change: named },
  "tls.certificates.certificate": {
    only: once,
    beside: named,
    change: { tls: { certificates: { "www.example.net": { certificate: chain(otherCertificate) } } } },
  },
  "tls.certificates.key": {
    only: once,
    beside: named,
    change: { tls: { certificates: { "www.example.net": { key: rewritten(otherCertificate) } } } },
  },
  "tls.http2": { only: once, beside: tls, change: { tls: { http2: false } } },
  "tls.redirect": { only: once, beside: tls, change: { tls: { redirect: true } } },
  verify: { change: { verify: false } },
  "verify.path": { only: once, beside: verify, change: { verify: { path: "/health" } } },
  "verify.hostName": { only: once, beside: verify, change: { verify: { hostName: "www.example.net" } } },
  "verify.status": { only: once, beside: verify, change: { verify: { status: 204 } } },
  "verify.body": { only: once, beside: verify, change: { verify: { body: "ok" } } },
  "verify.outside": { only: once, beside: verify, change: { verify: { outside: true } } },
  smokeTest: { change: smokeTest },
  "smokeTest.path": { only: once, beside: smokeTest, change: { smokeTest: { path: "/health" } } },
  "smokeTest.hostName": {
    only: once,
    beside: smokeTest,
    change: { smokeTest: { hostName: "other.example.net" } },
  },
  "smokeTest.status": { only: once, beside: smokeTest, change: { smokeTest: { status: 204 } } },
  "smokeTest.body": { only: once, beside: smokeTest, change: { smokeTest: { body: "ok" } } },
  "smokeTest.timeout": { only: once, beside: smokeTest, change: { smokeTest: { timeout: 5 } } },
  "smokeTest.command": { only: once, beside: smokeCommand, change: { smokeTest: { command: ["false"] } } },
  "smokeTest.environment": {
    only: once,
    beside: smokeCommand,
    change: { smokeTest: { environment: { A: "1" } } },
  },
  commands: { change: commands("before", {}) },
  "commands.before": { change: commands("before", {}) },
  "commands.before.command": command("before", { command: ["false"] }),
  "commands.before.environment": command("before", { environment: { A: "1" } }),
  "commands.after": { change: commands("after", {}) },
  "commands.after.command": command("after", { command: ["false"] }),
  "commands.after.environment": command("after", { environment: { A: "1" } }),
  environment: { change: { environment: { TZ: "Europe/Stockholm" } } },
  volumes: { change: { volumes: ["/srv/www:/usr/share/nginx/html:ro"] } },
  configurationDirectory: { change: { configurationDirectory: "~/www" } },
  selinuxLabel: { change: { selinuxLabel: "none" } },
  accessLog: { change: accessLog },
  "accessLog.rotate": { only: once, beside: accessLog, change: { accessLog: { rotate: "hourly" } } },
  "accessLog.keep": { only: once, beside: accessLog, change: { accessLog: { keep: 5 } } },
  hardened: { change: { hardened: true } },
  runtime: { change: { runtime: "crun" } },
  adopt: { change: { adopt: true } },
};

export const siteChanges: Record<string, Changed> = {
  ...common,
  network: { change: { network: "host" } },
  nginx: {
    change: ({ listen }) => ({ nginx: { "default.conf": `server { listen ${listen[0]}; return 204; }` } }),
  },
  linger: { change: { linger: false }, refused: ["rootful"] },
};

const backend = (change: Change, beside?: Change): Pick<Changed, "change" | "beside"> => ({
  change: { backends: { app: change } },
  ...(beside === undefined ? {} : { beside: { backends: { app: beside } } }),
});
const healthCheck = { command: "test -e /run/ok" };
const besideCheck = backend({}, { healthCheck }).beside;
const check = (change: Change): Changed => ({
  change: { backends: { app: { healthCheck: change } } },
  beside: besideCheck,
  only: ["tcp", "unix", "activated"],
});
const noNetwork = "no backend is reached by a network";
const networks = {
  change: { network: { internal: false } },
  idle: Object.fromEntries(withoutTcp.map((shape) => [shape, noNetwork])),
};

export const proxyChanges: Record<string, Changed> = {
  ...common,
  nginx: { change: { nginx: { "limits.conf": "client_max_body_size 20m;" } } },
  network: networks,
  "network.internal": networks,
  backends: { change: { backends: { other: { ...unix, serverName: "other.example.net" } } } },
  "backends.image": backend({ image: "registry.example.com/app:2" }),
  "backends.transport": { ...backend({ transport: "unix", port: undefined }), only: ["tcp"] },
  "backends.port": { ...backend({ port: 8000 }), refused: withoutTcp },
  "backends.socketPath": {
    ...backend({ socketPath: "/run/app/app.sock" }),
    refused: ["tcp", "activated", "nginx"],
  },
  "backends.socketActivated": {
    ...backend({ socketActivated: true }, { socketActivated: undefined }),
    refused: ["tcp"],
    idle: { nginx: "its socket is always systemd's" },
  },
  "backends.nginx": {
    ...backend({ nginx: { "default.conf": "server { listen unix:@SOCKET@; return 204; }" } }),
    refused: ["tcp"],
  },
  "backends.serverName": backend({ serverName: "other.example.net" }),
  "backends.serverNames": backend({ serverNames: ["other.example.net"] }),
  "backends.paths": backend({ paths: ["/api/"] }),
  "backends.extra": backend({ extra: "client_max_body_size 20m;" }),
  "backends.replicas": backend({ replicas: 2 }),
  "backends.environment": backend({ environment: { TZ: "Europe/Stockholm" } }),
  "backends.volumes": backend({ volumes: ["/srv/data:/srv/data"] }),
  "backends.healthCheck": { ...backend({ healthCheck }), refused: ["nginx"] },
  "backends.healthCheck.command": check({ command: "test -e /run/other" }),
  "backends.healthCheck.interval": check({ interval: "10s" }),
  "backends.healthCheck.timeout": check({ timeout: "10s" }),
  "backends.healthCheck.retries": check({ retries: 5 }),
  "backends.healthCheck.startPeriod": check({ startPeriod: "10s" }),
};
