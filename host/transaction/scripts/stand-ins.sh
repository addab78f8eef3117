# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# Units and containers for the time of the transaction: the rehearsal of a new version, and what takes the requests while a service
# restarts.
# They are below the manager's runtime directory, which is memory: a power loss leaves nothing of them.

# lend INDEX PATH UNIT: its text may name the staged files as @STAGE@, and names images as the unit itself does.
step_lend() {
  # First, as it sets $path itself.
  stage_files || return 1
  expand "$2"
  # Empty directories there are systemd's and podman's own, and gone at the next boot.
  note lent "$3" "$2" && $as mkdir -p "${path%/*}" || return 1
  # shellcheck disable=SC2016 # the inner shell expands it
  sed -E -e "s|@STAGE@|$stage|g" -f "$work/kept.sed" "$work/$1" >"$work/$1.filled" && fed "$as" sh -c 'cat >"$1"' sh "$path" <"$work/$1.filled"
}

# unlend PATH
step_unlend() {
  expand "$1"
  $as rm -f "$path"
}

# rehearse UNIT CONTAINER PROBES/CHECKS: starts it, asks it from inside its network namespace, and stops it in any case. After a failure, a
# check runs first: its message is shorter than the journal.
step_rehearse() {
  { ctl start "$1" && rehearsed "$1" "$2" "${3%/*}"; } >"$work/start" 2>&1
  code=$?
  if [ "$code" != 0 ] && checked "${3#*/}"; then
    cat "$work/start"
    explain "$1"
  fi
  halt "$1"
  ctl reset-failed "$1" 2>/dev/null
  return "$code"
}

# checked NUMBERS: runs these checks, and prints the message of the first that fails.
checked() {
  for number in $1; do step_try "$number" || return 1; done
}

rehearsed() {
  # A version that ends at once has not started. It may also end between these calls.
  sleep 0.2
  if ! ctl is-active --quiet "$1" || ! pid=$($as_account podman inspect --format '{{.State.Pid}}' "$2" 2>/dev/null) || ! is_process "$pid"; then
    echo "the new version started and then stopped."
    return 1
  fi
  ask_inside "$pid" "$3"
}

# is_process PID: whether the answer of an account's podman or OCI runtime is a process id.
is_process() { case $1 in "" | 0 | *[!0-9]*) return 1 ;; esac }

# mimic TEXT RUNTIME PROBES: a container like the running one, on the same root file system, with the new files. If this script is killed,
# nothing is left: the mimic's processes and cgroup are those of the transaction's own unit, and the runtime's records are below $stage.
step_mimic() {
  stage_files || return 1
  bundle=$stage/.mimic
  # A cgroup's name from systemd can contain a backslash.
  group=$(sed -n 's/^0:://p' /proc/self/cgroup)
  case $group in *[!A-Za-z0-9/@._:-]*) return 1 ;; esac
  # shellcheck disable=SC2016 # the inner shell expands it
  $as_account mkdir "$bundle" &&
    sed -e "s|@STAGE@|$stage|g" -e "s|@CGROUP@|$group|g" "$work/$1" >"$work/$1.filled" &&
    fed "$as_account" sh -c 'cat >"$1"' sh "$bundle/config.json" <"$work/$1.filled" || return 1
  # nginx's output is not kept: if this fails, the journal of a unit has it (see #prepare in host/transaction/member.ts).
  oci "$2" run --detach --pid-file "$bundle/pid" --bundle "$bundle" mimic >/dev/null 2>&1 &&
    pid=$($as_account head -c 20 "$bundle/pid") && is_process "$pid" && listens_already "$pid" && ask_inside "$pid" "$3"
  code=$?
  oci "$2" delete --force mimic
  $as_account rm -rf "$bundle"
  return "$code"
}

# oci RUNTIME ARGUMENTS…: an OCI runtime, as podman would run it: in the account's user namespace, which has its file systems mounted.
oci() {
  tool=$1
  shift
  # What it starts stays in the cgroup of the transaction.
  if [ "$tool" = crun ]; then set -- --cgroup-manager=disabled "$@"; fi
  set -- "$tool" --root "$bundle/state" "$@"
  if is_rootful; then
    "$@"
    return
  fi
  # shellcheck disable=SC2016 # the inner shell expands it
  $as_account sh -c 'target=$(cat "$0") && exec nsenter --user --mount --preserve-credentials --target "$target" "$@"' \
    "${account_runtime:-$runtime}/libpod/tmp/pause.pid" "$@"
}

# is_rootful: whether podman runs as root, also in the user manager of root.
is_rootful() { [ "$(id -u)" = 0 ] && { [ "$manager" = user ] || [ "$account" = - ]; }; }

# listens_already PID: waits until something listens in its network namespace (proc_net_tcp(5); 0A is TCP_LISTEN).
listens_already() {
  tries=200
  until grep -qs ' 0A ' "/proc/$1/net/tcp" "/proc/$1/net/tcp6"; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ] || ! [ -e "/proc/$1" ]; then return 1; fi
    sleep 0.02
  done
}

# ask_inside PID PROBES: from its network namespace.
ask_inside() {
  for number in $2; do
    if is_rootful; then
      ask "$number" nsenter --net --target "$1" || return 1
    else
      # In the user namespace of the container, where the account may do that.
      ask "$number" ${as_account:+"$as_account"} nsenter --user --net --preserve-credentials --target "$1" || return 1
    fi
  done
}

# Starts the version that takes over, next to the running one.
step_handover() {
  if ctl start "$1"; then
    until_it_heeds "$1"
    ctl is-active --quiet "$1" && return 0
  fi
  explain "$1"
}

# The same as stop, but for a unit that a rollback need not bring back.
step_return() { stop_clean "$1"; }
