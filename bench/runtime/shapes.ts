import type { Kind } from "./site.ts";

/** One way from the network to nginx. All are on one host; each runs in its turn only. */
export interface Shape {
  readonly name: string;
  /** Its description in the report. */
  readonly about: string;
  readonly port: number;
  /** The account whose manager has it: root's is the system's. */
  readonly account: "root" | "test";
  /** The units that start it. */
  readonly start: readonly string[];
  readonly stop: readonly string[];
  /** For a container with a published port: podman's network. */
  readonly network?: string;
  /** Whether it is measured with the access log on only, because without the log it is like another shape. */
  readonly onlyLogged?: true;
}

export const host: Shape = {
  name: "host",
  about: "nginx as a service of the host, without podman: the very binary of the image",
  port: 8081,
  account: "root",
  start: ["nginx.service"],
  stop: ["nginx.service"],
};

export const activated: Shape = {
  name: "socket-activated",
  about: "Example 1 as `pulumi up` puts it there: rootless, `network: none`, the socket from systemd",
  port: 8080,
  account: "test",
  start: ["example1.socket"],
  stop: ["example1.socket", "example1.service"],
};

export const activatedToFile: Shape = {
  name: "log in a file",
  about: "socket-activated, with `accessLog: {}`",
  port: 8085,
  account: "test",
  start: ["example1-file.socket"],
  stop: ["example1-file.socket", "example1-file.service"],
  onlyLogged: true,
};

/** Quadlets with `PublishPort=`. */
export const published: readonly (Shape & { network: string })[] = [
  {
    name: "pasta",
    about: "rootless, `PublishPort=` over pasta, podman's default",
    ...quadlet("pasta", 8082, "test"),
    network: "pasta",
  },
  {
    name: "slirp4netns",
    about: "rootless, `PublishPort=` over slirp4netns, with podman's default port handler (rootlessport)",
    ...quadlet("slirp4netns", 8083, "test"),
    network: "slirp4netns",
  },
  {
    name: "bridge",
    about: "rootful, `PublishPort=` on podman's default bridge (netavark, nftables)",
    ...quadlet("bridge", 8084, "root"),
    network: "podman",
  },
];

export const shapes: readonly Shape[] = [host, activated, activatedToFile, ...published];

export function isMeasured({ onlyLogged }: Shape, { logged }: Kind): boolean {
  return logged || onlyLogged === undefined;
}

/**
 * The order of the shapes in a round (from 0). Each round has another order, so that changes on the machine affect all shapes.
 * The shapes of the aims are always neighbours.
 */
export function order(round: number): Shape[] {
  const groups = [[activated, host, activatedToFile], ...published.map((shape) => [shape])];
  const first = round % groups.length;
  const turns = [...groups.slice(first), ...groups.slice(0, first)].flat();
  return round % 2 === 0 ? turns : turns.reverse();
}

function quadlet(name: string, port: number, account: "root" | "test") {
  const units = [`runtime-${name}.service`];
  return { port, account, start: units, stop: units };
}
