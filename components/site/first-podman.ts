import { quoteExec } from "../../units/escape.ts";

/**
 * What a rootless service does before its own podman: waits until one podman of the account has run since the boot.
 *
 * That first one makes the account's user namespace, and clears what the last boot has left. Where two do so at once, as at a
 * boot, a container may end again: "disk I/O error: bad file descriptor" (podman 5.4, one boot in twenty). The lock is on
 * the runtime directory, so there is no file of ours; --close keeps it from the process that holds the namespace, which stays.
 *
 * @param runtimeDirectory of the account, as the unit writes it
 */
export function awaitFirstPodman(runtimeDirectory: string): string {
  const command = ["/usr/bin/flock", "--close"];
  return `${command.join(" ")} ${runtimeDirectory} ${quoteExec(["/bin/sh", "-c", firstPodman])} ${runtimeDirectory}`;
}

/** The runtime directory is $0. */
const firstPodman =
  'kill -0 "$(cat "$0/libpod/tmp/pause.pid" 2>/dev/null)" 2>/dev/null || exec /usr/bin/podman ps --quiet >/dev/null';
