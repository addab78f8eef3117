import type { Input } from "@pulumi/pulumi/output.js";
import { z } from "zod";
import type { RegistryLogin, RolloutPolicy, VerifyRequest } from "../../resources/contract.ts";
import {
  type CommandsArgs,
  type SmokeTestArgs,
  commandsSchema,
  smokeTestSchema,
} from "../commands/arguments.ts";
import { type ConnectionArgs, type HostArgs, connectionSchema } from "../arguments/connection.ts";
import { hostName, hostSchema, rolloutSchema } from "../arguments/hosts.ts";
import { environmentSchema, named, text, verifySchema } from "../arguments/shared-fields.ts";
import { type TlsArgs, tlsSchema } from "../tls/tls.ts";
import { oneOf, required, wholeNumber } from "../arguments/wording.ts";

export type RegistryLoginArgs = { [K in keyof RegistryLogin]: Input<RegistryLogin[K]> };

const login = (what: string) =>
  text(z.string(), required(`the ${what} of the registry's login`, what === "name" ? '"deploy"' : '"…"'));

const fileName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** The name of an account. */
export const account = (words?: Parameters<typeof z.string>[0]) =>
  z.string(words).regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/, "is not a valid account name");

const accessLogSchema = z.strictObject({
  /**
   * How often access.log becomes access.log.1. NAME-rotate.timer does it, and reloads nginx, which opens a new
   * file. An empty file is left alone.
   * @default "daily"
   * @example "hourly"
   * @see systemd.time(7), "Calendar Events"
   */
  rotate: z.enum(["hourly", "daily", "weekly"]).optional(),

  /**
   * How many older files are kept: access.log.1 is the newest.
   * @default 14
   * @range 1 to 1000
   * @example 48
   */
  keep: wholeNumber(1, 1000).optional(),
});

/** An access log in a file of the host, and its rotation. */
export interface AccessLogArgs extends z.input<typeof accessLogSchema> {}

