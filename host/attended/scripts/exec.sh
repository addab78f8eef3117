# shellcheck shell=sh
# Runs a command in the container of a unit, and stops it when it is told to (TERM).
# Arguments: manager (system, user), account ("-" for none), unit, a mark, the command.
manager=$1 account=$2 unit=$3 mark=QUADLET_FLEET_EXEC=$4
shift 4

refuse() {
  printf '{"event":"refused","reason":"%s"}\n' "$1"
  exit 77
}

# What a login of the account has: there podman finds its containers.
if [ "$account" != - ]; then
  HOME=$(getent passwd "$account" | cut -d : -f 6)
  XDG_RUNTIME_DIR=/run/user/$(id -u "$account")
  DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
  export HOME XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS
fi

# own COMMAND…: as the account. runuser needs no login shell of it.
own() {
  if [ "$account" != - ] && [ "$(id -u)" = 0 ]; then set -- runuser -u "$account" -- "$@"; fi
  "$@"
}

container=$(own podman ps --no-trunc --filter "label=PODMAN_SYSTEMD_UNIT=$unit" --format '{{.ID}}') || refuse no-podman
case $container in
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

# podman passes no signal on to what it has started in a container, and knows no way to end it. So all processes with the mark in their
# environment are told. Those of an account's containers may have other user ids: without root, they are told from its user namespace.
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
  # An account may not go to the cgroup of a service of the host's manager, except from another part of that. The bus would lead away.
  set -- runuser -u "$account" -- env -u DBUS_SESSION_BUS_ADDRESS podman --cgroup-manager=cgroupfs "$@"
  # shellcheck disable=SC2016 # another shell expands it
  set -- sh -c 'echo "$$" >"$0" && exec "$@"' "$cgroup" "$@"
else
  # By the bus an account's podman goes to a cgroup of its manager.
  set -- podman "$@"
  if [ "$account" != - ] && [ "$(id -u)" = 0 ]; then set -- runuser -u "$account" -- "$@"; fi
fi
# Not in this group of processes, which is told to end: podman shows what the command prints up to its end.
setsid -- "$@" </dev/null &
wait "$!"
