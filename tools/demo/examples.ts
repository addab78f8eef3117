import { isDeepStrictEqual } from "node:util";
import { parse, parseDocument } from "yaml";

const image = "docker.io/library/nginx:latest";

/** Example 1 of podman-nginx-socket-activation: a user service, rootless, on port 8080. Its page has a line that the demo changes. */
export const example1 = (user: string, version = 1) => ({
  hosts: ["demo"],
  manager: "user" as const,
  user,
  image,
  listen: ["0.0.0.0:8080"],
  network: "none",
  nginx: { "default.conf": page(version) },
});

/** Example 2: a system service on port 80, with the page of its image. */
export const example2 = {
  hosts: ["demo"],
  manager: "system" as const,
  image,
  listen: ["0.0.0.0:80"],
  network: "none",
};

const page = (version: number) => `server {
  listen 8080;
  location / { return 200 "hello, version ${version}\\n"; }
}
`;

/** A check that only the page of this version passes. By bash, as a host of the user's may have no curl. */
const expects = (version: number) =>
  `exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; grep -q 'version ${version}' <&3`;

/** The answer of each version. The group is the part that differs. */
export const answer = /^hello, (version \d+)\n$/;

/** The changes of Example 1 that the demo shows. */
export const changes = {
  /** A page with another line. */
  version: (version: number) => ({ nginx: { "default.conf": page(version) } }),
  /** An address that its nginx configuration does not have. The preview refuses it. */
  refused: { listen: ["0.0.0.0:8081"] },
  /** A page that is served, and a check of the user's own that then fails. The host rolls back. */
  broken: (version: number) => ({
    nginx: { "default.conf": page(version) },
    commands: { after: [{ command: ["bash", "-c", expects(version - 1)] }] },
  }),
};

const sites = "quadlet-fleet:sites";

/** The version of Example 1 in a stack file; undefined if the user has changed anything but this number. */
export function versionOf(text: string, user: string): number | undefined {
  const site = (parse(text) as { config?: { [sites]?: { example1?: unknown } } }).config?.[sites]?.example1;
  const version = Number(/"hello, version (\d+)\\n"/.exec(text)?.[1]);
  return isDeepStrictEqual(site, example1(user, version)) ? version : undefined;
}

/** A stack file with a change of Example 1. Everything else in it stays as it is, comments too. */
export function withChange(text: string, change: object): string {
  const document = parseDocument(text);
  for (const [key, value] of Object.entries(change))
    document.setIn(["config", sites, "example1", key], document.createNode(value));
  return document.toString();
}
