import { readFileSync } from "node:fs";
import { join } from "node:path";
import { example1, hostEntry, image, type Stack } from "../../test/hosts/support/stack.ts";
import type { Fleet, TestHost } from "../../tools/fleet/index.ts";
import { renderService } from "../../units/render.ts";
import { type Shape, activated, activatedToFile, host as plain, published } from "./shapes.ts";
import { configuration, largeBytes, siteDirectory } from "./site.ts";

const mount = `${siteDirectory}:${siteDirectory}:ro`;

/** Puts all shapes onto the host. */
export async function deploy(fleet: Fleet, host: TestHost, stack: Stack): Promise<void> {
  const script = readFileSync(join(import.meta.dirname, "prepare.sh"), "utf8");
  await host.run(["sh", "-c", script, "sh", image, siteDirectory, String(largeBytes)]);
  await deployPlain(host);
  const site = ({ port }: Shape) => ({
    ...example1,
    listen: [`0.0.0.0:${port}`],
    nginx: { "default.conf": configuration(port) },
    volumes: [mount],
  });
  stack.configure({
    hosts: { "web-1": hostEntry(fleet, host) },
    sites: {
      example1: site(activated),
      "example1-file": { ...site(activatedToFile), accessLog: {} },
    },
  });
  // This pulls the image for the account; the other rootless shapes use it, too.
  await stack.up();
  await deployPublished(host);
}

async function deployPlain(host: TestHost): Promise<void> {
  await host.write("/etc/nginx/conf.d/default.conf", configuration(plain.port));
  const service = renderService({ service: { execStart: ["/usr/sbin/nginx -g 'daemon off;'"] } });
  await host.write("/etc/systemd/system/nginx.service", service);
}

async function deployPublished(host: TestHost): Promise<void> {
  const homes = { root: "/etc/containers/systemd", test: "/home/test/.config/containers/systemd" };
  for (const { name, port, account, network } of published) {
    const configurations = `/home/runtime/${name}`;
    await host.write(`${configurations}/default.conf`, configuration(port));
    // [Quadlet] as in this project's own units (components/site/render.ts): the network is there, and nothing waits for a target.
    const container = `[Container]
Image=${image}
Volume=${configurations}:/etc/nginx/conf.d:ro
Volume=${mount}
Network=${network}
PublishPort=${port}:${port}
StopSignal=SIGQUIT

[Quadlet]
DefaultDependencies=false
`;
    await host.write(`${homes[account]}/runtime-${name}.container`, container, { user: account });
  }
  await host.run(["systemctl", "daemon-reload"]);
  await host.run(["systemctl", "--user", "daemon-reload"], { user: "test" });
}
