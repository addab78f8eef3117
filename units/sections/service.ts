import type { KeySpecs, Many, Variables } from "../section.ts";

/**
 * `[Service]`: how systemd runs the process. Command lines are written as they are given, so that specifiers such as `%N` work: quote words
 * from users with quoteExecArgument(). In a quadlet podman writes ExecStart= and Type= itself, and refuses User=, Group= and DynamicUser=.
 *
 * @see systemd.service(5), systemd.exec(5) [E], systemd.kill(5) [K], systemd.resource-control(5) [R]
 */
export interface ServiceSection {
  /** When the service counts as started. Default: "simple" with `execStart`; podman's generator writes "notify". */
  type?: "simple" | "exec" | "forking" | "oneshot" | "dbus" | "notify" | "notify-reload" | "idle";
  /** Whose messages count with "notify". podman needs "all". Default: "main" with `type` "notify", else "none". */
  notifyAccess?: "none" | "main" | "exec" | "all";
  /** The command; more than one only with "oneshot". Default: none. */
  execStart?: Many;
  /** A command whose exit code decides whether to start at all: 1 to 254 means "no", and is not a failure. Default: none. */
  execCondition?: string;
  /** Commands before it. Default: none. */
  execStartPre?: Many;
  /** Commands once it has started. Default: none. */
  execStartPost?: Many;
  /** Commands that make it read its configuration again. Default: none, a reload is an error. */
  execReload?: Many;
  /** Commands that stop it. Default: none, it gets `killSignal`. */
  execStop?: Many;
  /** Commands after it has ended for any reason. Default: none. */
  execStopPost?: Many;
  /** When to start it again. Default: "no". */
  restart?: "no" | "on-success" | "on-failure" | "on-abnormal" | "on-watchdog" | "on-abort" | "always";
  /** How long to wait before that: "5s". Default: "100ms". */
  restartSec?: string | number;
  /** How long a start may take: "15min", "infinity". Default: DefaultTimeoutStartSec=, 90 seconds. */
  timeoutStartSec?: string | number;
  /** How long a stop may take before it is killed. Default: DefaultTimeoutStopSec=, 90 seconds. */
  timeoutStopSec?: string | number;
  /** Whether it stays active when its processes have ended. Default: false. */
  remainAfterExit?: boolean;
  /** Sockets whose descriptors it gets. Default: the socket of the same name. */
  sockets?: Many;
  /** Whether it gets them with O_NONBLOCK set. Default: false. */
  nonBlocking?: boolean;
  /** The account that runs it [E]. Default: root in the system manager. */
  user?: string;
  /** Environment variables, with specifiers: { PODMAN_SYSTEMD_UNIT: "%n" } [E]. Default: none. */
  environment?: Variables;
  /** Whether it manages its own control groups, as podman does with `--cgroups=split` [R]. Default: false. */
  delegate?: boolean | string;
  /** Which processes a stop ends. podman needs "mixed" [K]. Default: "control-group". */
  killMode?: "control-group" | "mixed" | "process" | "none";
  /** Directories below /run, made for its account before it starts and removed when it stops [E]. Default: none. */
  runtimeDirectory?: Many;
  /** Permission bits of the last part of `runtimeDirectory`, in octal. Default: "0755". [E] */
  runtimeDirectoryMode?: string;
  /** Whether `runtimeDirectory` outlives a restart ("restart") or also a stop (true) [E]. Default: false. */
  runtimeDirectoryPreserve?: boolean | "restart";
  /** Directories below the root of logs (%L), made for its account before it starts, and kept [E]. Default: none. */
  logsDirectory?: Many;
  /** Permission bits of the last part of `logsDirectory`, in octal. Default: "0755". [E] */
  logsDirectoryMode?: string;
  /** Its name in the journal [E]. Default: that of the process. */
  syslogIdentifier?: string;
  /** Whether nothing in it can gain privileges. Not with rootless podman, which needs newuidmap [E]. Default: false. */
  noNewPrivileges?: boolean;
  /** The only socket families it may open: ["AF_UNIX", "AF_NETLINK"]; "~" first inverts the list [E]. Default: all. */
  restrictAddressFamilies?: Many;
}

export const serviceKeys = {
  type: "value",
  notifyAccess: "value",
  user: "value",
  environment: "environment",
  sockets: "list",
  nonBlocking: "value",
  execCondition: "value",
  execStartPre: "repeated",
  execStart: "repeated",
  execStartPost: "repeated",
  execReload: "repeated",
  execStop: "repeated",
  execStopPost: "repeated",
  remainAfterExit: "value",
  restart: "value",
  restartSec: "value",
  timeoutStartSec: "value",
  timeoutStopSec: "value",
  killMode: "value",
  delegate: "value",
  runtimeDirectory: "list",
  runtimeDirectoryMode: "value",
  runtimeDirectoryPreserve: "value",
  logsDirectory: "list",
  logsDirectoryMode: "value",
  syslogIdentifier: "value",
  noNewPrivileges: "value",
  restrictAddressFamilies: "list",
} as const satisfies KeySpecs<ServiceSection>;
