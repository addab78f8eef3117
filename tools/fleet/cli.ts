// Throwaway hosts by hand. They stay until "down" or "clean".
import { parseArgs } from "node:util";
import { isRunning } from "./exit.ts";
import { createFleet } from "./index.ts";
import { listFleets, readState } from "./layout.ts";
import { removeFleet } from "./remove.ts";

const usage = `node tools/fleet/cli.ts up NAME [N]              boot N hosts (default: 1), or show those that run
node tools/fleet/cli.ts down NAME                stop them and remove all that is theirs
node tools/fleet/cli.ts sh NAME HOST COMMAND…    run a command on NAME-HOST, as root
node tools/fleet/cli.ts list                     all fleets, also those of tests
node tools/fleet/cli.ts clean                    remove what ended processes have left; --all: every fleet
`;

const { values, positionals } = parseArgs({
  // "sh NAME HOST" is followed by a command, which has its own options.
  args: process.argv.slice(2, process.argv[2] === "sh" ? 5 : undefined),
  options: { all: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [command = "", name = "", argument = ""] = positionals;

switch (command) {
  case "up": {
    const fleet = await createFleet({ name, hosts: Number(argument || "1"), attach: true });
    for (const host of fleet.hosts) {
      const options = `-i ${fleet.identityFile} -o UserKnownHostsFile=${fleet.knownHostsFile}`;
      console.log(`${host.name}: ssh ${options} root@${host.address}`);
    }
    break;
  }
  case "down":
    if (!listFleets().includes(name))
      fail(`There is no fleet "${name}". There are: ${listFleets().join(", ") || "none"}`);
    removeFleet(name);
    break;
  case "sh": {
    const state = readState(name);
    const known = state?.hosts.map((host) => host.name.slice(name.length + 1)) ?? [];
    if (!known.includes(argument))
      fail(`There is no host "${argument}" in "${name}". There are: ${known.join(", ") || "none"}`);
    const fleet = await createFleet({ name, hosts: known.length, attach: true });
    const host = fleet.hosts[known.indexOf(argument)]!;
    const { code } = await host.run(process.argv.slice(5), {
      check: false,
      show: true,
      timeoutMs: 3_600_000,
    });
    process.exitCode = code;
    break;
  }
  case "list":
    for (const fleet of listFleets()) {
      const hosts =
        readState(fleet)
          ?.hosts.map((host) => host.address)
          .join(" ") || "no hosts";
      console.log(`${fleet}: ${hosts}, ${ownership(fleet)}`);
    }
    break;
  case "clean":
    for (const fleet of listFleets()) {
      if (values.all || ownership(fleet) === "left over") removeFleet(fleet);
    }
    break;
  default:
    fail(usage);
}

function ownership(fleet: string): string {
  const owner = readState(fleet)?.owner;
  if (owner === 0) return "kept";
  if (owner && isRunning(owner)) return `of process ${owner}`;
  return "left over";
}

function fail(message: string): never {
  console.error(message.trimEnd());
  process.exit(2);
}
