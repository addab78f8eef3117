import { z } from "zod";
import { LONGEST_PATH } from "../../units/nginx/address.ts";
import { account, argumentsSchema } from "../site/arguments.ts";
import { port } from "../arguments/connection.ts";
import { named } from "../arguments/shared-fields.ts";
import { required, wholeNumber } from "../arguments/wording.ts";

const duration = z.string().regex(/^([0-9]+(ms|s|m|h))+$/, 'is not a duration such as "30s"');
const serverName = z
  .string()
  .max(253, "is longer than a host name can be")
  .regex(
    /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    'is not a valid host name: use lower-case letters, digits, "-" and ".", and for a pattern "*." at the start',
  );

const networkSchema = z.strictObject({
  /**
   * No way out: nginx and the backends reach each other and nothing else.
   * @default true
   * @example false
   * @see podman-network-create(1), --internal
   */
  internal: z.boolean().optional(),
});

/** The network of a proxy and its backends. */
export interface ProxyNetwork extends z.input<typeof networkSchema> {}

const healthCheckSchema = z.strictObject({
  /**
   * The command, in podman's words: text for a shell in the container, which has to have one.
   * @range one line, without a blank or a quote at its ends
   * @example "curl --fail http://localhost:8000/health"
   * @see podman-run(1), --health-cmd
   */
  // podman's generator strips quotes at its ends.
  command: z
    .string(required("the command that says whether the backend is well", '"curl --fail http://localhost/"'))
    .regex(/^(?!["'\s])\P{Cc}*[^"'\s\p{Cc}\\]$/u, "can't begin or end with a quote or a blank"),

  /**
   * Between two checks, and so how long a start may take longer than it has to.
   * @default "5s"
   * @range numbers with "ms", "s", "m" or "h": "1m30s"
   * @example "10s"
   * @see podman-run(1), --health-interval
   */
  interval: duration.optional(),

  /**
   * How long one may take.
   * @default "30s"
   * @range as {@link interval}
   * @example "5s"
   * @see podman-run(1), --health-timeout
   */
  timeout: duration.optional(),

  /**
   * How many in a row have to fail.
   * @default 3
   * @range 1 to 100
   * @example 5
   * @see podman-run(1), --health-retries
   */
  retries: wholeNumber(1, 100).optional(),

  /**
   * How long after its start a failure does not count. A start has that long, and 90 s and an {@link interval} more; a deploy
   * as long as the connection's commandTimeout.
   * @default "0s"
   * @range as {@link interval}
   * @example "1m"
   * @see podman-run(1), --health-start-period
   */
  startPeriod: duration.optional(),
});

/**
 * A command in the container that says by its exit code whether the backend is well. The service is started once it is.
 *
 * @see podman-run(1), --health-cmd; podman-systemd.unit(5), Notify=
 */
export interface HealthCheck extends z.input<typeof healthCheckSchema> {}

const backendSchema = z.strictObject({
  /**
   * The image. It is on the host before any service is touched.
   * @range a reference with its registry
   * @example "docker.io/library/httpd:latest"
   * @see podman-systemd.unit(5), Image=
   */
  image: argumentsSchema.shape.image,

  /**
   * How nginx reaches it. "tcp": at {@link port}, on the network that they share. "unix": by a Unix socket in a directory that
   * only the two of them have; the backend has no network at all (podman's "none"), and neither has nginx where all backends
   * are so. What can listen on a Unix socket is better off with it: nothing to reach, no DNS, no address that changes.
   * @default "tcp"
   * @example "unix"
   * @see unix(7)
   */
  transport: z.enum(["tcp", "unix"]).optional(),

  /**
   * With {@link transport} "tcp": the port that it listens on in the container. It counts as started when something listens
   * there, which is waited for for a minute; or by its {@link healthCheck}.
   * @default none: required with {@link transport} "tcp"
   * @range 1 to 65535
   * @example 8000
   */
  port: port.optional(),

  /**
   * With {@link transport} "unix": the socket that it listens on in the container. Its directory is mounted there, empty and
   * writable for all, at each start. It counts as started when the socket exists, or by its {@link healthCheck}. A program
   * that creates its socket again later needs a restart of the backend.
   * @default "/run/backend/http.sock"
   * @range a file in a directory, of 107 bytes at most
   * @example "/var/run/app/app.sock"
   * @see unix(7)
   */
  socketPath: z
    .string()
    .max(LONGEST_PATH, "is longer than the path of a Unix socket can be (unix(7))")
    .regex(
      /^\/(?!.*(^|\/)\.{1,2}(\/|$))[\w.-]+(\/[\w.-]+)+$/,
      'is not the path of a file in a directory, such as "/run/backend/http.sock"',
    )
    .optional(),

  /**
   * With {@link transport} "unix": systemd opens the socket and hands it on as descriptor 3 (sd_listen_fds(3)), and the
   * first request starts the container where it does not run. For images that take it: Caddy with `bind fd/3`, gunicorn, …; for
   * nginx say {@link nginx}.
   * @default false
   * @example true
   * @see systemd.socket(5)
   */
  socketActivated: z.boolean().optional(),

  /**
   * The image is nginx, with {@link transport} "unix" and its socket from systemd: a SocketActivatedNginx, file name → text,
   * that is restarted and reloaded as one. Its servers `listen unix:@SOCKET@;`, which becomes the socket's path. {} serves the
   * image's page.
   * @default none: it is another program
   * @range file names without a directory, as the proxy's own
   * @example { "default.conf": "server { listen unix:@SOCKET@; root /srv/www; }" }
   * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
   */
  nginx: argumentsSchema.shape.nginx,

  /**
   * The host name of requests that it gets.
   * @default none: one at least, here or in {@link serverNames}
   * @range a host name in small letters, at most 253, perhaps "*." at the beginning
   * @example "www.example.com"
   * @see https://nginx.org/en/docs/http/server_names.html
   */
  serverName: serverName.optional(),

  /**
   * More host names.
   * @default none
   * @range as {@link serverName}
   * @example ["example.com", "*.example.com"]
   * @see https://nginx.org/en/docs/http/server_names.html
   */
  serverNames: z.array(serverName).optional(),

  /**
   * Only requests for these paths and what begins with them, as nginx's `location` has it; another backend of the same server
   * name, without `paths`, has the rest, if there is one. The longest path wins.
   * @default ["/"]
   * @range one path at least: "/", then letters, digits and "_./~+@-"
   * @example ["/api/"]
   * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#location
   */
  paths: z
    .array(z.string().regex(/^\/[\w./~+@-]*$/, 'is not a path: it must begin with "/"'))
    .min(1, "needs one path at least")
    .optional(),

  /**
   * Lines of nginx for the server blocks of its server names: a longer proxy_read_timeout, client_max_body_size, a location. With
   * {@link paths} without "/" they are for each of the locations of these, whichever backend has the server block; a location
   * among them stands beside these, and one for "/" replaces the 404. A `proxy_set_header` replaces the generated one of that
   * name. A location that sets one itself has no other, as always in nginx: `include /etc/nginx/conf.d/_proxy-headers;` gives it
   * the generated ones.
   * @default none
   * @range whole directives; none that only the http block can have (map, limit_req_zone, …: see the proxy's own `nginx`); with such
   *   paths none that only a server can have (listen, ssl_…); no location that the server has already
   * @example "client_max_body_size 100m;"
   * @example "proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;"
   * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#server
   */
  extra: z.string().optional(),

  /**
   * How many of it: NAME, NAME-2, NAME-3, … nginx takes turns, and tries the next where one does not answer.
   * @default 1, which is NAME itself
   * @range 1 to 100
   * @example 2
   * @see https://nginx.org/en/docs/http/ngx_http_upstream_module.html
   */
  replicas: wholeNumber(1, 100).optional(),

  /**
   * Environment variables, as a site has them. A change restarts this backend.
   * @default none
   * @range names of letters, digits and "_", no digit first; values without control characters
   * @example { WORKERS: "4" }
   * @see podman-systemd.unit(5), Environment=
   */
  environment: argumentsSchema.shape.environment,

  /**
   * Volumes, as podman writes them. "%h" is the account's home directory.
   * @default none
   * @range SOURCE:TARGET[:OPTIONS], without control characters
   * @example ["%h/data:/data:ro"]
   * @see podman-run(1), --volume
   */
  volumes: argumentsSchema.shape.volumes,

  /**
   * What says that it is started, in place of the port.
   * @default none: it is started when it listens
   * @example { command: "wget -q -O /dev/null http://localhost/health", interval: "5s" }
   */
  healthCheck: named<HealthCheck>(healthCheckSchema).optional(),
});

/** A container, a rootless user service of the account, that nginx passes the requests for its server names to. */
export interface Backend extends z.input<typeof backendSchema> {}

const label = /^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$/;

/** Each argument by itself: check.ts has the rules between several of them. */
export const proxySchema = argumentsSchema.omit({ linger: true }).extend({
  /**
   * The account that runs nginx and the backends, all by rootless podman: not root. It is made to linger.
   * @range letters, digits, "-", "_" and "."
   * @example "test"
   * @see systemd.exec(5), User=; loginctl(1), enable-linger
   */
  user: account(required("the account that runs nginx and the backends", '"test"')).refine(
    (user) => user !== "root",
    "root has no rootless podman: choose another account",
  ),

  /**
   * The service manager that has the sockets and nginx: "system" is Example 4, whose sockets are root's and may have any port;
   * experimental. With "user" all units are in the account's own manager, so that their order is systemd's own business;
   * ports below 1024 need the host's net.ipv4.ip_unprivileged_port_start (ip(7)). Where the host has that, or the ports are
   * higher, it is the better one.
   * @default "system"
   * @example "user"
   * @see https://github.com/containers/podman/discussions/20573
   */
  manager: z.enum(["system", "user"]).optional(),

  /**
   * As a site's, for nginx, except for the sockets that it may open where a backend has {@link Backend.transport} "tcp": it needs
   * its network. The backends can't gain privileges and are not pulled by their units; what else they need, only their images
   * know. One with {@link Backend.nginx} is hardened as a site is.
   * @default false
   * @example true
   * @see https://www.redhat.com/sysadmin/podman-systemd-limit-access; systemd.exec(5), RestrictAddressFamilies=
   */
  hardened: argumentsSchema.shape.hardened,

  /**
   * As a site's, for nginx and for each backend with {@link Backend.nginx}, in a directory of the container's name. What other backends
   * print is in the journal.
   * @default none: the journal
   * @example { rotate: "hourly", keep: 48 }
   * @see https://nginx.org/en/docs/http/ngx_http_log_module.html#access_log
   */
  accessLog: argumentsSchema.shape.accessLog,

  /**
   * The network that nginx and the backends with {@link Backend.transport} "tcp" share, of podman's driver "bridge". There is
   * none where all of them have "unix": then nothing of the proxy has a network.
   * @default an internal one
   * @example { internal: false }
   * @see podman-systemd.unit(5), "Network units [Network]"
   */
  network: named<ProxyNetwork>(networkSchema).optional(),

  /**
   * Container name → what nginx passes requests to. A backend that comes or goes restarts no other, and reloads nginx. The first
   * and the last one of a {@link Backend.transport}, and of those whose socket is systemd's, change nginx's container as well: it is
   * handed over.
   * @range one backend at least; each name a label of the network's DNS: small letters, digits, "-", at most 60
   * @example { "caddy-container": { image: "docker.io/library/caddy:latest", serverName: "caddy.example.com", port: 80 } }
   * @example { app: { image: "registry.example.com/app:1", serverName: "app.example.com", transport: "unix" } }
   * @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
   */
  backends: z
    .record(
      z
        .string()
        .regex(
          label,
          'a backend\'s name is a label of DNS: lower-case letters, digits and "-", at most 60 characters',
        ),
      named<Backend>(backendSchema),
      required(
        "the containers that nginx passes requests to",
        '{ web: { image: "docker.io/library/httpd:latest", serverName: "www.example.com", port: 80 } }',
      ),
    )
    .refine((backends) => Object.keys(backends).length > 0, "needs one backend at least"),

  /**
   * More nginx files, file name → text, beside those that are generated: BACKEND.conf for each backend, "_proxy.conf" with
   * what they share, "_default.conf", which answers 404 to names that no backend has. Only the last one may be replaced. What
   * they set for all servers replaces what is generated, a `proxy_set_header` too, if the text is known at the preview.
   * @default none
   * @range file names without a directory: letters, digits, "-", "_" and ".", at the beginning no "-" or "."
   * @example { "limits.conf": "client_max_body_size 20m;" }
   * @see https://nginx.org/en/docs/http/ngx_http_core_module.html
   */
  nginx: argumentsSchema.shape.nginx,
});

/** The arguments of {@link ReverseProxyStack}. Those that it has in common with a site mean the same. */
export interface ReverseProxyStackArgs extends z.input<typeof proxySchema> {}
