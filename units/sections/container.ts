import type { KeySpecs, Many, Variables } from "../section.ts";

/**
 * `[Container]` of a .container file: what podman runs. Most fields are an option of podman-run(1), given in brackets.
 * Text is written as it is given, and becomes an argument of ExecStart=: `%h` and the like are specifiers.
 *
 * @see podman-systemd.unit(5), "Container units [Container]"
 */
export interface ContainerSection {
  /** The image, best with its registry, or the name of an .image or .build file. Needed, unless `rootfs` is there. */
  image?: string;
  /** A directory to use as the container's root, instead of an image (--rootfs). */
  rootfs?: string;
  /** The container's name (--name). Default: "systemd-%N". */
  containerName?: string;
  /** When to pull the image (--pull). Default: "missing". */
  pull?: "always" | "missing" | "never" | "newer";
  /** Whether podman-auto-update(1) renews it. Default: not at all. */
  autoUpdate?: "registry" | "local";
  /** The words of the command, after the image's entry point; arrive as they are. Default: the image's. */
  exec?: readonly string[];
  /** The entry point: one word, or a list in JSON (--entrypoint). Default: the image's. */
  entrypoint?: string;
  /** Environment variables, as they are given: `%` and `$` mean nothing. NGINX's descriptors: { NGINX: "3;" }. */
  environment?: Variables;
  /** Files of variables, made with environmentFile() (--env-file). Default: none. */
  environmentFile?: Many;
  /** Podman secrets: "tls,type=mount" (--secret). Default: none. */
  secret?: Many;
  /** Mounts, "SOURCE:PATH:OPTIONS"; a source may be a .volume file (--volume). Default: none. */
  volume?: Many;
  /** Mounts, as "type=bind,source=…,destination=…" (--mount). Default: none. */
  mount?: Many;
  /** Directories in memory, "PATH:OPTIONS" (--tmpfs). Default: none. */
  tmpfs?: Many;
  /** "none", "host", a .network file, … (--network). Default: podman's own. */
  network?: Many;
  /** Further names in the network's DNS (--network-alias). Default: none. */
  networkAlias?: Many;
  /** Ports that podman opens on the host; not needed with a socket (--publish). Default: none. */
  publishPort?: Many;
  /** Lines for /etc/hosts, "name:address" (--add-host). Default: none. */
  addHost?: Many;
  /** The container's host name (--hostname). Default: its id. */
  hostName?: string;
  /** The user inside, a number or a name (--user). Default: the image's. */
  user?: string | number;
  /** The group inside; only with `user`. Default: the user's. */
  group?: string | number;
  /** The user namespace: "keep-id", "auto", … (--userns). Default: podman's. */
  userNS?: string;
  /** Whether its root is read-only (--read-only). Default: false. */
  readOnly?: boolean;
  /** With `readOnly`, whether /dev, /dev/shm, /run, /tmp and /var/tmp can be written (--read-only-tmpfs). Default: true. */
  readOnlyTmpfs?: boolean;
  /** Whether nothing inside can gain privileges by setuid files. Default: false. */
  noNewPrivileges?: boolean;
  /** Capabilities to take away; "all" for all (--cap-drop). Default: none of podman's set. */
  dropCapability?: Many;
  /** Capabilities to give (--cap-add). Default: podman's set. */
  addCapability?: Many;
  /** A file with a filter of system calls, or "unconfined". Default: podman's. */
  seccompProfile?: string;
  /** Whether SELinux leaves the container alone. Default: false. */
  securityLabelDisable?: boolean;
  /** SELinux's type of the container. Default: "container_t". */
  securityLabelType?: string;
  /** The most memory it may have: "512m" (--memory). Default: no limit. */
  memory?: string;
  /** The most processes; -1 for no limit (--pids-limit). Default: 2048, or containers.conf(5)'s. */
  pidsLimit?: number;
  /** Limits: "nofile=65535:65535" (--ulimit). Default: containers.conf(5)'s. */
  ulimit?: Many;
  /** Kernel parameters of its namespaces, "name=value" (--sysctl). Default: none. */
  sysctl?: Many;
  /** The signal of a stop; "SIGQUIT" lets nginx finish its answers (--stop-signal). Default: the image's, else "SIGTERM". */
  stopSignal?: string;
  /** The seconds before it is killed; less than TimeoutStopSec= (--stop-timeout). Default: 10. */
  stopTimeout?: number;
  /** The words of a command in the container for `systemctl reload`. Not with `reloadSignal`. Default: none. */
  reloadCmd?: readonly string[];
  /** A signal for `systemctl reload`: "SIGHUP" for nginx. Not with `reloadCmd`. Default: none. */
  reloadSignal?: string;
  /** Who says that it is started: the runtime (false), the container (true), its health check ("healthy"). Default: false. */
  notify?: boolean | "healthy";
  /** The command that checks its health; "none" for none (--health-cmd). No " at an end: podman strips it. Default: the image's. */
  healthCmd?: string;
  /** The time between two checks: "30s" (--health-interval). Default: "30s". */
  healthInterval?: string;
  /** How long a check may take (--health-timeout). Default: "30s". */
  healthTimeout?: string;
  /** How many checks have to fail (--health-retries). Default: 3. */
  healthRetries?: number;
  /** How long failures do not count after a start (--health-start-period). Default: "0s". */
  healthStartPeriod?: string;
  /** What to do then; with "kill", systemd starts it again (--health-on-failure). Default: "none". */
  healthOnFailure?: "none" | "kill" | "restart" | "stop";
  /** Where its output goes: "journald", "passthrough", … (--log-driver). Default: containers.conf(5)'s. */
  logDriver?: string;
  /** Labels, as they are given (--label). Default: none. */
  label?: Variables;
  /** Options of podman itself, before "run"; each text is split into words. Default: none. */
  globalArgs?: Many;
  /** Further options of "podman run"; each text is split into words. Default: none. */
  podmanArgs?: Many;
}

