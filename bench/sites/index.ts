import { rmSync } from "node:fs";
import { example2, hostEntry, makeStack } from "../../test/hosts/support/stack.ts";
import { type TestHost, createFleet } from "../../tools/fleet/index.ts";
import { type Wanted, configuration, expectPage, images, warm } from "../job.ts";
import { describeMachine, hostVersions, toolVersions } from "../machine.ts";
import { type Kind, type Run, timed } from "../measure.ts";
import type { Part } from "../part.ts";
import { quietly } from "../this-project.ts";
import { counts, named, sitesReport } from "./report.ts";

const [image, other] = images;

/** How much longer twenty sites of one host take than one site. */
export const benchSites: Part = async ({ repeats, work, load }) => {
  await using fleet = await createFleet({ name: "bench", hosts: 1 });
  const [host] = fleet.hosts as [TestHost];
  await using stack = await makeStack("bench-sites");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  await warm(fleet);
  const runs: Run[] = [];

  async function run(count: number, kind: Kind, wanted?: Wanted): Promise<void> {
    const ports = Array.from({ length: count }, (_, at) => 8001 + at);
    if (wanted) {
      const site = (port: number) => ({
        ...example2,
        image: wanted.image,
        listen: [`0.0.0.0:${port}`],
        nginx: { "default.conf": configuration(wanted.page, port) },
      });
      const sites = Object.fromEntries(ports.map((port) => [`site${port}`, site(port)]));
      stack.configure({ hosts: { "web-1": hostEntry(fleet, host) }, sites });
    }
    const done = await timed(
      fleet,
      named(count),
      kind,
      async () => void (await stack.run(["up", ...quietly])),
    );
    runs.push(done);
    console.error(`bench: ${done.contestant}, ${kind}: ${((done.ended - done.began) / 1000).toFixed(2)} s`);
    if (wanted)
      await expectPage(
        fleet,
        ports.map((port) => `http://${host.address}:${port}/`),
        wanted.page,
      );
  }

  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const count of repeat % 2 === 0 ? counts : counts.toReversed()) {
      await run(count, "first up", { page: "one", image });
      await run(count, "unchanged up");
      await run(count, "one-file change", { page: "two", image });
      await run(count, "image change", { page: "two", image: other });
      await stack.run(["destroy", ...quietly]);
      await host.run(["podman", "rmi", "--ignore", ...images]);
    }
  }
  const versions = await hostVersions(host, ["podman", "--version"], ["systemctl", "--version"]);
  const machine = describeMachine(load, [...(await toolVersions(work)), ...versions]);
  return { section: sitesReport(runs, machine), problems: [] };
};
