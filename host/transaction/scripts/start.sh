# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# The one script of quadlet-fleet on a host. It needs a POSIX sh, coreutils, util-linux, systemd and podman.
# Data never becomes code: standard input brings frames, a header line and raw bytes, and names are only ever arguments.
#   query BYTES   answers what the query of so many bytes asks for
#   recover       rolls back an interrupted run of this set
#   prepare ID BYTES   brings a list of so many bytes, lines of "NAME SIZE", then these files in the same order; runs the file "plan",
#                 one step a line, up to the first step that changes what serves, and rolls everything back if a step fails
#   activate SECONDS   goes on up to the last step, then waits for one of the next four (hold.sh)
#   watch SECONDS      says whether the new version is healthy for so long
#   beat          says that the coordinator is there
#   commit        runs the last step; nothing is rolled back after it
#   revert        rolls back what was prepared or activated
#   attach ID     takes over such a transaction from a session that was lost (mode attach)
#   end           leaves
# Answers are lines of JSON. Values that could contain anything are in base64.
# Arguments: lock|look|peek|attach|locked|boot|killed|recover, manager, set name, account ("-" for none), lingered (yes if it was just
# switched on), operator (for lock, look, peek and attach) or what has happened (for recover: boot, killed).
#
# Registers: variables that a function sets for its callers. What start.sh itself sets below stays as it is.
#   variable                     set by                                          read by
#   $path $as                    expand (and who chooses an owner itself: $as)   all that touches a file
#   $made                        make_directory; emptied by keep_made            keep_made
#   $staged                      staged_at                                       stage_files, step_try
#   $stage                       stage_name; emptied by leave_stage              stage_files, step_lend, step_mimic
#   $bundle                      step_mimic                                      oci
#   $saved                       step_begin, save                                save
#   $bits $modified $owner       saved_stat                                      restore
#   $failed                      rollback, each, restore_*, reload_managers      rollback, take_back (frames.sh)
#   $where … $needed_address     read_probe                                      request, answered, ask, step_ask
#   $status $problem             answered                                        ask
#   $taken $other                claimed                                         is_free
#   $as $behind                  of_network                                      networks.sh
#   $lacking $free               query_subordinate                               query_host
#   $differs $unit_differs       query, is_different                             query, query_ports, query_host
#   $whose                       by_manager, step_validate                       show_units, the other functions of validate.sh
#   $trial $by $kind $option     validate_in                                     the other functions of validate.sh
#   $began                       prepare                                         explain
#   $phase $at                   frames.sh                                       run_steps, the main loop
#   $cause                       frames.sh, hold.sh                              record, rollback
#   $transaction                 the main loop, rollback                         record
#   $known $outcome $because     recorded                                        attach, rollback
#   $moved                       hold, heard                                     hold
#   $leave                       step_forget, frames.sh                          frames.sh: the exit code
#   $held                        hold_manager, release_manager                   hold_manager, is_hurried
#   $hurried                     hurry                                           hold_manager, is_hurried
#   $limit $left $since          allowed                                         as_account, one_at_a_time, spend
set -u
umask 022
LC_ALL=C
export LC_ALL
# A lost connection must not stop a transaction half-way.
trap '' HUP PIPE
mode=$1 manager=$2 set=$3 account=$4 lingered=$5 who=${6-}
work=$RUNTIME_DIRECTORY
tab=$(printf '\t')
cd / || exit 1

case $manager in
  system)
    # The system manager gives its services no HOME; podman and "~/" want one.
    HOME=~root
    export HOME
    state=/var/lib/quadlet-fleet
    units=/etc/systemd/system
    runtime=/run
    for_user=
    # The manager's own lock: see hold_manager.
    lock=$runtime/quadlet-fleet.lock
    ;;
  *)
    state=$HOME/.local/state/quadlet-fleet
    units=$HOME/.config/systemd/user
    runtime=$XDG_RUNTIME_DIR
    for_user=--user
    lock=$runtime/systemd/.
    ;;
