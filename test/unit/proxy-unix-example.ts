import type { Backend, ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";

// A proxy without any network: a program that makes its socket, and nginx with one of systemd's.

export const caddy: Backend = {
  image: "docker.io/library/caddy:latest",
  serverName: "caddy.example.com",
  transport: "unix",
};
export const page: Backend = {
  image: "docker.io/library/nginx:latest",
  serverName: "nginx.example.com",
  transport: "unix",
  nginx: {},
};
export const args: ReverseProxyStackArgs = {
  connection: { address: "192.0.2.11" },
  manager: "user",
  user: "test",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:8080"],
  backends: { caddy, page },
};
