/** Arguments of all kinds of sites and proxies, and the shapes of the golden files that are made of them. */
import * as pulumi from "@pulumi/pulumi";
import type { Backend, ReverseProxyStackArgs, SocketActivatedNginxArgs } from "../../components/index.ts";
import { makeCertificate } from "../certificates.ts";
import type { Shape } from "./registered.ts";

const common = {
  connection: { address: "192.0.2.11" },
  image: "docker.io/library/nginx:latest",
};

/** A site of each manager, with what Examples 1, 2 and 3 have. */
export const rootless: SocketActivatedNginxArgs = {
  ...common,
  manager: "user",
  user: "test",
  network: "none",
  listen: ["0.0.0.0:8080"],
};
export const rootful: SocketActivatedNginxArgs = { ...common, manager: "system", listen: ["0.0.0.0:80"] };
export const rootOwnedSocket: SocketActivatedNginxArgs = {
  ...common,
  manager: "system",
  user: "test",
  network: "none",
  listen: ["0.0.0.0:81"],
};

export const httpd: Backend = {
  image: "docker.io/library/httpd:latest",
  serverName: "apache.example.com",
  port: 80,
};
export const caddy: Backend = {
  image: "docker.io/library/caddy:latest",
  serverName: "caddy.example.com",
  port: 80,
};
const program: Backend = {
  image: "registry.example.com/app:1",
  serverName: "app.example.com",
  transport: "unix",
};
const activated: Backend = { ...program, serverName: "activated.example.com", socketActivated: true };
const page: Backend = {
  image: "docker.io/library/nginx:latest",
  serverName: "nginx.example.com",
  transport: "unix",
  nginx: {},
};
export const proxy: ReverseProxyStackArgs = {
  ...common,
  user: "test",
  listen: ["0.0.0.0:82"],
  backends: { "apache-container": httpd, "caddy-container": caddy },
};
const unixBackends = { program, activated, page };

export const certificate = makeCertificate(["www.example.com"]);
export const otherCertificate = makeCertificate(["*.example.net"]);

/** The arguments of a site and a proxy with each option. */
const options = {
  createUser: true,
  adopt: true,
  pull: "always",
  registries: { "registry.example.com": { username: "deploy", password: pulumi.secret("canary") } },
  environment: {
    TZ: "Europe/Stockholm",
    QUOTES: `a "b" 'c' $d %e \\f`,
    TOKEN: pulumi.secret("canary"),
  },
  volumes: ["/srv/www:/usr/share/nginx/html:ro", "%h/a%%b:/srv/data", "cache:/var/tmp/cache"],
  configurationDirectory: "~/www/nginx",
  selinuxLabel: "shared",
  runtime: "crun",
  verify: { path: "/health", hostName: "www.example.com", status: 200, body: "ok" },
} satisfies Partial<SocketActivatedNginxArgs>;

const listens = [
  "0.0.0.0:8080",
  "[::]:8080",
  "192.0.2.11:8081",
  "[2001:db8::11]:8081",
  "127.0.0.1:8082",
  "/run/web/http.sock",
];
const nginx = {
  "default.conf": "server { listen 8080; include conf.d/snippets; location / { return 200 hello; } }\n",
  snippets: "gzip on;\n",
};
const secretNginx = {
  ...nginx,
  "default.conf": pulumi.secret("server { listen 81; auth_basic_user_file conf.d/htpasswd; }\n"),
  htpasswd: pulumi.secret("canary\n"),
};

const site = (args: SocketActivatedNginxArgs, change: Partial<SocketActivatedNginxArgs> = {}): Shape => ({
  kind: "site",
  args: { ...args, ...change },
});
const stack = (change: Partial<ReverseProxyStackArgs> = {}): Shape => ({
  kind: "proxy",
  args: { ...proxy, ...change },
});

