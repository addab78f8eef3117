# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# Units for the time of the transaction: the rehearsal of a new version, and what takes the requests while a service restarts.
# They are below the manager's runtime directory, which is memory: a power loss leaves nothing of them.

# lend INDEX PATH UNIT: its text may name the staged files as @STAGE@.
step_lend() {
  # First, as it goes from path to path itself.
  stage_files || return 1
  expand "$2"
  # Empty directories there are systemd's and podman's own, and gone at the next boot.
  note lent "$3" "$2" && mkdir -p "${path%/*}" || return 1
  sed "s|@STAGE@|$stage|g" "$work/$1" >"$path"
}

# unlend PATH
step_unlend() {
  expand "$1"
  rm -f "$path"
}

# rehearse UNIT CONTAINER PROBES/CHECKS: starts it, asks it from inside its network namespace, and stops it whatever came of it.
# What a check says of a failure is shorter than the journal.
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

# checked NUMBERS: what the first of them says that fails.
checked() {
  for number in $1; do step_try "$number" || return 1; done
}

rehearsed() {
  # One that ends at once has not started; it may also end just now.
  sleep 0.2
  if ! ctl is-active --quiet "$1" || ! pid=$($as_account podman inspect --format '{{.State.Pid}}' "$2" 2>/dev/null); then
    echo "the new version has ended again."
    return 1
  fi
  [ -n "$3" ] || return 0
  for number in $3; do
    if [ "$manager" = system ] && [ "$account" = - ]; then
      ask "$number" nsenter --net --target "$pid" || return 1
    else
      # In the user namespace of the container, where the account may do that.
      ask "$number" ${as_account:+"$as_account"} nsenter --user --net --preserve-credentials --target "$pid" || return 1
    fi
  done
}

# The version that takes over, beside the one that runs.
step_handover() {
  if ctl start "$1"; then
    sleep 0.2
    ctl is-active --quiet "$1" && return 0
  fi
  explain "$1"
}

# The same as stop, but for a unit that nobody has to bring back.
step_return() { stop_clean "$1"; }
