import { cpus, loadavg, totalmem } from "node:os";
import { engineEnvironment } from "../tools/engine.ts";
import { execute } from "../tools/execute.ts";
import type { TestHost } from "../tools/fleet/index.ts";

/** The machine and the versions of a measurement. */
export interface Machine {
  readonly date: string;
  readonly versions: readonly string[];
  readonly cores: number;
  readonly model: string;
  readonly gibibytes: number;
  /** Mean number of running processes in the minute before (proc_loadavg(5)). */
  readonly load: number;
}

/** The load that other programs make on the machine, if it is read before the hosts boot. */
export const load = () => loadavg()[0] ?? 0;

export function describeMachine(load: number, versions: readonly string[]): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    versions,
    cores: processors.length,
    model: processors[0]?.model.trim() ?? "unknown",
    gibibytes: Math.round(totalmem() / 2 ** 30),
    load,
  };
}

/** The remark for figures that were measured on a busy machine. */
export const busy = "other work was running, so the figures only indicate";
export const isBusy = ({ load }: Machine) => load > 0.5;

/** Two points of a list in markdown. */
export function machineLines(machine: Machine): string {
  return `- ${machine.date}. ${machine.versions.join(", ")}.
- ${machine.cores} cores (${machine.model}), ${machine.gibibytes} GiB, which the hosts share. Load before: ${machine.load.toFixed(1)}${isBusy(machine) ? `: **${busy}**` : ""}.`;
}

/** @param work a directory for the engine's state */
export async function toolVersions(work: string): Promise<string[]> {
  const { stdout: pulumi } = await execute(["pulumi", "version"], { env: engineEnvironment(work) });
  const { stdout: ssh, stderr } = await execute(["ssh", "-V"]);
  return [`pulumi ${pulumi.trim()}`, `node ${process.version}`, (ssh + stderr).split(",")[0] ?? ""];
}

/** The versions that the programs of a host print: `podman --version` and the like. */
export function hostVersions(host: TestHost, ...commands: readonly (readonly string[])[]): Promise<string[]> {
  return Promise.all(commands.map(async (argv) => firstLine(await host.run(argv))));
}

function firstLine({ stdout, stderr }: { stdout: string; stderr: string }): string {
  // nginx prints its version on standard error, with its name twice.
  const [line = ""] = (stdout + stderr).split("\n");
  return line.replace(/^nginx version: | version/, "");
}
