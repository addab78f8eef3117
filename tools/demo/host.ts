import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { execute } from "../execute.ts";
import { type Fleet, createFleet } from "../fleet/index.ts";
import { dataDirectory, readState } from "../fleet/layout.ts";
import type { DemoConnection } from "./stack-file.ts";

/** Where the demo runs. */
export interface DemoHost {
  readonly connection: DemoConnection;
  /** The account of example 1. */
  readonly account: string;
  /** Whether it has just been booted, so that nothing can be on it yet. */
  readonly fresh: boolean;
  /** The command that logs in. */
  readonly login: readonly string[];
  /** Where requests come from. */
  readonly from: string;
  /** Runs a command where the requests come from. */
  readonly client: Fleet["client"];
}

/** A host of this machine, booted unless it runs already; it stays until `make demo-clean`. */
export async function throwawayHost(): Promise<DemoHost> {
  // The owner in the state is 0 only after the host has booted.
  const fresh = readState("demo")?.owner !== 0;
  const fleet = await createFleet({ name: "demo", hosts: 1, attach: true });
  const { address, hostKey } = fleet.hosts[0]!;
  const { identityFile, knownHostsFile } = fleet;
  return {
    connection: { address, user: "root", hostKey, identityFile },
    account: "test",
    fresh,
    login: ["ssh", "-i", identityFile, "-o", `UserKnownHostsFile=${knownHostsFile}`, `root@${address}`],
    from: `another address, ${fleet.clientAddress}`,
    client: (argv, options) => fleet.client(argv, options),
  };
}

/**
 * A host of the user, reached with the settings of ssh itself: from ~/.ssh/config, the agent and the default keys.
 *
 * @param target as for ssh(1): USER@ADDRESS, or a name of ~/.ssh/config
 */
export async function ownHost(target: string): Promise<DemoHost> {
  const { stdout } = await execute(["ssh", "-G", "--", target]);
  const settings = Map.groupBy(stdout.trimEnd().split("\n"), (line) => line.split(" ", 1)[0]);
  const setting = (name: string) => (settings.get(name) ?? []).map((line) => line.slice(name.length + 1));
  const [address = target] = setting("hostname");
  const [user = "root"] = setting("user");
  const [port = "22"] = setting("port");
  const identityFile = setting("identityfile").find((path) => existsSync(path.replace(/^~/, homedir())));
  return {
    connection: {
      address,
      port: Number(port),
      user,
      ...(!process.env.SSH_AUTH_SOCK && identityFile && { identityFile }),
    },
    account: user,
    fresh: false,
    login: ["ssh", target],
    from: "this machine",
    client: execute,
  };
}

/** Whether the host of a stack file is the demo's own. */
export const isThrowaway = (connection: DemoConnection | undefined): boolean =>
  connection?.identityFile?.startsWith(dataDirectory("demo")) ?? false;

/** Runs a script on the host, over SSH as a person would. */
export async function onHost(host: DemoHost, script: string): Promise<string> {
  return (await execute([...host.login, "sh", "-s"], { input: script })).stdout;
}

/** Shows what a request to a port of the host gets. */
export async function showPage(host: DemoHost, port: number): Promise<string> {
  const url = `http://${host.connection.address}:${port}/`;
  const { stdout } = await host.client([
    "curl",
    "--silent",
    "--show-error",
    "--fail",
    "--max-time",
    "60",
    url,
  ]);
  console.log(`GET ${url} from ${host.from}:\n${stdout.trimEnd()}`);
  return stdout;
}
