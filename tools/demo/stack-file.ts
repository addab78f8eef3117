import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

/** Ignored by git. */
export const stackFile = join(import.meta.dirname, "../../stacks/Pulumi.demo.yaml");

/** How to reach the host: a part of what DESIGN.md, "Stack file", has for a host. */
export interface DemoConnection {
  readonly address: string;
  readonly port?: number;
  readonly user: string;
  readonly hostKey?: string;
  readonly identityFile?: string;
}

interface StackFile {
  config?: { "quadlet-fleet:hosts"?: { demo?: DemoConnection } };
}

/** The host that the stack file is for; undefined without one. */
export function readConnection(): DemoConnection | undefined {
  return existsSync(stackFile) ? read().config?.["quadlet-fleet:hosts"]?.demo : undefined;
}

/** Writes the examples for this host. What is written for it already stays: people may edit it. */
export function writeStackFile(connection: DemoConnection, sites: object): void {
  if (readConnection()?.address === connection.address) return;
  // "pulumi stack init" has put the salt of its secrets there.
  const config = { "quadlet-fleet:hosts": { demo: connection }, "quadlet-fleet:sites": sites };
  writeFileSync(stackFile, stringify({ ...(existsSync(stackFile) && read()), config }));
}

const read = () => (parse(readFileSync(stackFile, "utf8")) ?? {}) as StackFile;

const image = "docker.io/library/nginx:latest";

/** Example 1 of podman-nginx-socket-activation: a user service, rootless, on port 8080. */
export const example1 = (user: string) => ({
  hosts: ["demo"],
  manager: "user",
  user,
  image,
  listen: ["0.0.0.0:8080"],
  network: "none",
});

/** Example 2: a system service on port 80. */
export const example2 = {
  hosts: ["demo"],
  manager: "system",
  image,
  listen: ["0.0.0.0:80"],
  network: "none",
};
