/**
 * The text of a shell script that waits until a container has what nginx needs of it, for a minute, and fails where it has ended
 * by then. $1 is the container's name, and "$pid" its first process.
 *
 * @param condition a command that succeeds then
 * @param complaint what it has not, after its name: "does not listen"
 * @param before commands that the condition needs
 */
export function awaitContainer(condition: string, complaint: string, before: readonly string[] = []): string {
  return [
    'pid=$(podman inspect --format "{{.State.Pid}}" "$1") || exit;',
    ...before,
    "tries=0;",
    `until ${condition}; do`,
    '[ -d "/proc/$pid" ] || { echo "$1 has ended" >&2; exit 1; };',
    `[ "$tries" -lt 600 ] || { echo "$1 ${complaint} after 60 seconds" >&2; exit 1; };`,
    "tries=$((tries + 1)); sleep 0.1; done",
  ].join(" ");
}
