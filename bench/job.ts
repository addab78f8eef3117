import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { image } from "../test/hosts/support/stack.ts";
import type { Fleet } from "../tools/fleet/index.ts";

// The job is Example 2: a system service on port 80, with its own configuration file. All contestants reach the same state: the quadlet,
// the socket and nginx's file are in place, mode 0644 and root's; the image is there; the socket is enabled and both run.

export const name = "example2";

/** The image that hosts get first, and the one that an image change brings, which shares no layer with it. */
export const images = [image, "docker.io/library/nginx:2"] as const;

/** What the job has to bring this time. */
export interface Wanted {
  /** The text that nginx answers with. */
  readonly page: string;
  readonly image: string;
}

const configurationFile = `/etc/quadlet-fleet/${name}/conf.d/default.conf`;
const unitFiles = [`/etc/containers/systemd/${name}.container`, `/etc/systemd/system/${name}.socket`];
const files = [...unitFiles, configurationFile];

/** nginx's file; its page shows which one is in effect. */
export const configuration = (page: string, port = 80) =>
  `server {\n    listen ${port};\n    location / {\n        return 200 "page ${page}\\n";\n    }\n}\n`;

/** What the other contestants put onto the hosts, in a directory with the layout of a host's root. */
export interface Payload {
  readonly directory: string;
  /** Reads the units that this project has written on a host, with the first image, so that all contestants write the same. */
  take(fleet: Fleet): Promise<void>;
  want(wanted: Wanted): void;
  /** The image that is wanted. */
  readonly image: string;
}

export function payload(directory: string): Payload {
  const units = new Map<string, string>();
  let wantedImage: string = images[0];
  return {
    directory,
    get image() {
      return wantedImage;
    },
    async take({ hosts: [host] }) {
      for (const path of unitFiles) units.set(path, (await host?.read(path)) ?? "");
    },
    want({ page, image }) {
      wantedImage = image;
      for (const [path, unit] of units) writeBelow(directory, path, unit.replaceAll(images[0], image));
      writeBelow(directory, configurationFile, configuration(page));
    },
  };
}

function writeBelow(directory: string, path: string, content: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

/** The state of each host: the files with mode, owner and digest, and the units' states. */
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

export const urls = (fleet: Fleet) => fleet.hosts.map(({ address }) => `http://${address}/`);

/** Waits until all hosts answer with the page: a reload is asynchronous, so this can take a moment. */
export async function expectPage(fleet: Fleet, urls: readonly string[], page: string): Promise<void> {
  for (let tries = 30; ; tries -= 1) {
    const { stdout } = await fleet.client(["curl", "--silent", "--max-time", "5", ...urls], { check: false });
    const answers = stdout.trim().split("\n");
    const all = answers.length === urls.length && answers.every((answer) => answer === `page ${page}`);
    if (all) return;
    assert(tries > 0, `not all answer "page ${page}":\n${stdout}`);
    await sleep(100);
  }
}

/** Brings hosts to the state after a first use of podman: what a first command makes is there, the image is not. */
export async function warm(fleet: Fleet): Promise<void> {
  const script = `podman pull --quiet ${image} && podman rmi ${image}`;
  await Promise.all(fleet.hosts.map((host) => host.sh(script)));
}

/** Removes everything that a contestant has left of the job from all hosts, with the images. */
export async function clean(fleet: Fleet): Promise<void> {
  const script = `
    systemctl disable --now --quiet ${name}.socket 2>/dev/null
    systemctl stop ${name}.service 2>/dev/null
    rm -rf ${files.join(" ")} /etc/quadlet-fleet /var/lib/quadlet-fleet /root/.ansible
    systemctl daemon-reload
    systemctl reset-failed
    podman rmi --ignore ${images.join(" ")}`;
  await Promise.all(fleet.hosts.map((host) => host.sh(script)));
}
