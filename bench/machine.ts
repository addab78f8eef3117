import { cpus, loadavg, totalmem } from "node:os";
import type { Fleet } from "../tools/fleet/index.ts";
import { engineEnvironment } from "../tools/engine.ts";
import { execute } from "../tools/execute.ts";

/** Where and with what it was measured. */
export interface Machine {
  readonly date: string;
  readonly versions: readonly string[];
  readonly cores: number;
  readonly model: string;
  readonly gibibytes: number;
  /** Mean number of running processes in the minute before (proc_loadavg(5)). */
  readonly load: number;
}

/** Says what others do on the machine only if it is asked before the hosts boot. */
export const load = () => loadavg()[0] ?? 0;

/** @param work a directory for the engine's state */
export async function describeMachine(fleet: Fleet, work: string, load: number): Promise<Machine> {
  const first = async (argv: readonly string[]) =>
    (await fleet.hosts[0]?.run(argv))?.stdout.split("\n")[0]?.replace(" version", "") ?? "";
  const { stdout: pulumi } = await execute(["pulumi", "version"], { env: engineEnvironment(work) });
  const { stdout: ssh, stderr } = await execute(["ssh", "-V"]);
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    versions: [
      `pulumi ${pulumi.trim()}`,
      `node ${process.version}`,
      (ssh + stderr).split(",")[0] ?? "",
      ...(await Promise.all([first(["podman", "--version"]), first(["systemctl", "--version"])])),
    ],
    cores: processors.length,
    model: processors[0]?.model.trim() ?? "unknown",
    gibibytes: Math.round(totalmem() / 2 ** 30),
    load,
  };
}
