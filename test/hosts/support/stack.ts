import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecuteOptions, Output } from "../../../tools/execute.ts";
import { engineEnvironment, pulumi } from "../../../tools/engine.ts";
import type { Fleet, TestHost } from "../../../tools/fleet/index.ts";

const root = join(import.meta.dirname, "../../..");

/** The keys of a stack file under `config`, without the project's prefix. */
export interface FleetConfiguration {
  hosts: Record<string, object>;
  sites?: Record<string, object>;
  proxies?: Record<string, object>;
}

/** A stack of this project with a real engine, its own backend and a stack file in stacks/. */
export interface Stack extends AsyncDisposable {
  readonly name: string;
  readonly file: string;
  /** Where its engine keeps plugins and more ($PULUMI_HOME). */
  readonly home: string;
  /** Variables that replace those of the test for its engine; undefined removes one. A test may change them. */
  readonly variables: NodeJS.ProcessEnv;
  /** The environment of its engine: these variables, and the test's environment at that time. */
  readonly env: NodeJS.ProcessEnv;
  /** Writes the stack file. */
  configure(configuration: FleetConfiguration): void;
  /** Runs `pulumi COMMAND` for it. Rejects when it fails, unless `check` is false. */
  run(argv: readonly string[], options?: ExecuteOptions): Promise<Output>;
  up(options?: ExecuteOptions): Promise<Output>;
  /** `pulumi preview --diff`: all its output. */
  preview(options?: ExecuteOptions): Promise<string>;
  /** Rejects when a preview finds any change. */
  expectNoChanges(): Promise<void>;
}

/**
 * @param directory the project: this checkout, unless a test has its own program
 * @param more variables for its engine, for example another backend
 */
export async function makeStack(
  name: string,
  directory = root,
  more: Readonly<NodeJS.ProcessEnv> = {},
): Promise<Stack> {
  const state = await mkdtemp(join(tmpdir(), "quadlet-fleet-test-"));
  const file = join(directory, directory === root ? "stacks" : "", `Pulumi.${name}.yaml`);
  const variables: NodeJS.ProcessEnv = { ...more };
  const environment = () => ({ ...engineEnvironment(state), ...variables });
  const run = (argv: readonly string[], options: ExecuteOptions = {}) =>
    pulumi(state, [...argv, "--stack", name], { cwd: directory, env: environment(), ...options });
  const stack: Stack = {
    name,
    file,
    home: join(state, "home"),
    variables,
    get env() {
      return environment();
    },
    configure(configuration) {
      const kept = existsSync(file)
        ? readFileSync(file, "utf8")
            .split("\n")
            .filter((line) => /^(encrypt|secretsprovider)/.test(line))
        : [];
      const config = Object.fromEntries(
        Object.entries(configuration).map(([key, value]) => [`quadlet-fleet:${key}`, value as object]),
      );
      // JSON is YAML.
      writeFileSync(file, [...kept, `config: ${JSON.stringify(config, undefined, 2)}`, ""].join("\n"));
    },
    run,
    up: (options) => run(["up", "--yes", "--skip-preview"], options),
    preview: async (options) => {
      const { stdout, stderr } = await run(["preview", "--diff"], options);
      return stdout + stderr;
    },
    expectNoChanges: async () => void (await run(["preview", "--diff", "--expect-no-changes"])),
    async [Symbol.asyncDispose]() {
      rmSync(file, { force: true });
      await rm(state, { recursive: true, force: true });
    },
  };
  rmSync(file, { force: true });
  await pulumi(state, ["stack", "init", name], { cwd: directory, env: environment() });
  return stack;
}

/** One of the fleet's hosts, as a stack file writes it. */
export function hostEntry(fleet: Fleet, host: TestHost, change: object = {}): object {
  return {
    address: host.address,
    user: "root",
    hostKey: host.hostKey,
    identityFile: fleet.identityFile,
    ...change,
  };
}

export const image = "docker.io/library/nginx:latest";

