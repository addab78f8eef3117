# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together
# The one script of quadlet-fleet on a host. It needs a POSIX sh, coreutils, util-linux, systemd and podman.
# Data never becomes code: standard input brings frames, a header line and raw bytes, and names are only ever arguments.
#   store NAME BYTES  the next BYTES bytes, kept as NAME in the unit's runtime directory
#   query             answers what the stored "query" asks for
#   recover           takes back what an interrupted run of this set has left
#   apply             runs the stored "plan", one step a line; takes all of it back when one fails
#   end               leaves
# Answers are lines of JSON; what could hold anything at all is in base64.
# Arguments: lock|locked, manager, set name, lingered (yes where lingering was just switched on).
set -u
umask 022
LC_ALL=C
export LC_ALL
# A lost connection must not stop a transaction half-way.
trap '' HUP PIPE
mode=$1 manager=$2 set=$3 lingered=$4
work=$RUNTIME_DIRECTORY
tab=$(printf '\t')
cd / || exit 1

case $manager in
  system)
    # The system manager gives its services no HOME; podman and "~/" want one.
    HOME=~root
    export HOME
    state=/var/lib/quadlet-fleet
    lock=/run/quadlet-fleet.lock
    ctl() { systemctl --no-ask-password "$@"; }
    journal() { journalctl --no-pager --quiet --output=cat "$@"; }
    ;;
  *)
    state=$HOME/.local/state/quadlet-fleet
    lock=$XDG_RUNTIME_DIR/quadlet-fleet.lock
    ctl() { systemctl --user --no-ask-password "$@"; }
    journal() { journalctl --user --no-pager --quiet --output=cat "$@"; }
    ;;
esac
own=$state/sets/$set

# One transaction at a time for a manager. `-o`: only flock itself holds the lock, so neither a container that outlives
# this script nor a crash can keep it.
if [ "$mode" = lock ]; then
  flock -n -o -E 199 "$lock" sh "$0" locked "$manager" "$set" "$lingered"
  code=$?
  if [ "$code" = 199 ]; then
    printf '{"event":"waiting"}\n'
    flock -w 600 -o -E 199 "$lock" sh "$0" locked "$manager" "$set" "$lingered"
    code=$?
    [ "$code" = 199 ] && printf '{"event":"refused","reason":"locked"}\n'
  fi
  exit "$code"
fi
