import type { KeySpecs, Many, Variables } from "../section.ts";

/**
 * `[Container]` of a .container file: what podman runs. Most fields are an option of podman-run(1), given in brackets.
 * Text is written as it is given, and becomes an argument of ExecStart=: `%h` and the like are specifiers.
 *
 * @see podman-systemd.unit(5), "Container units [Container]"
 */
export interface ContainerSection {
  /** The image, with its registry. */
  image?: string;
  /** The container's name (--name). Default: "systemd-%N". */
  containerName?: string;
  /** When to pull the image (--pull). Default: "missing". */
  pull?: "always" | "missing" | "never" | "newer";
  /** Environment variables, as they are given: `%` and `$` have no meaning. nginx's descriptors: { NGINX: "3;" }. */
  environment?: Variables;
  /** Files of variables, made with environmentFile() (--env-file). Default: none. */
  environmentFile?: Many;
  /** Mounts, "SOURCE:PATH:OPTIONS"; a source may be a .volume file (--volume). Default: none. */
  volume?: Many;
  /** Directories in memory, "PATH:OPTIONS" (--tmpfs). Default: none. */
  tmpfs?: Many;
  /** "none", "host", a .network file, … (--network). Default: podman's own. */
  network?: Many;
  /** Further names in the network's DNS (--network-alias). Default: none. */
  networkAlias?: Many;
  /** Whether its root is read-only (--read-only). Default: false. */
  readOnly?: boolean;
  /** Whether nothing inside can gain privileges by setuid files. Default: false. */
  noNewPrivileges?: boolean;
  /** Capabilities to take away; "all" for all (--cap-drop). Default: none of podman's set. */
  dropCapability?: Many;
  /** Capabilities to give (--cap-add). Default: podman's set. */
  addCapability?: Many;
  /** Whether SELinux leaves the container alone. Default: false. */
  securityLabelDisable?: boolean;
  /** The signal of a stop; "SIGQUIT" lets nginx finish its answers (--stop-signal). Default: the image's, else "SIGTERM". */
  stopSignal?: string;
  /** The seconds before it is killed; less than TimeoutStopSec= (--stop-timeout). Default: 10. */
  stopTimeout?: number;
  /** Who says that it is started: the runtime (false), the container (true), its health check ("healthy"). Default: false. */
  notify?: boolean | "healthy";
  /**
   * The command that checks its health; "none" for none (--health-cmd). Not with a " at its beginning or end: podman strips it. Default:
   * the image's.
   */
  healthCmd?: string;
  /** The time between two checks: "30s" (--health-interval). Default: "30s". */
  healthInterval?: string;
  /** How long a check may take (--health-timeout). Default: "30s". */
  healthTimeout?: string;
  /** How many checks have to fail (--health-retries). Default: 3. */
  healthRetries?: number;
  /** How long failures do not count after a start (--health-start-period). Default: "0s". */
  healthStartPeriod?: string;
  /** Options of podman itself, before "run"; each text is split into words. Default: none. */
  globalArgs?: Many;
}

export const containerKeys = {
  image: "value",
  containerName: "value",
  pull: "value",
  environment: "containerEnvironment",
  environmentFile: "repeated",
  volume: "repeated",
  tmpfs: "repeated",
  network: "repeated",
  networkAlias: "repeated",
  readOnly: "value",
  noNewPrivileges: "value",
  dropCapability: "list",
  addCapability: "list",
  securityLabelDisable: "value",
  stopSignal: "value",
  stopTimeout: "value",
  notify: "value",
  healthCmd: "value",
  healthInterval: "value",
  healthTimeout: "value",
  healthRetries: "value",
  healthStartPeriod: "value",
  globalArgs: "repeated",
} as const satisfies KeySpecs<ContainerSection>;
