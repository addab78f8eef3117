# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# The journal of a transaction, a line before each change:
#   file NUMBER PATH     rollback.new/NUMBER is a copy of what was at PATH ("~/" for the account's)
#   absent - PATH        nothing was there
#   staged - PATH        a new file next to its place
#   image ID REFERENCE   the image that a tag stood for before a pull
#   kept ID NAME         an image that was pulled, and the name by which it waits for its tag
#   lent UNIT PATH       a unit for the time of the transaction, below the manager's runtime directory; UNIT is "-" in format 1
#   enabled|disabled - UNIT
#   active|starting|inactive - UNIT   before it was stopped, started or restarted
#   reloaded - UNIT
# A commit keeps the copies as rollback/ until the next commit: what was edited by hand is not lost.

note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$own/journal"; }

# The longest file that is kept for a rollback.
longest=16777216

# save PATH: copies it before it is replaced or removed. Only once: an earlier run that could not be rolled back has the older copy.
save() {
  expand "$1"
  is_saved "$1" && return 0
  saved=$((saved + 1))
  copy=$own/rollback.new/$saved
  # A link or a device that was put there since is removed and not kept: plan() has seen a file, or nothing.
  if $as test -L "$path" || ! $as test -f "$path"; then
    note absent - "$1"
    return
  fi
  [ "$($as stat -c %s -- "$path")" -le "$longest" ] || {
    echo "$path is longer than $longest bytes, which is too long to keep for a rollback."
    return 1
  }
  # Never with a mode that an account may have chosen: the copy is root's file, and its content may be an account's.
  (umask 077 && as_most=$longest && $as head -c "$longest" -- "$path" >"$copy") || return 1
  $as stat -c '%a %Y %u %g' -- "$path" >"$copy.stat" && note file "$saved" "$1"
}

is_saved() {
  while IFS=$tab read -r kind number subject; do
    case $kind in file | absent) [ "$subject" = "$1" ] && return 0 ;; esac
  done <"$own/journal"
  return 1
}

# saved_stat COPY: sets $bits, $modified and $owner, always to digits, no matter what the file contains.
saved_stat() {
  bits='' modified='' uid='' gid=''
  [ -e "$1.stat" ] && read -r bits modified uid gid <"$1.stat"
  case $bits in [0-7][0-7][0-7] | [0-7][0-7][0-7][0-7]) ;; *) bits=600 ;; esac
  # Root does not set a setuid bit for an account.
  [ -z "$as" ] || bits=${bits#"${bits%???}"}
  case $modified in "" | *[!0-9]*) modified=0 ;; esac
  owner=$uid:$gid
  case $uid$gid in "" | *[!0-9]*) owner=0:0 ;; esac
}

# look_at_states: looks at all units that the plan touches, before it touches the first one: a start may start other units, which then seem
# to have run before. A unit that does not run is noted at once, as a rollback stops it in any case. A unit that runs is noted when it is
# touched, as a rollback restarts it. In a subshell, for its variables.
look_at_states() (
  : >"$work/states"
  while IFS=$tab read -r step names rest; do
    case $step in start | restart | stop) ;; *) continue ;; esac
    for unit in $names; do
      was=$(ctl show --property=ActiveState --value "$unit" </dev/null) || return 1
      case $was in
        active | reloading) was=active ;;
        activating) was=starting ;;
        *) was=inactive ;;
      esac
      printf '%s\t%s\n' "$was" "$unit" >>"$work/states"
      [ "$was" != inactive ] || is_remembered "$unit" || note inactive - "$unit" || return 1
    done
  done <"$work/plan"
)

# remember UNIT: notes once whether it ran, before it is touched.
remember() {
  [ -e "$work/states" ] || look_at_states || return 1
  is_remembered "$1" && return 0
  was=active
  grep -Fxq -e "active$tab$1" "$work/states" || was=starting
  note "$was" - "$1"
}

