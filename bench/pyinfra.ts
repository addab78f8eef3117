import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute } from "../tools/execute.ts";
import type { Fleet } from "../tools/fleet/index.ts";
import type { Contestant } from "./contestant.ts";
import { type Payload, name } from "./job.ts";
import { pinned, virtualEnvironment } from "./python.ts";

const here = join(import.meta.dirname, "pyinfra");

/**
 * Example 2 as users of pyinfra write it, or with the checks that this project makes: `nginx -t` in the image, a request through the socket.
 *
 * @param work a directory for its inventory
 */
export async function pyinfra(
  fleet: Fleet,
  payload: Payload,
  work: string,
  { checks }: { readonly checks: boolean },
): Promise<Contestant> {
  const python = await virtualEnvironment("pyinfra");
  const inventory = join(work, "inventory.py");
  const data = () => ({
    ssh_user: "root",
    ssh_key: fleet.identityFile,
    ssh_known_hosts_file: fleet.knownHostsFile,
    ssh_strict_host_key_checking: "yes",
    ssh_allow_agent: "False",
    ssh_look_for_keys: "False",
    payload: payload.directory,
    unit: name,
    image: payload.image,
    checks: checks ? "yes" : "no",
  });
  const addresses = fleet.hosts.map(({ address }) => address);
  writeFileSync(inventory, `hosts = ${JSON.stringify(addresses)}\n`);
  const options = () => Object.entries(data()).flatMap(([key, value]) => ["--data", `${key}=${value}`]);
  const command = () => [python, "-m", "pyinfra", "--yes", ...options(), inventory, join(here, "deploy.py")];
  return {
    name: `pyinfra ${pinned("pyinfra", "pyinfra")}${checks ? ", same checks" : ""}`,
    want: (wanted) => payload.want(wanted),
    run: async () => void (await execute(command(), { cwd: work, title: "pyinfra", timeoutMs: 300_000 })),
  };
}