esac
own=$state/sets/$set
# One transaction at a time for a set; sessions that only look share the lock. A session does not wait for it: the host answers "busy".
set_lock=$runtime/quadlet-fleet-lock.

# private_lock FILE: creates it for its owner alone, as any account that may read a file can hold its lock (flock(2)).
private_lock() { (umask 077 && : >>"$1"); }
[ "$manager" = user ] || private_lock "$lock" || exit 1

# `-o`: only flock itself holds the lock, so neither a container that outlives this script nor a crash can keep it.
take_lock() { flock "$@" -o -E 199 "$set_lock$set" sh "$0" locked "$manager" "$set" "$account" "$lingered" "$who"; }

# free_set: tells a session without a coordinator to revert now (hold.sh). Then the set is free in a moment.
free_set() {
  [ -e "$own/detached" ] && read -r inbox <"$own/inbox" && [ -p "$inbox" ] || return 1
  # shellcheck disable=SC2016 # the inner shell expands it
  timeout 5 sh -c 'echo leave >"$0"' "$inbox"
}

# is_left: whether there is something to roll back, or to remove after a commit: copies of the previous version, with its secrets.
is_left() { [ -e "$own/journal" ] || [ -e "$own/rollback.new" ] || [ -e "$own/committed" ]; }

# recover_all ACCOUNT: its sets, one after the other, for the sake of podman (first_podman). Sets of other accounts do not wait for them.
recover_all() {
  for own in "$state"/sets/*; do
    left=${own##*/}
    if is_left && grep -Fxqs -e "$1" "$own/account" && private_lock "$set_lock$left" && mkdir -m 0700 "$work/set.$left"; then
      RUNTIME_DIRECTORY=$work/set.$left flock -w 600 -o "$set_lock$left" sh "$0" recover "$manager" "$left" "$1" no boot
    fi
  done
}

case $mode in
  lock | look)
    private_lock "$set_lock$set" || exit 1
    if [ "$mode" = look ]; then take_lock -s -n; else take_lock -n; fi
    code=$?
    if [ "$code" = 199 ] && free_set; then
      if [ "$mode" = look ]; then take_lock -s -w 300; else take_lock -w 300; fi
      code=$?
    fi
    [ "$code" != 199 ] || printf '{"event":"busy","holder":"%s"}\n' "$(head -c 300 "$set_lock$set" | base64 -w 0)"
    exit "$code"
    ;;
  # Other sessions read in the lock file who holds the lock.
  locked) printf '%s, since %s' "$who" "$(date '+%F %T %Z')" >"$set_lock$set" ;;
  # Recovers each set that was left half-way (boot.sh).
  boot)
    for own in "$state"/sets/*; do
      if is_left && [ -e "$own/account" ]; then cat "$own/account"; fi
    done | sort -u >"$work/accounts"
    while IFS= read -r one; do recover_all "$one" & done <"$work/accounts"
    wait
    exit
    ;;
  # The session's own script was killed, in the middle of a transaction.
  killed)
    flock -w 600 -o "$set_lock$set" sh "$0" recover "$manager" "$set" "$account" no killed
    exit
    ;;
esac
# From here on the shell expands no patterns: an account could have chosen the name. `set +f` allows them where the script needs one.
set -f

# "~/" is in the home directory of the account, and what is done there is done as the account: root must not follow a link that the account
# could put in the way. In a user manager everything is done as the account.
home=$HOME
as_account=
if [ "$manager" = system ] && [ "$account" != - ]; then
  home=$(getent passwd "$account" | cut -d : -f 6)
  as_account=as_account
fi
# The records of an account are in its home directory, as both managers have sets of it: directories, pulled images, storage, and the sets
# of the host's manager (system/SET, with the images that the set needs and its units of the account's manager).
shared=$state
[ -z "$as_account" ] || shared=$home/.local/state/quadlet-fleet
account_runtime=
if [ "$account" != - ]; then account_runtime=/run/user/$(id -u "$account"); fi
held=no
hurried=no
