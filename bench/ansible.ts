import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execute } from "../tools/execute.ts";
import type { Fleet } from "../tools/fleet/index.ts";
import type { Contestant } from "./contestant.ts";
import { type Payload, name } from "./job.ts";
import { pinned, virtualEnvironment } from "./python.ts";

const here = join(import.meta.dirname, "ansible");

/** @param work a directory for what it keeps */
export async function ansible(fleet: Fleet, payload: Payload, work: string): Promise<Contestant> {
  const python = await virtualEnvironment("ansible");
  const controlPaths = join(work, "cp");
  const env = {
    ...process.env,
    ANSIBLE_CONFIG: join(here, "ansible.cfg"),
    ANSIBLE_HOME: join(work, "home"),
    ANSIBLE_SSH_CONTROL_PATH_DIR: controlPaths,
  };
  const variables = () => ({ payload: payload.directory, unit: name, image: payload.image });
  const command = () => [
    ...[python, "-m", "ansible", "playbook"],
    ...["--inventory", fleet.hosts.map(({ address }) => `${address},`).join("")],
    ...["--user", "root", "--private-key", fleet.identityFile],
    ...["--ssh-common-args", `-F none -o UserKnownHostsFile=${fleet.knownHostsFile}`],
    ...["--extra-vars", JSON.stringify(variables()), join(here, "playbook.yml")],
  ];
  return {
    name: `ansible-core ${pinned("ansible", "ansible-core")}`,
    want: (wanted) => payload.want(wanted),
    run: async () => void (await execute(command(), { env, title: "ansible-playbook", timeoutMs: 300_000 })),
    // Its connections stay for 60 s (ControlPersist). A user's next run comes later.
    async settle() {
      const sockets = readdirSync(controlPaths).map((socket) => join(controlPaths, socket));
      await Promise.all(
        sockets.map((socket) => execute(["ssh", "-S", socket, "-O", "exit", "-F", "none", "any"])),
      );
    },
  };
}
