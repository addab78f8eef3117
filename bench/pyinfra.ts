import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { image } from "../test/hosts/support/stack.ts";
import { execute } from "../tools/execute.ts";
import type { Fleet } from "../tools/fleet/index.ts";
import type { Contestant } from "./contestant.ts";
import { type Payload, name } from "./job.ts";
import { pinned, virtualEnvironment } from "./python.ts";

const here = join(import.meta.dirname, "pyinfra");

/** @param work a directory for its inventory */
export async function pyinfra(fleet: Fleet, payload: Payload, work: string): Promise<Contestant> {
  const python = await virtualEnvironment("pyinfra");
  const inventory = join(work, "inventory.py");
  const data = {
    ssh_user: "root",
    ssh_key: fleet.identityFile,
    ssh_known_hosts_file: fleet.knownHostsFile,
    ssh_strict_host_key_checking: "yes",
    ssh_allow_agent: "False",
    ssh_look_for_keys: "False",
    payload: payload.directory,
    unit: name,
    image,
  };
  const addresses = fleet.hosts.map(({ address }) => address);
  writeFileSync(inventory, `hosts = ${JSON.stringify(addresses)}\n`);
  const options = Object.entries(data).flatMap(([key, value]) => ["--data", `${key}=${value}`]);
  const command = [python, "-m", "pyinfra", "--yes", ...options, inventory, join(here, "deploy.py")];
  return {
    name: `pyinfra ${pinned("pyinfra", "pyinfra")}`,
    want: (page) => payload.want(page),
    run: async () => void (await execute(command, { cwd: work, title: "pyinfra", timeoutMs: 300_000 })),
  };
}
