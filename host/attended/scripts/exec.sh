# shellcheck shell=sh
# Runs a command in the container of a unit, and stops it when it is told to (TERM).
# Arguments: manager (system, user), account ("-" for none), unit, a mark, the command.
manager=$1 account=$2 unit=$3 mark=QUADLET_FLEET_EXEC=$4
shift 4

refuse() {
  printf '{"event":"refused","reason":"%s"}\n' "$1"
  exit 77
}

# The environment of a login of the account: podman finds its containers by it.
if [ "$account" != - ]; then
  HOME=$(getent passwd "$account" | cut -d : -f 6)
  XDG_RUNTIME_DIR=/run/user/$(id -u "$account")
  DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
  export HOME XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS
fi

# own COMMAND…: runs it as the account. runuser needs no login shell of the account.
own() {
  if [ "$account" != - ] && [ "$(id -u)" = 0 ]; then set -- runuser -u "$account" -- "$@"; fi
  "$@"
}

# The account can let its podman print without an end.
container=$(
  { own podman ps --no-trunc --filter "label=PODMAN_SYSTEMD_UNIT=$unit" --format '{{.ID}}' || echo failed; } | head -c 1000
)
case $container in
  *failed) refuse no-podman ;;
  "") refuse no-container ;;
  *[!0-9a-f]*) refuse many-containers ;;
esac
cgroup=
if [ "$manager" = system ] && [ "$account" != - ]; then
  main=$(systemctl show --property=MainPID --value -- "$unit")
  [ "$main" != 0 ] || refuse no-container
  cgroup=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$main/cgroup")/cgroup.procs
fi
printf '{"event":"running"}\n'

# podman passes no signal on to a process that it started in a container with exec, and has no command to end it. So all processes with the
# mark in their environment get the signal. Processes in an account's containers may have other user ids: without root, they get it from the
# account's user namespace.
# shellcheck disable=SC2016 # another shell expands it
end='
tries=50 signal=TERM
while :; do
  found=no
  for file in $(grep -lsazxF -e "$1" /proc/[0-9]*/environ); do
    file=${file#/proc/}
    kill -s "$signal" "${file%/environ}"
    found=yes
  done
  [ "$found" = yes ] || kill -0 "$2" || exit 0
  tries=$((tries - 1))
  [ "$tries" -gt 25 ] || signal=KILL
  [ "$tries" -gt 0 ] || exit 0
  sleep 0.2
done'

stop() {
  trap '' TERM
  client=${!:-}
  [ -n "$client" ] || exit 143
  if [ "$(id -u)" = 0 ]; then
    sh -c "$end" sh "$mark" "$client"
  else
    podman unshare sh -c "$end" sh "$mark" "$client"
  fi >/dev/null 2>&1
  kill -s KILL "$client" 2>/dev/null
  exit 143
}
trap stop TERM

set -- exec --env "$mark" "$container" "$@"
if [ -n "$cgroup" ]; then
  # An account may not move a process into the cgroup of a service of the host's manager, except from another part of that cgroup. With the
  # bus, podman would choose another cgroup.
  set -- runuser -u "$account" -- env -u DBUS_SESSION_BUS_ADDRESS podman --cgroup-manager=cgroupfs "$@"
  # shellcheck disable=SC2016 # another shell expands it
  set -- sh -c 'echo "$$" >"$0" && exec "$@"' "$cgroup" "$@"
else
  # By the bus, an account's podman gets a cgroup of the account's manager.
  set -- podman "$@"
  if [ "$account" != - ] && [ "$(id -u)" = 0 ]; then set -- runuser -u "$account" -- "$@"; fi
fi
# Not in this process group, which gets the signal to end: podman shows the command's output until the command has ended.
setsid -- "$@" </dev/null &
wait "$!"
