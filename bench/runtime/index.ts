import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeStack } from "../../test/hosts/support/stack.ts";
import { execute } from "../../tools/execute.ts";
import { createFleet, type TestHost } from "../../tools/fleet/index.ts";
import { describeMachine, hostVersions } from "../machine.ts";
import { deploy } from "./deploy.ts";
import { panels, report } from "./report.ts";
import { plot } from "./plot.ts";
import { activated, activatedToFile, order } from "./shapes.ts";
import { type Measurement, connections, limitTimeWait, systemctl, threads, turn } from "./turn.ts";

export interface RuntimeOptions {
  readonly rounds: number;
  /** How long each load lasts. */
  readonly seconds: number;
  /** The machine's load before the measurement (machine.ts). */
  readonly load: number;
  /** Keep the results in docs/performance.md and docs/performance.svg. */
  readonly write: boolean;
}

/** Requests a second and their times, of nginx on the host and of nginx in containers, on one throwaway host. */
export async function benchRuntime({ rounds, seconds, load, write }: RuntimeOptions): Promise<void> {
  await using fleet = await createFleet({ name: "benchrun", hosts: 1 });
  const host = fleet.hosts[0] as TestHost;
  await using stack = await makeStack("bench-runtime");
  process.on("exit", () => rmSync(stack.file, { force: true }));
  await deploy(fleet, host, stack);
  for (const shape of [activated, activatedToFile]) await systemctl(host, shape, "stop", shape.stop);
  await limitTimeWait(fleet, host);

  const measured: Measurement[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const turns: Measurement[] = [];
    for (const shape of order(round)) {
      console.error(`bench: round ${round + 1} of ${rounds}: ${shape.name}`);
      turns.push(...(await turn(fleet, host, shape, seconds)));
    }
    measured.push(turns);
  }

  const results = {
    rounds: measured,
    seconds,
    connections,
    threads,
    machine: describeMachine(load, await versions(host)),
  };
  const written = report(results);
  console.log(written);
  if (!write) return;
  const docs = join(import.meta.dirname, "../../docs");
  mkdirSync(docs, { recursive: true });
  writeFileSync(join(docs, "performance.md"), written);
  writeFileSync(join(docs, "performance.svg"), plot(panels(results)));
}

async function versions(host: TestHost): Promise<string[]> {
  const { stdout: wrk } = await execute(["wrk", "-v"], { check: false });
  const { stdout: kernel } = await execute(["uname", "--kernel-release"]);
  const programs = ["podman", "crun", "slirp4netns", "systemctl"].map((program) => [program, "--version"]);
  // pasta writes its version to a terminal only.
  const pasta = ["dpkg-query", "--show", "--showformat=pasta ${Version}", "passt"];
  return [
    `Linux ${kernel.trim()}`,
    ...(await hostVersions(host, ["nginx", "-v"], ...programs, pasta)),
    wrk.split(" [")[0] ?? "",
  ];
}
