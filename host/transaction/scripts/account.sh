# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# What root lets an account do. Everything that the account's processes print, keep open or refuse to end may be hostile.

# as_account COMMAND…: runs it as the account. Reader processes of root pass its output on, with limits of time and bytes: an account can
# stop its processes, put a FIFO in the place of a file, and keep a pipe open. It can take any descriptor of its processes (pidfd_getfd(2)).
# So they get none of a lock, of the session, or of a file that root goes on to read or write. Standard input is empty, except with `fed`.
#   $as_limit   seconds, 60 if it is not set
#   $as_most    bytes of each output, a million if it is not set
as_account() (
  allowed "${as_limit:-60}" || exit 124
  [ "${as_fed:-no}" = yes ] || exec </dev/null
  # Output to /dev/null needs no reader. A reader would wait for a process that keeps the pipe open.
  out=1 err=4
  # shellcheck disable=SC3013 # dash, bash and busybox have it
  [ ! /dev/stdout -ef /dev/null ] || out=5
  # shellcheck disable=SC3013
  [ ! /dev/stderr -ef /dev/null ] || err=6
  exec 5>&1 6>&2 7>&- 8>&- 9>&-
  code=$(
    {
      {
        {
          timeout -k 5 "$limit" runuser -u "$account" -- env HOME="$home" XDG_RUNTIME_DIR="$account_runtime" \
            DBUS_SESSION_BUS_ADDRESS="unix:path=$account_runtime/bus" "$@" >&"$out" 2>&"$err" 3>&- 4>&- 5>&- 6>&-
          echo "$?" >&3
        } | relayed >&5
      } 4>&1 | relayed >&6
    } 3>&1
  )
  # The last one counts: a reader that reaches its time limit writes 124 after the command's own status.
  code=${code##*[!0-9]}
  spend
  # With `within` the caller has a second way (briefly), so its short limit is no reason to give up on the account.
  case ${within:+brief}$code in 124 | 137) lose_patience ;; esac
  exit "${code:-1}"
)

# relayed: passes standard input on, up to the limits of as_account.
relayed() { timeout "$((limit + 10))" head -c "${as_most:-1000000}" || echo 124 >&3; }

# fed AS COMMAND…: runs it with the standard input of this call: a file or a few lines, as an account can block a longer pipe. AS is what
# runs it as another account, or "".
fed() (
  as_fed=yes
  [ -n "$1" ] || shift
  "$@"
)

# is_hurried: whether something waits for this set: other sets for the manager's lock, or clients for the old version. Then all calls to
# the account share one time limit, $work/patience in hundredths of a second. After the first call without an answer in time, the account is
# not asked again.
is_hurried() { [ "$held" = yes ] || [ "$hurried" = yes ]; }

# hurry SECONDS COMMAND…: runs it with this many seconds for all calls to the account.
hurry() {
  if [ "$hurried" = yes ]; then
    shift
    "$@"
    return
  fi
  hurried=yes
  patience "$1"
  shift
  "$@"
  set -- "$?"
  hurried=no
  return "$1"
}

# patience SECONDS
patience() { printf '%s\n' "${1}00" >"$work/patience"; }
lose_patience() { ! is_hurried || patience 0; }

# allowed SECONDS: sets $limit to as many of these seconds as the account still has; false if it has none.
allowed() {
  limit=$1
  is_hurried || return 0
  read -r left <"$work/patience"
  since=$(hundredths)
  [ "$left" -gt 0 ] || return 1
  [ "$limit" -le "$((left / 100 + 1))" ] || limit=$((left / 100 + 1))
}

# spend: subtracts the time since `allowed`.
spend() { ! is_hurried || printf '%s\n' "$((left + since - $(hundredths)))" >"$work/patience"; }

hundredths() {
  read -r now rest </proc/uptime
  printf %s "${now%.*}${now#*.}"
}

# is_orphan: whether the set's account has been removed. What was done as the account can't be undone then, and never as root.
is_orphan() {
  [ "$manager" = system ] && [ "$account" = - ] && [ -e "$own/account" ] && ! grep -Fxq -e - "$own/account"
}
