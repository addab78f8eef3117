# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# Stopping units, and the containers in them.

stop_clean() {
  ctl stop "$1" || is_gone "$1"
}

# forget_failures LIST: resets the failed state of its units.
forget_failures() { while IFS= read -r unit; do ctl reset-failed "$unit" 2>/dev/null </dev/null; done <"$1"; }

# halt UNIT: stops a unit that a deploy started and that did not work.
halt() {
  briefly stop "$1" && return 0
  kill_payload "$1"
  stop_clean "$1"
}

# wind_down UNIT: halts a unit that may have requests.
wind_down() {
  until_it_heeds "$1"
  halt "$1"
}

# Kills only what is in the container: podman itself has to clean up its records of it. The kernel does it (cgroups(7), cgroup.kill), as a
# process id may belong to another process when it is used.
# shellcheck disable=SC2016 # the inner shell expands it
kill_payload() { in_cgroup "$1" -path '*/libpod-payload-*' -name cgroup.kill -exec sh -c 'echo 1 >"$1"' sh {} \;; }

# in_cgroup UNIT EXPRESSION…: find(1) in the unit's part of the cgroup tree. A unit that does not run has no part: find would search the
# whole tree. The account's manager may answer anything, so the account itself searches, and only among its own cgroups.
in_cgroup() {
  group=$(ctl show --property=ControlGroup --value "$1") || return 1
  [ -n "$group" ] || return 0
  case $1 in
    "~"*)
      shift
      case $group/ in
        */../*) return 1 ;;
        "/user.slice/user-$(id -u "$account").slice/"*) as_account find "/sys/fs/cgroup$group" "$@" 2>/dev/null ;;
        *) return 1 ;;
      esac
      ;;
    *)
      shift
      find "/sys/fs/cgroup$group" "$@" 2>/dev/null
      ;;
  esac
}

# processes_in UNIT EXPRESSION…: the process ids in the cgroups that find(1) finds there, one a line.
processes_in() {
  in_cgroup "$@" -name cgroup.procs -exec cat {} + >"$work/processes" && sed -n '/^[0-9][0-9]*$/p' "$work/processes"
}

# halt_all: halts all units of $work/stop, those of each manager in one call: otherwise a request would start a service
# whose socket is still there.
halt_all() {
  each until_it_heeds <"$work/stop"
  by_manager "own account" "$work/stop" halt_together
}

halt_together() {
  briefly stop "$@" && return 0
  for unit; do kill_payload "$unit"; done
  printf '%s\n' "$@" >"$work/halted"
  each stop_clean <"$work/halted"
}

# until_it_heeds UNIT: waits until the container would react to a stop, ten seconds at most. The kernel drops a signal to the first process
# of a container if that process has no handler for it (pid_namespaces(7)). So a container whose entry point script still runs misses the
# stop, its nginx accepts requests, and both are killed. nginx has its handlers once it has read its files and opened its sockets.
until_it_heeds() {
  end=$(($(uptime) + 10))
  while is_deaf "$1" && [ "$(uptime)" -lt "$end" ]; do sleep 0.02; done
}

# is_deaf UNIT: whether the first process of its container handles neither SIGQUIT nor SIGTERM (proc_pid_status(5), SigCgt).
is_deaf() {
  processes_in "$1" -path '*/libpod-payload-*' >"$work/found"
  while IFS= read -r process; do
    grep -qs '^NSpid:.*[[:blank:]]1$' "/proc/$process/status" || continue
    caught=$(sed -n 's/^SigCgt:.*\(....\)$/\1/p' "/proc/$process/status" 2>/dev/null)
    if [ -n "$caught" ] && [ $((0x$caught & 0x4004)) = 0 ]; then return 0; fi
  done <"$work/found"
  return 1
}
