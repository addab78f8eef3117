# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together
# The journal of a transaction, a line before each change:
#   file NUMBER PATH     rollback.new/NUMBER is a copy of what was at PATH ("~/" for the account's)
#   absent - PATH        nothing was there
#   staged - PATH        a new file beside its place
#   lent - PATH          a unit for the time of the transaction, below the manager's runtime directory
#   enabled|disabled - UNIT
#   active|inactive - UNIT   before it was stopped, started or restarted
#   reloaded - UNIT
# A commit keeps the copies as rollback/ until the next commit: what was edited by hand is not lost.

note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$own/journal"; }

# save PATH: before it is replaced or removed.
save() {
  expand "$1"
  saved=$((saved + 1))
  copy=$own/rollback.new/$saved
  if ! [ -e "$path" ]; then
    note absent - "$1"
  elif [ -z "$as" ]; then
    cp -p "$path" "$copy" && note file "$saved" "$1"
  else
    (umask 077 && $as cat "$path" >"$copy") && chmod "$($as stat -c %a "$path")" "$copy" &&
      touch --date="@$($as stat -c %Y "$path")" "$copy" && note file "$saved" "$1"
  fi
}

# remember UNIT: whether it runs, once, before it is touched.
remember() {
  grep -Fxqs -e "active$tab-$tab$1" -e "inactive$tab-$tab$1" "$own/journal" && return 0
  if ctl is-active --quiet "$1"; then note active - "$1"; else note inactive - "$1"; fi
}

# journalled KIND: the subjects, last first.
journalled() {
  while IFS=$tab read -r kind number subject; do
    [ "$kind" = "$1" ] && printf '%s\n' "$subject"
  done <"$work/undo"
}

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
      absent | lent) $as rm -f "$path" || failed="$failed removing:$path" ;;
      staged) $as rm -f "$path" ;;
    esac
  done <"$work/undo"
}

# restore COPY: at $path, as $as.
restore() {
  mode=$(stat -c %a "$1")
  # What was not swapped yet needs no room, nor a file system that can be written.
  if ! [ -L "$path" ] && [ "$($as stat -c %a "$path" 2>/dev/null)" = "$mode" ] && $as cat "$path" | cmp -s - "$1"; then
    return 0
  fi
  new=${path%/*}/.quadlet-fleet.$set.restored
  if stage "$1" "$mode" "$new"; then
    [ -n "$as" ] || chown --reference="$1" "$new" || return 1
    # As old as it was: what runs has read it.
    $as touch --date="@$(stat -c %Y "$1")" "$new" && $as mv -fT "$new" "$path"
    return
  fi
  # A full disk: the room that the file itself has is enough most likely.
  # shellcheck disable=SC2016 # the inner shell expands it
  $as sh -c 'cat >"$1"' sh "$path" <"$1" && $as chmod "$mode" "$path"
}

stop_clean() {
  ctl stop "$1" && return 0
  [ "$(ctl show --property=LoadState --value "$1")" = not-found ]
}

# halt UNIT: what a deploy has started that did not work gets some time for what it has begun, but not all of its TimeoutStopSec=.
halt() {
  timeout 10 systemctl ${for_user:+"$for_user"} --no-ask-password stop "$1" 2>/dev/null && return 0
  kill_payload "$1"
  stop_clean "$1"
}

# Only what is in the container: podman itself has to put away what it knows of it.
kill_payload() { processes "$1" '*/libpod-payload-*' | xargs -r kill -KILL 2>/dev/null; }

# processes UNIT [PATTERN]: those in its part of the cgroup tree. A unit that does not run has none: its part would be all of it.
processes() {
  group=$(ctl show --property=ControlGroup --value "$1")
  [ -n "$group" ] || return 0
  find "/sys/fs/cgroup$group" -path "${2:-*}" -name cgroup.procs -exec cat {} + 2>/dev/null
}

# halt_all: the same for all units of $work/stop in one call, as a request would start a service whose socket is still there.
halt_all() {
  # shellcheck disable=SC2046 # names of units have no white space
  timeout 10 systemctl ${for_user:+"$for_user"} --no-ask-password stop $(cat "$work/stop") 2>/dev/null && return 0
  while IFS= read -r unit; do kill_payload "$unit"; done <"$work/stop"
  each stop_clean <"$work/stop"
}

# bring_back: what ran before, with its old files, sockets and services in one call (see change() in host/activate.ts). The new
# version has 10 seconds for what it has begun.
bring_back() {
  cat "$work/reopen" "$work/active" >"$work/running"
  [ -s "$work/running" ] || return 0
  while IFS= read -r unit; do ctl reset-failed "$unit" 2>/dev/null </dev/null; done <"$work/running"
  # shellcheck disable=SC2046 # names of units have no white space
  timeout 10 systemctl ${for_user:+"$for_user"} --no-ask-password restart $(cat "$work/running") 2>/dev/null && return 0
  while IFS= read -r unit; do kill_payload "$unit"; done <"$work/active"
  # shellcheck disable=SC2046
  ctl restart $(cat "$work/running") || failed="$failed restart:$(tr '\n' ' ' <"$work/running")"
}

# Old files, enablement and running units back, and looked at. What did not work is in $failed.
rollback() {
  failed=
  if ! [ -e "$own/journal" ]; then
    # It ended before anything was written.
    rm -rf "$own/rollback.new" "$own/before" "$own/before.new"
    [ -e "$own/owner" ] || step_forget
    return
  fi
  tac "$own/journal" >"$work/undo"
  journalled inactive | sockets_of >"$work/stop"
  journalled inactive | services_of >>"$work/stop"
  journalled active | sockets_of >"$work/reopen"
  journalled active | services_of >"$work/active"
  journalled enabled >"$work/enable"
  journalled reloaded >"$work/reload"
  journalled lent | sed -e 's|.*/||' -e 's/\.container$/.service/' >"$work/lent"
  # While a service that ran before still needs a new socket, its stop would be undone by the next request.
  if [ -s "$work/stop" ] && ! [ -s "$work/active" ]; then halt_all; fi
  restore_files
  ctl daemon-reload || failed="$failed daemon-reload"
  each ctl enable --quiet <"$work/enable"
  journalled disabled | while IFS= read -r unit; do ctl disable --quiet "$unit" 2>/dev/null </dev/null; done
  bring_back
  each halt <"$work/stop"
  while IFS= read -r unit; do ctl reset-failed "$unit" 2>/dev/null </dev/null; done <"$work/stop"
  each ctl reload <"$work/reload"
  # What stood in until now has served while the old version came back.
  each halt <"$work/lent"
  while IFS= read -r unit; do ctl reset-failed "$unit" 2>/dev/null </dev/null; done <"$work/lent"
  each ctl is-active --quiet <"$work/running"
  [ -z "$failed" ] || return 1
  if [ -d "$own/before" ]; then
    cp "$own/before/owner" "$own/before/manifest" "$own/before/images" "$own/" && rm -rf "$own/journal" "$own/unfinished" "$own/before" "$own/rollback.new"
  else
    step_forget
  fi
}