is_remembered() {
  grep -Fxqs -e "active$tab-$tab$1" -e "starting$tab-$tab$1" -e "inactive$tab-$tab$1" "$own/journal"
}

# journalled KIND: prints the subjects, the last one first.
journalled() {
  while IFS=$tab read -r kind number subject; do
    [ "$kind" = "$1" ] && printf '%s\n' "$subject"
  done <"$work/undo"
}

# This suffix makes a unit a socket (systemd.unit(5)), no matter what its file is called.
sockets_of() { grep -E '\.socket$' || true; }
services_of() { grep -Ev '\.socket$' || true; }

# each COMMAND…: runs it for each line of standard input.
each() {
  while IFS= read -r subject; do
    "$@" "$subject" </dev/null || failed="$failed $*:$subject"
  done
}

restore_files() {
  while IFS=$tab read -r kind number subject; do
    expand "$subject"
    case $kind in
      file) restore "$own/rollback.new/$number" || failed="$failed restoring:$path" ;;
      absent) $as rm -f "$path" || failed="$failed removing:$path" ;;
      staged) $as rm -f "$path" ;;
    esac
  done <"$work/undo"
}

# remove_lent: after the units have stopped. systemd stops a unit without a file by SIGTERM, and nginx then drops the requests that it is
# answering.
remove_lent() {
  [ -s "$work/lent" ] || return 0
  while IFS=$tab read -r kind _ subject; do
    [ "$kind" = lent ] || continue
    expand "$subject"
    $as rm -f "$path" || failed="$failed removing:$path"
  done <"$work/undo"
  reload_managers
  forget_failures "$work/lent"
}

# Restored files are on the disk before the journal is removed, as with sync_targets.
sync_restored() {
  cut -f 1 "$work/undo" | sync_enablement || return 1
  while IFS=$tab read -r kind number subject; do
    case $kind in
      file | absent) ;;
      *) continue ;;
    esac
    expand "$subject"
    sync_directory "${path%/*}" || return 1
  done <"$work/undo"
}

