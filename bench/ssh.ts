import { join } from "node:path";
import { execute } from "../tools/execute.ts";
import type { Fleet } from "../tools/fleet/index.ts";
import type { Contestant } from "./contestant.ts";
import { type Payload, name } from "./job.ts";

/** The lower limit: ten `ssh` at once, and a script that does nothing but the job. No state, no preview, no rollback. */
export function parallelSsh(fleet: Fleet, payload: Payload): Contestant {
  const command = () => [
    ...[join(import.meta.dirname, "ssh/up.sh"), payload.directory, fleet.identityFile, fleet.knownHostsFile],
    ...[name, payload.image, ...fleet.hosts.map(({ address }) => address)],
  ];
  return {
    name: "ssh in parallel",
    want: (wanted) => payload.want(wanted),
    run: async () => void (await execute(command(), { title: "up.sh", timeoutMs: 300_000 })),
  };
}
