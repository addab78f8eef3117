import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { image } from "../test/hosts/support/stack.ts";
import type { Fleet } from "../tools/fleet/index.ts";

// The job is Example 2: a system service on port 80, with a configuration file of its own. All do the same: the quadlet, the
// socket and nginx's file are in place, mode 0644 and root's; the image is there; the socket is enabled and both run.

export const name = "example2";

const configurationFile = `/etc/quadlet-fleet/${name}/conf.d/default.conf`;
const unitFiles = [`/etc/containers/systemd/${name}.container`, `/etc/systemd/system/${name}.socket`];
const files = [...unitFiles, configurationFile];

/** nginx's file; its page tells which one is in effect. */
export const configuration = (page: string) =>
  `server {\n    listen 80;\n    location / {\n        return 200 "page ${page}\\n";\n    }\n}\n`;

/** What the others put onto the hosts, in a directory that is as the host's root. */
export interface Payload {
  readonly directory: string;
  want(page: string): void;
}

/** Takes the units as this project has written them on a host, so that all have the same to do. */
export async function takePayload(fleet: Fleet, directory: string): Promise<void> {
  const [host] = fleet.hosts;
  for (const path of unitFiles) writeBelow(directory, path, (await host?.read(path)) ?? "");
}

export function payload(directory: string): Payload {
  return { directory, want: (page) => writeBelow(directory, configurationFile, configuration(page)) };
}

function writeBelow(directory: string, path: string, content: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

/** What is on each host: the files with mode, owner and digest, and the units' states. */
export async function inspect(fleet: Fleet): Promise<string[]> {
  return Promise.all(
    fleet.hosts.map(async (host) => {
      const seen = [...(await host.snapshot(files))].map((entry) => entry.join(" ")).sort();
      const units = [`${name}.socket`, `${name}.service`];
      const show = [
        "systemctl",
        "show",
        "--property=Id,ActiveState,UnitFileState,NeedDaemonReload",
        ...units,
      ];
      return [...seen, (await host.run(show)).stdout.trim()].join("\n");
    }),
  );
}

/** All hosts answer with the page: a moment after a reload, which is asynchronous. */
export async function expectPage(fleet: Fleet, page: string): Promise<void> {
  const urls = fleet.hosts.map(({ address }) => `http://${address}/`);
  for (let tries = 30; ; tries -= 1) {
    const { stdout } = await fleet.client(["curl", "--silent", "--max-time", "5", ...urls], { check: false });
    const answers = stdout.trim().split("\n");
    const all = answers.length === urls.length && answers.every((answer) => answer === `page ${page}`);
    if (all) return;
    assert(tries > 0, `not all hosts answer "page ${page}":\n${stdout}`);
    await sleep(100);
  }
}

/** As after the first use of podman on a fresh host: what a first command makes is there, the image is not. */
export async function warm(fleet: Fleet): Promise<void> {
  const script = `podman pull --quiet ${image} && podman rmi ${image}`;
  await Promise.all(fleet.hosts.map((host) => host.sh(script)));
}

/** Removes from all hosts whatever a contestant has left of the job, with the image. */
export async function clean(fleet: Fleet): Promise<void> {
  const script = `
    systemctl disable --now --quiet ${name}.socket 2>/dev/null
    systemctl stop ${name}.service 2>/dev/null
    rm -rf ${files.join(" ")} /etc/quadlet-fleet /var/lib/quadlet-fleet /root/.ansible
    systemctl daemon-reload
    systemctl reset-failed
    ! podman image exists ${image} || podman rmi ${image}`;
  await Promise.all(fleet.hosts.map((host) => host.sh(script)));
}