/** Each argument by itself: check.ts has the rules between several of them. */
export const argumentsSchema = z.strictObject({
  /**
   * One host, and how to log in to it. For several hosts give {@link hosts} in its place.
   * @default none: either this or {@link hosts} is required
   * @example { address: "192.0.2.11", hostKey: "ssh-ed25519 AAAA…", identityFile: "~/.ssh/id_ed25519" }
   * @see ssh_config(5)
   */
  connection: named<ConnectionArgs>(connectionSchema).optional(),

  /**
   * The hosts by their names, each as {@link connection}. They all get the same site, and a change reaches all of them or none
   * ({@link rollout}). In the place of {@link connection}.
   * @default none
   * @range names of letters, digits, "-", "_" and "."; 1 to 1000 hosts
   * @example { "web-1": { address: "192.0.2.11" }, "web-2": { address: "192.0.2.12", state: "offline" } }
   */
  hosts: z.record(hostName, named<HostArgs>(hostSchema)).optional(),

  /**
   * How a change reaches several hosts: the canary, the waves, how many may fail.
   * @default one canary, then 50 hosts at a time; the first failure takes every host back
   * @example { canary: 1, maxParallel: "25%", minHealthyTime: 30, maxFailures: 2, offline: "skip" }
   */
  rollout: named<RolloutPolicy>(rolloutSchema).optional(),

  /**
   * The service manager that has the socket and the service: "user" for Example 1 (rootless podman, the manager of
   * {@link user}), "system" for Example 2 (rootful podman). "system" with {@link user} is Example 3: the socket is root's, and
   * so can have any port, while podman is rootless. Experimental: podman supports no User= in quadlets, so the service is
   * written by hand.
   * @example "user"
   * @see https://github.com/containers/podman/discussions/20573
   */
  manager: z.enum(
    ["system", "user"],
    required('"system", or "user" for a rootless service of an account', '"system"'),
  ),

  /**
   * The account. Required with manager "user"; with "system", who runs podman and nginx: not root, which is Example 2.
   * @default none
   * @range letters, digits, "-", "_" and "."
   * @example "test"
   * @see systemd.exec(5), User=
   */
  user: account().optional(),

  /**
   * Make the account where it is not there: a home directory, ranges in subuid(5) and subgid(5), no login shell. It is removed
   * with the last site that is its. Only with {@link user}.
   * @default false, a missing account is an error
   * @example true
   * @see useradd(8)
   */
  createUser: z.boolean().optional(),

  /**
   * The name of the units: NAME.socket, NAME.container and its NAME.service. NAME-handover and NAME-rehearsal are taken as well: a
   * restart needs them for a moment.
   * @default the resource's name
   * @range letters, digits, "-", "_" and ".", at most 100; no "-" or "." at the beginning
   * @example "www"
   * @see systemd.unit(5)
   */
  name: z.string().optional(),

  /**
   * The image. It is on the host before the service is touched. It may start as another user than root (`USER`, the unprivileged
   * variants), but not with `tls` or secret configuration files, which that user could not read: the `up` is refused then. What it has in /etc/nginx/conf.d itself is always hidden by
   * {@link nginx}, or what is generated in its place.
   * @range a reference with its registry, as each host would choose one by itself
   * @example "docker.io/library/nginx:latest"
   * @see podman-systemd.unit(5), Image=
   */
  image: text(z.string(), required("the image with its registry", '"docker.io/library/nginx:latest"')),

  /**
   * When to pull the image: "missing", only where the host does not have it; "always", before every start or restart that a
   * deploy makes; "never", it must be there.
   * @default "missing"
   * @example "always"
   * @see podman-run(1), --pull
   */
  pull: z.enum(["missing", "always", "never"]).optional(),

  /**
   * Demand an image by digest ("…@sha256:…"), so that each host and each `up` gets the very same one.
   * @default false
   * @example true
   * @see podman-pull(1)
   */
  requireDigest: z.boolean().optional(),

  /**
   * Logins of private registries, by registry.
   * @default none
   * @example { "registry.example.com": { username: "deploy", password: "…" } }
   * @see containers-auth.json(5)
   */
  registries: z
    .record(
      z.string(),
      named<RegistryLoginArgs>(z.strictObject({ username: login("name"), password: login("password") })),
    )
    .optional(),

  /**
   * The addresses that systemd listens on and nginx serves, one socket unit each: "0.0.0.0:8080", "[::1]:80", a path for a
   * unix socket. "80" is an IPv6 wildcard. The socket of the first has the site's name, so put new ones behind it: where another
   * becomes the first, both close for a moment. An address of the host's own ("192.0.2.11:80") may be missing when the site is
   * deployed or the host boots, as on a standby node: it is served once it is there. Ports below 1024 need manager "system" (or the host's
   * net.ipv4.ip_unprivileged_port_start, ip(7)).
   * @range one address at least, here or in tls.listen, and none twice; ports 1 to 65535; a path of 107 bytes at most; no "%"
   * @example ["0.0.0.0:8080", "[::]:8080"]
   * @see systemd.socket(5), ListenStream=
   */
  listen: z.array(
    z.string(),
    required("a list of the addresses that systemd listens on", '["0.0.0.0:8080"]'),
  ),

  /**
   * Certificate and key, or where each host gets them, and the addresses for TLS.
   * @default none
   * @example { certificate: "-----BEGIN CERTIFICATE-----\n…", key: "-----BEGIN PRIVATE KEY-----\n…", redirect: true }
   * @example { acme: { names: ["www.example.com"] }, redirect: true }
   * @see https://nginx.org/en/docs/http/configuring_https_servers.html
   */
  tls: named<TlsArgs>(tlsSchema).optional(),

  /**
   * The container's network. "none": nginx can't reach anything, and serves by the inherited sockets all the same.
   * @default podman's own, with a way out
   * @range "none", "host", "pasta", … or the name of a network of podman's; "slirp4netns" before podman 6 only
   * @example "none"
   * @see podman-run(1), --network
   */
  network: z
    .string()
    .regex(/^[A-Za-z0-9][\w.:=,-]*$/, "is not a network of podman")
    .optional(),

  /**
   * nginx's configuration, file name → text, mounted at /etc/nginx/conf.d. nginx reads those that end in ".conf". A change
   * reloads nginx. Each address of {@link listen} needs a matching `listen` here, which is checked at preview. What the image has
   * there is hidden in every example, Example 2 among them: {} does not bring it back, and is refused.
   *
   * A secret text is a file of mode 0600 where its name ends in ".conf", as nginx's master process reads that. All others, htpasswd
   * say, are read by its workers, an account of the container's, and have mode 0644, below a directory that only root or the
   * account can enter; a secret one can't be in a {@link configurationDirectory}.
   * @default a default.conf that serves /usr/share/nginx/html on every address
   * @range file names without a directory: letters, digits, "-", "_" and ".", at the beginning no "-" or "."
   * @example { "default.conf": "server { listen 8080; listen [::]:8080; location / { return 200 hello; } }" }
   * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
   */
  nginx: z
    .record(
      z
        .string()
        .regex(fileName, "a file name can't have a directory: the file would be outside /etc/nginx/conf.d"),
      text(),
    )
    .optional(),

  /**
   * A GET request that must be answered on each address of {@link listen} after every start, restart and reload, within 20
   * seconds. Otherwise the deploy is rolled back. The request is made on the host (by curl, or else bash; a unix socket needs
   * curl). The new version of a container is asked as well before it takes over. false: no request is made.
   *
   * An address with TLS, or one that redirects there, has to answer, but not with this status and body: it is asked without TLS.
   * An address with proxy_protocol is not asked, nor is one that the host does not have at that moment (a standby node), as another
   * host would answer: the `up` says so. A wildcard is asked at 127.0.0.1 or ::1. If nginx has a `listen` for 127.0.0.1 on
   * that port as well, the wildcard is asked at 127.0.0.2; if it has one for ::1, an IPv6 wildcard is not asked. Where nginx speaks
   * HTTP/2 only (`listen … http2` without ssl, before nginx 1.25.1), any answer counts.
   * @default any status below 500 for "/"
   * @example { path: "/health", hostName: "www.example.com", status: 200, body: "ok", outside: true }
   * @example false
   */
  verify: z
    .union(
      [z.literal(false), named<VerifyRequest>(verifySchema)],
      oneOf("false, or { path, hostName, status, body, outside }"),
    )
    .optional(),

  /**
   * What is asked from the machine that runs Pulumi after a deploy, by @pulumi/command, whose plugin it needs then. An `up` fails
   * with it.
   * @default none
   * @example { status: 200, body: "Welcome" }
   * @example { command: ["npx", "playwright", "test"], environment: { CI: "1" } }
   */
  smokeTest: named<SmokeTestArgs>(smokeTestSchema).optional(),

  /**
   * Your own commands on each host, directly before and after it changes.
   * @default none
   * @example { before: [{ command: ["/usr/local/bin/drain"] }], after: [{ command: ["systemctl", "reload", "haproxy.service"] }] }
   */
  commands: named<CommandsArgs>(commandsSchema).optional(),

  /**
   * Environment variables. Plain text is written into the unit; an Output (a secret, say) goes into a file of mode 0600. A
   * change restarts the service.
   * @default none
   * @range names of letters, digits and "_", no digit first, not NGINX, which names the sockets; values without control characters
   * @example { TZ: "Europe/Stockholm" }
   * @see podman-systemd.unit(5), Environment=
   */
  environment: environmentSchema.optional(),

  /**
   * More volumes, as podman writes them. "%h" is the account's home directory; with manager "system" and {@link user} it is
   * the only specifier, at the beginning, and a "%" is written "%%". A preview warns of a volume that hides what nginx reads. The
   * image can't fill in templates (/etc/nginx/templates): /etc/nginx/conf.d is read-only.
   * @default none
   * @range SOURCE:TARGET[:OPTIONS], without control characters; SOURCE is a whole path of the host or the name of a volume; TARGET is
   *   not /etc/nginx/conf.d, nor another path where something is mounted already
   * @example ["/srv/www:/usr/share/nginx/html:ro"]
   * @see podman-run(1), --volume
   */
  volumes: z
    .array(
      z
        .string()
        .regex(
          /^(?!\s)\P{Cc}*[^\s\p{Cc}\\]$/u,
          "holds a control character, or ends in a blank or a backslash",
        ),
    )
    .optional(),

  /**
   * Keep nginx's access log in a file of the host: access.log in /var/log/quadlet-fleet/NAME, with manager "user" in
   * ~/.local/state/log/quadlet-fleet/NAME (~/.config/log/… before systemd 254). {} is enough. Without it the log is in the journal, which
   * drops lines above its rate limit, and where a line takes more CPU time than its request. The file loses no line, nor does a reload or a
   * restart. The error log is in the journal all the same.
   *
   * It is about what is written to /var/log/nginx/access.log, as nginx.conf of nginx's images does. An `access_log` of your own in
   * {@link nginx} stays as it is: `off` means no log, and with `access_log /var/log/nginx/access.log main buffer=64k flush=1s` nginx writes
   * there once a second. The image must start as root. The directory stays when the site is removed.
   * @default none: the journal
   * @example { rotate: "hourly", keep: 48 }
   * @see https://nginx.org/en/docs/http/ngx_http_log_module.html#access_log; journald.conf(5), RateLimitBurst=
   */
  accessLog: named<AccessLogArgs>(accessLogSchema).optional(),

  /**
   * The directory on the host that is mounted at /etc/nginx/conf.d. Where it is made, all accounts of the host may read in it.
   * @default "~/.config/quadlet-fleet/NAME/conf.d" with {@link user}, else "/etc/quadlet-fleet/NAME/conf.d"
   * @range absolute, or "~/…", without ".", "..", ":" and "%"; with manager "system" and {@link user}, below "~/"
   * @example "~/www/nginx"
   */
  configurationDirectory: z
    .string()
    .regex(
      /^(~?\/)(?!.*(^|\/)\.{1,2}(\/|$))(?!.*\/\/)[^\s:%]*[^\s:%/]$/,
      'must be absolute or begin with "~/", without ".", "..", ":" and "%"',
    )
    .optional(),

  /**
   * SELinux label of that directory: "private" (":Z"), only this container may read it; "shared" (":z"); "none".
   * @default "private"
   * @example "shared"
   * @see podman-run(1), --volume
   */
  selinuxLabel: z.enum(["private", "shared", "none"]).optional(),

  /**
   * Let nginx, and podman that runs it, do as little as they need: a read-only root, with memory where nginx writes; four
   * capabilities; no new privileges; the image not pulled by the unit; and with {@link network} "none" no socket but Unix and
   * netlink ones (RestrictAddressFamilies=), so that neither can reach a network even by a fault of podman. A preview warns
   * of the part that can't hold.
   * @default false
   * @example true
   * @see https://www.redhat.com/sysadmin/podman-systemd-limit-access; systemd.exec(5), RestrictAddressFamilies=
   */
  hardened: z.boolean().optional(),

  /**
   * The OCI runtime that podman uses. It must be on the host.
   * @default podman's own; "runc" with {@link hardened} and {@link network} "none", as crun 1.21, that of Debian 13, fails there
   * @example "crun"
   * @see podman(1), --runtime; https://github.com/containers/crun/issues/1828
   */
  runtime: z.enum(["crun", "runc"]).optional(),

  /**
   * Keep the account's manager running without a login, and from boot on. Without it the socket (with manager "system": the
   * running service) is gone with the account's last session. Only with {@link user}.
   * @default true
   * @example false
   * @see loginctl(1), enable-linger
   */
  linger: z.boolean().optional(),

  /**
   * Take over files that already exist at the paths of this site. Units that are as they should be keep running. From then on the
   * files belong to the site, and are removed with it. If they are the site of another stack, that stack loses it: `status` and a
   * refresh say so there, its next `up` is refused, and its `destroy` leaves the site alone. A unit that the host has from a
   * different path (a package's nginx.service), or a container of the same name, is refused even with `adopt`, because a removal
   * could not restore it: choose another name.
   * @default false, which refuses such files
   * @example true
   */
  adopt: z.boolean().optional(),
});

/** The arguments of {@link SocketActivatedNginx}. */
export interface SocketActivatedNginxArgs extends z.input<typeof argumentsSchema> {}