export const containerKeys = {
  image: { directive: "Image", kind: "value" },
  rootfs: { directive: "Rootfs", kind: "value", since: "4.5" },
  containerName: { directive: "ContainerName", kind: "value" },
  pull: { directive: "Pull", kind: "value", since: "4.6" },
  autoUpdate: { directive: "AutoUpdate", kind: "value", since: "4.6" },
  entrypoint: { directive: "Entrypoint", kind: "value", since: "5.0" },
  exec: { directive: "Exec", kind: "containerCommand" },
  environment: { directive: "Environment", kind: "containerEnvironment" },
  environmentFile: { directive: "EnvironmentFile", kind: "repeated" },
  secret: { directive: "Secret", kind: "repeated", since: "4.5" },
  volume: { directive: "Volume", kind: "repeated" },
  mount: { directive: "Mount", kind: "repeated", since: "4.5" },
  tmpfs: { directive: "Tmpfs", kind: "repeated", since: "4.5" },
  network: { directive: "Network", kind: "repeated" },
  networkAlias: { directive: "NetworkAlias", kind: "repeated", since: "5.2" },
  publishPort: { directive: "PublishPort", kind: "repeated" },
  addHost: { directive: "AddHost", kind: "repeated", since: "5.3" },
  hostName: { directive: "HostName", kind: "value", since: "4.6" },
  user: { directive: "User", kind: "value" },
  group: { directive: "Group", kind: "value" },
  userNS: { directive: "UserNS", kind: "value", since: "4.5" },
  readOnly: { directive: "ReadOnly", kind: "value" },
  readOnlyTmpfs: { directive: "ReadOnlyTmpfs", kind: "value", since: "4.8" },
  noNewPrivileges: { directive: "NoNewPrivileges", kind: "value" },
  dropCapability: { directive: "DropCapability", kind: "list" },
  addCapability: { directive: "AddCapability", kind: "list" },
  seccompProfile: { directive: "SeccompProfile", kind: "value" },
  securityLabelDisable: { directive: "SecurityLabelDisable", kind: "value", since: "4.5" },
  securityLabelType: { directive: "SecurityLabelType", kind: "value", since: "4.5" },
  memory: { directive: "Memory", kind: "value", since: "5.5" },
  pidsLimit: { directive: "PidsLimit", kind: "value", since: "4.7" },
  ulimit: { directive: "Ulimit", kind: "repeated", since: "4.7" },
  sysctl: { directive: "Sysctl", kind: "repeated", since: "4.6" },
  stopSignal: { directive: "StopSignal", kind: "value", since: "5.2" },
  stopTimeout: { directive: "StopTimeout", kind: "value", since: "5.0" },
  reloadCmd: { directive: "ReloadCmd", kind: "containerCommand", since: "5.5" },
  reloadSignal: { directive: "ReloadSignal", kind: "value", since: "5.5" },
  notify: { directive: "Notify", kind: "value" },
  healthCmd: { directive: "HealthCmd", kind: "value", since: "4.5" },
  healthInterval: { directive: "HealthInterval", kind: "value", since: "4.5" },
  healthTimeout: { directive: "HealthTimeout", kind: "value", since: "4.5" },
  healthRetries: { directive: "HealthRetries", kind: "value", since: "4.5" },
  healthStartPeriod: { directive: "HealthStartPeriod", kind: "value", since: "4.5" },
  healthOnFailure: { directive: "HealthOnFailure", kind: "value", since: "4.5" },
  logDriver: { directive: "LogDriver", kind: "value", since: "4.5" },
  label: { directive: "Label", kind: "labels" },
  globalArgs: { directive: "GlobalArgs", kind: "repeated", since: "4.8" },
  podmanArgs: { directive: "PodmanArgs", kind: "repeated" },
} as const satisfies KeySpecs<ContainerSection>;