/** The examples of the reference, on the ports of stacks/Pulumi.example.yaml. */
export const example1 = {
  hosts: ["web-1"],
  manager: "user",
  user: "test",
  image,
  listen: ["0.0.0.0:8080"],
  network: "none",
};
export const example2 = {
  hosts: ["web-1"],
  manager: "system",
  image,
  listen: ["0.0.0.0:80"],
  network: "none",
};

export const example3 = {
  hosts: ["web-1"],
  manager: "system",
  user: "test",
  image,
  listen: ["0.0.0.0:81"],
  network: "none",
};
export const example4 = {
  hosts: ["web-1"],
  user: "test",
  image,
  listen: ["0.0.0.0:82"],
  network: { internal: true },
  backends: {
    "apache-container": {
      image: "docker.io/library/httpd:latest",
      serverName: "apache.example.com",
      port: 80,
    },
    "caddy-container": { image: "docker.io/library/caddy:latest", serverName: "caddy.example.com", port: 80 },
  },
};

/**
 * The status and body of an answer to a request from the client's own address; `more` are options of curl. The time limit is only
 * patience: no test depends on it.
 */
export async function get(
  fleet: Fleet,
  url: string,
  more: readonly string[] = [],
): Promise<{ status: number; body: string }> {
  const { stdout } = await fleet.client(
    ["curl", "--silent", "--max-time", "120", "--write-out", "\n%{http_code}", ...more, url],
    { check: false, timeoutMs: 180_000 },
  );
  const at = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
}

/** The same for a proxy on port 82, by one of its names, which no DNS knows. */
export function getNamed(
  fleet: Fleet,
  host: TestHost,
  name: string,
  more: readonly string[] = [],
): ReturnType<typeof get> {
  return get(fleet, `http://${name}:82/`, ["--resolve", `${name}:82:${host.address}`, ...more]);
}

/**
 * The files on a host that a set may change. podman's own storage is left out, because every command of podman changes it. The line about
 * the last transaction is left out, too: it also reports a transaction that has changed nothing.
 */
export async function listing(host: TestHost): Promise<Map<string, string>> {
  const all = await host.snapshot([
    "/etc",
    "/home",
    "/root",
    "/srv",
    "/var/lib/quadlet-fleet",
    "/var/lib/systemd/linger",
  ]);
  return new Map(
    [...all].filter(
      ([path]) =>
        !path.includes("/.local/share/containers") &&
        !path.startsWith("/etc/machine-id") &&
        !/\/quadlet-fleet\/sets\/[^/]+\/transaction$/.test(path),
    ),
  );
}

/** Lines that say what was added, removed or changed. */
export function difference(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => `${path}: ${before.get(path) ?? "absent"} → ${after.get(path) ?? "absent"}`);
}

/** The failed units, of the system and of the account "test", except those that fail on every test host. */
export async function failedUnits(host: TestHost): Promise<string[]> {
  const list = ["list-units", "--failed", "--plain", "--no-legend", "--no-pager"];
  const system = await host.run(["systemctl", ...list]);
  const user = await host.run(["systemctl", "--user", ...list], { user: "test" });
  return `${system.stdout}${user.stdout}`
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter((unit) => unit !== "" && unit !== "systemd-modules-load.service");
}

/** Makes the start of this socket unit fail, from the next daemon-reload until the host boots again. */
export async function breakSocket(host: TestHost, unit: string): Promise<void> {
  await host.write(`/run/systemd/system/${unit}.d/broken.conf`, "[Socket]\nExecStartPre=/bin/false\n");
}

/** The InvocationID of a unit: if it is another one, the unit was started again. */
export async function invocation(host: TestHost, unit: string, user?: string): Promise<string> {
  const manager = user === undefined ? [] : ["--user"];
  const { stdout } = await host.run(
    ["systemctl", ...manager, "show", "--property=InvocationID", "--value", unit],
    { user },
  );
  return stdout.trim();
}