export const shapes: Record<string, Shape> = {
  "example-1": site(rootless),
  "example-2": site(rootful),
  "example-3": site(rootOwnedSocket),
  "example-4": stack(),
  "rootless-hardened": site(rootless, { hardened: true }),
  "rootless-hardened-network": site(rootless, { hardened: true, network: "pasta" }),
  "rootful-hardened": site(rootful, { hardened: true, network: "none" }),
  "root-owned-socket-hardened": site(rootOwnedSocket, { hardened: true }),
  "rootless-access-log": site(rootless, { accessLog: {} }),
  "rootful-access-log": site(rootful, {
    accessLog: { rotate: "hourly", keep: 48 },
    hardened: true,
    selinuxLabel: "none",
  }),
  "root-owned-socket-access-log": site(rootOwnedSocket, { accessLog: {} }),
  "rootless-options": site(rootless, { ...options, linger: false }),
  "rootful-options": site(rootful, {
    environment: options.environment,
    volumes: ["/srv/www:/usr/share/nginx/html:ro,z", "cache:/var/tmp/cache"],
    configurationDirectory: "/srv/nginx",
    selinuxLabel: "none",
    network: "host",
    pull: "never",
    verify: false,
  }),
  "root-owned-socket-options": site(rootOwnedSocket, { ...options, linger: false }),
  "root-owned-socket-network": site({ ...rootOwnedSocket, network: undefined }),
  "rootless-nginx": site(rootless, { nginx }),
  "root-owned-socket-secret-nginx": site(rootOwnedSocket, { nginx: secretNginx }),
  "rootless-listens": site(rootless, { listen: listens }),
  "root-owned-socket-listens": site(rootOwnedSocket, { listen: listens }),
  "rootful-tls": site(rootful, { tls: { ...certificate } }),
  "rootful-tls-redirect": site(rootful, {
    listen: ["0.0.0.0:80", "[::]:80"],
    tls: { ...certificate, listen: ["0.0.0.0:443", "[::]:443"], redirect: true },
  }),
  "rootful-tls-http1": site(rootful, { tls: { ...certificate, http2: false } }),
  "rootless-tls-only": site(rootless, { listen: [], tls: { ...certificate, listen: ["0.0.0.0:8443"] } }),
  "rootless-acme": site(rootless, {
    listen: ["0.0.0.0:80"],
    hardened: true,
    tls: { redirect: true, acme: { names: ["www.example.com", "example.com"] } },
  }),
  "rootful-acme": site(rootful, {
    tls: {
      certificates: { "*.example.net": otherCertificate },
      acme: {
        names: ["www.example.com"],
        email: "admin@example.com",
        directory: "https://ca.example.com/acme/directory",
        ca: certificate.certificate,
        image: "registry.example.com/certbot:1",
      },
    },
  }),
  "root-owned-socket-acme": site(rootOwnedSocket, { tls: { acme: { names: ["www.example.com"] } } }),
  "rootful-certificates": site(rootful, {
    tls: { ...certificate, certificates: { "*.example.net": otherCertificate } },
  }),
  "proxy-user": stack({ manager: "user", listen: ["0.0.0.0:8080", "[::]:8080"] }),
  "proxy-hardened": stack({ hardened: true, backends: { httpd, page } }),
  "proxy-user-hardened": stack({ manager: "user", listen: ["0.0.0.0:8080"], hardened: true }),
  "proxy-open-network": stack({ network: { internal: false } }),
  "proxy-unix": stack({ backends: unixBackends }),
  "proxy-user-unix": stack({ manager: "user", listen: ["0.0.0.0:8080"], backends: unixBackends }),
  "proxy-unix-hardened": stack({ hardened: true, backends: unixBackends }),
  "proxy-socket-path": stack({
    backends: { program: { ...program, socketPath: "/var/run/app/app.sock", replicas: 2 } },
  }),
  "proxy-both-transports": stack({ backends: { httpd, program } }),
  "proxy-nginx-backend": stack({
    backends: {
      page: {
        ...page,
        nginx: {
          "default.conf": "server { listen unix:@SOCKET@; root /srv/www; include conf.d/snippets; }\n",
          snippets: "gzip on;\n",
        },
        replicas: 2,
        volumes: ["%h/www:/srv/www:ro"],
        environment: { TZ: "Europe/Stockholm", TOKEN: pulumi.secret("canary") },
      },
    },
  }),
  "proxy-replicas": stack({ backends: { httpd: { ...httpd, replicas: 3 } } }),
  "proxy-paths": stack({
    backends: {
      web: { ...httpd, serverName: "www.example.com", serverNames: ["example.com", "*.example.com"] },
      api: { ...caddy, serverName: "www.example.com", paths: ["/api/", "/v2"] },
      only: { ...caddy, serverName: "only.example.org", paths: ["/here/"] },
    },
  }),
  "proxy-extra": stack({
    backends: {
      web: { ...httpd, extra: "client_max_body_size 100m;\nlocation /static/ { root /srv; }" },
      api: {
        ...caddy,
        serverName: httpd.serverName,
        paths: ["/api/"],
        extra: "proxy_read_timeout 5m;\nproxy_set_header X-Forwarded-Proto https;",
      },
    },
  }),
  "proxy-nginx": stack({
    nginx: {
      "limits.conf": "client_max_body_size 20m;\nproxy_set_header X-Real-IP $remote_addr;\n",
      "_default.conf": "server { listen 82 default_server; return 444; }\n",
    },
  }),
  "proxy-health-check": stack({
    backends: {
      httpd: { ...httpd, healthCheck: { command: "curl --fail http://localhost/health" } },
      program: {
        ...program,
        healthCheck: {
          command: `test "$(cat /run/ok)" = ok`,
          interval: "10s",
          timeout: "5s",
          retries: 5,
          startPeriod: "1m",
        },
      },
    },
  }),
  "proxy-tls": stack({
    tls: {
      ...certificate,
      redirect: true,
      certificates: { "*.example.net": otherCertificate },
    },
    backends: { httpd, net: { ...caddy, serverName: "www.example.net" } },
  }),
  "proxy-acme": stack({
    listen: ["0.0.0.0:80"],
    tls: { redirect: true, acme: {}, certificates: { "*.example.net": otherCertificate } },
    backends: { httpd, net: { ...caddy, serverName: "www.example.net" } },
  }),
  "proxy-options": stack({
    ...options,
    backends: {
      httpd: {
        ...httpd,
        environment: options.environment,
        volumes: ["%h/data:/data:ro", "cache:/var/tmp/cache"],
      },
      program: { ...program, environment: { WORKERS: "4" }, volumes: ["/srv/a b:/srv"] },
    },
  }),
};