# restore COPY: writes it to $path, as $as.
restore() {
  saved_stat "$1"
  # A file that was not swapped yet needs no room, and no writable file system.
  if ! $as test -L "$path" && $as test -f "$path" && [ "$($as stat -c %a -- "$path")" = "$bits" ] &&
    (as_most=$longest && $as head -c "$longest" -- "$path") | cmp -s - "$1"; then
    return 0
  fi
  # Another set may have removed the directory since, as it was empty.
  made=
  make_directory "${path%/*}" && keep_made && safe_directory "${path%/*}" || return 1
  new=${path%/*}/.quadlet-fleet.$set.restored
  if stage "$1" "$bits" "$new"; then
    [ -n "$as" ] || chown "$owner" "$new" || return 1
    # With its old time: what runs has read this file.
    $as touch --date="@$modified" -- "$new" && $as mv -fT -- "$new" "$path"
    return
  fi
  # The disk is full: the room that the file itself has is most likely enough.
  # shellcheck disable=SC2016 # the inner shell expands it
  fed "$as" sh -c 'cat >"$1"' sh "$path" <"$1" && $as chmod "$bits" "$path"
}

# Gives images back the names that they had. $work/nameless lists the images that were pulled by these names.
restore_images() {
  : >"$work/nameless"
  while IFS=$tab read -r kind id reference; do
    case $kind in
      image) restore_tag "$id" "$reference" ;;
      kept) printf '%s\n' "$id" >>"$work/nameless" && leave_name "$reference" ;;
    esac </dev/null 7>&- || failed="$failed naming:$reference"
  done <"$work/undo"
}

# restore_tag ID REFERENCE
restore_tag() {
  # If the name is gone, there is nothing to remove.
  pulled=$(image_id "$2") || pulled=
  [ "$pulled" != "$1" ] || return 0
  [ -z "$pulled" ] || printf '%s\n' "$pulled" >>"$work/nameless"
  $as_account podman tag "$1" "$2"
}

# bring_back: restarts what ran before, with its old files: sockets and services of each manager in one call (see change()
# in host/plan/activate.ts).
bring_back() {
  cat "$work/reopen" "$work/active" >"$work/running"
  [ -s "$work/running" ] || return 0
  forget_failures "$work/running"
  each until_it_heeds <"$work/active"
  by_manager "account own" "$work/running" restart_together
}

restart_together() {
  briefly restart "$@" && return 0
  for unit; do kill_payload "$unit"; done
  ctl restart "$@" || failed="$failed restart:$*"
}

# Returns when the old configuration is in use again.
reload_clean() {
  workers "$1" >"$work/before" && ctl reload "$1" && taken_over "$1"
}

restore_needs() { cp "$own/before/owner" "$own/before/manifest" "$own/before/images" "$own/" && keep_needs; }

# of_all: the lines of the journal that can be undone. Lines about an account that is gone can't be undone, and
# what they name is not root's.
of_all() {
  if is_orphan; then grep -v -e "$tab~" -e "^image$tab" -e "^kept$tab"; else cat; fi
}

# rollback: if the script was killed, systemd ends this after five minutes (TimeoutStopSec= in enter.sh).
rollback() { hurry 200 go_back; }

# go_back: restores the old files, enablement and running units, and checks them. What did not work is in $failed.
go_back() {
  failed=
  if ! [ -e "$own/journal" ]; then
    # The transaction ended before anything was written, or after its commit.
    if [ -e "$own/committed" ]; then settle_version; fi
    rm -rf "$own/rollback.new" "$own/before" "$own/before.new" "$own/committed"
    [ -e "$own/owner" ] || step_forget
    return
  fi
  recorded
  transaction=$known
  rm -rf "$own/version.new"
  # A script that was killed has left it open.
  close_inbox
  # If the swap itself has failed, the lock is kept until the old files are back.
  tac "$own/journal" | of_all >"$work/undo"
  journalled inactive | sockets_of >"$work/stop"
  journalled inactive | services_of >>"$work/stop"
  # A unit that was starting may fail again and again: it is left to systemd, and nothing waits for it.
  journalled starting >"$work/starting"
  cat "$work/starting" >>"$work/stop"
  journalled active | sockets_of >"$work/reopen"
  journalled active | services_of >"$work/active"
  journalled enabled >"$work/enable"
  journalled reloaded >"$work/reload"
  lent_units >"$work/lent"
  add_started
  # While a service that ran before still needs a new socket, the next request would undo the stop of the socket.
  if [ -s "$work/stop" ] && ! [ -s "$work/active" ]; then halt_all; fi
  restore_images
  leave_stage
  hold_manager || failed="$failed lock"
  restore_files
  reload_managers
  # Adds units that have started meanwhile with the new files. Units that start from here on have the old files.
  add_started
  each ctl enable --quiet <"$work/enable"
  journalled disabled | while IFS= read -r unit; do ctl disable --quiet "$unit" 2>/dev/null </dev/null; done
  release_manager
  bring_back
  each wind_down <"$work/stop"
  forget_failures "$work/stop"
  each ctl start --no-block <"$work/starting"
  each reload_clean <"$work/reload"
  # Until now the stand-ins have served, while the old version came back.
  each wind_down <"$work/lent"
  remove_lent
  while IFS= read -r id; do remove_nameless "$id" </dev/null; done <"$work/nameless"
  each ctl is-active --quiet <"$work/running"
  [ -z "$failed" ] && sync_restored || return 1
  if [ -d "$own/before" ]; then
    if [ -e "$own/before/units" ]; then cp "$own/before/units" "$own/"; else rm -f "$own/units"; fi &&
      one_at_a_time restore_needs &&
      sync "$own/owner" "$own/manifest" "$own/images" && record reverted && rm -f "$own/journal" && sync "$own" &&
      rm -rf "$own/unfinished" "$own/before" "$own/rollback.new"
  else
    step_forget
  fi
}
