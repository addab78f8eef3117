#!/bin/sh
# shellcheck disable=SC2317 # steps are called by their names
# The one script of quadlet-fleet on a host. It needs a POSIX sh, coreutils, util-linux, systemd and podman.
# Data never becomes code: standard input brings frames, a header line and raw bytes, and names are only ever arguments.
#   store NAME BYTES  the next BYTES bytes, kept as NAME in the unit's runtime directory
#   query             answers what the stored "query" asks for
#   apply             runs the stored "plan", one step a line
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

# expand PATH: sets $path, with "~/" as the home directory of the account.
expand() {
  # shellcheck disable=SC2088 # "~/" is our own notation here
  case $1 in
    "~/"*) path=$HOME/${1#"~/"} ;;
    *) path=$1 ;;
  esac
}

encoded() { base64 -w 0; }

# make_directory PATH: with its parents; remembers what was not there before.
make_directory() {
  [ -d "$1" ] && return 0
  make_directory "$(dirname "$1")" || return 1
  case $1 in
    # What is in our own directories is nobody else's business, whatever the mode of a file is.
    */quadlet-fleet) mkdir -m 0700 "$1" || return 1 ;;
    *) mkdir -m 0755 "$1" || return 1 ;;
  esac
  made="$made$1
"
}

keep_made() {
  [ -z "$made" ] || printf '%s' "$made" >>"$state/directories" || return 1
  made=
}

# ---- query: file EXPECTED-SHA256 PATH | find PATH | unit NAME… ------------------------------------------------------

query_file() {
  expand "$2"
  if [ -L "$path" ]; then
    printf '{"event":"file","line":%d,"type":"link"}\n' "$number"
  elif [ -f "$path" ]; then
    seen=$(stat -c '"mode":"%04a","uid":%u,"gid":%g' "$path")
    sum=$(sha256sum <"$path") && sum=${sum%% *}
    content=
    if [ "$sum" != "$1" ] && [ "$1" != any ]; then content=$(encoded <"$path"); fi
    printf '{"event":"file","line":%d,"type":"file",%s,"sha256":"%s","content":"%s"}\n' "$number" "$seen" "$sum" "$content"
  elif [ -e "$path" ]; then
    printf '{"event":"file","line":%d,"type":"other"}\n' "$number"
  else
    printf '{"event":"file","line":%d,"type":"absent"}\n' "$number"
  fi
}

# query_find DIRECTORY: the names of the files in it.
query_find() {
  expand "$1"
  if [ -d "$path" ]; then
    names=$(find "$path" -maxdepth 1 -type f -printf '%f\n' | sort | encoded)
    printf '{"event":"names","line":%d,"names":"%s"}\n' "$number" "$names"
  fi
}

query_host() {
  linger=no
  [ -e "/var/lib/systemd/linger/$(id -un)" ] && linger=yes
  printf '{"event":"host","uid":%d,"home":"%s","podman":"%s","systemd":"%s","linger":"%s"}\n' "$(id -u)" \
    "$(printf %s "$HOME" | encoded)" "$(podman --version 2>/dev/null | encoded)" "$(systemctl --version | encoded)" "$linger"
  if [ -e "$own/owner" ]; then
    unfinished=no
    [ -e "$own/unfinished" ] && unfinished=yes
    printf '{"event":"set","owner":"%s","manifest":"%s","unfinished":"%s"}\n' \
      "$(encoded <"$own/owner")" "$(encoded <"$own/manifest")" "$unfinished"
  fi
}

query() {
  number=0
  while IFS=$tab read -r kind first second; do
    case $kind in
      file) query_file "$first" "$second" ;;
      find) query_find "$first" ;;
      unit)
        shown=$(ctl show --property=Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,Result "$first" | encoded)
        printf '{"event":"unit","line":%d,"shown":"%s"}\n' "$number" "$shown"
        ;;
    esac
    number=$((number + 1))
  done <"$work/query"
  query_host
  printf '{"event":"answered"}\n'
}

# ---- steps: each returns non-zero when it failed; what it printed goes into the error -------------------------------

# The set's mark on the host, written before anything else is: what an interrupted run has left is known as the set's own.
step_begin() {
  made=
  make_directory "$state/sets" || return 1
  if ! [ -d "$own" ]; then mkdir -m 0700 "$own" || return 1; fi
  keep_made || return 1
  [ "$lingered" = no ] || : >"$state/lingered" || return 1
  : >"$own/unfinished" || return 1
  cp "$work/owner" "$own/owner" && cp "$work/manifest.begin" "$own/manifest" && cat "$work/images" >>"$own/images"
}

step_commit() {
  cp "$work/manifest.commit" "$own/manifest.new" && mv "$own/manifest.new" "$own/manifest" || return 1
  cp "$work/images" "$own/images" && rm -f "$own/unfinished" || return 1
  prune_images
}

# Removes the images that were pulled for a set and that no set needs any more. One that somebody else uses stays.
prune_images() {
  [ -e "$state/pulled" ] || return 0
  : >"$work/pulled"
  while IFS= read -r image; do
    if grep -Fxqs -e "$image" "$state"/sets/*/images || { podman image exists "$image" && ! podman rmi "$image"; }; then
      printf '%s\n' "$image" >>"$work/pulled"
    fi
  done <"$state/pulled"
  cp "$work/pulled" "$state/pulled"
}

# put INDEX MODE PATH: final mode before the rename, and on the disk before it is visible.
step_put() {
  expand "$3"
  made=
  make_directory "$(dirname "$path")" && keep_made || return 1
  new=$(dirname "$path")/.quadlet-fleet.new
  if cat "$work/$1" >"$new" && chmod "$2" "$new" && sync "$new" && mv -fT "$new" "$path"; then return 0; fi
  rm -f "$new"
  return 1
}

step_remove() {
  expand "$1"
  rm -f "$path"
}

# podman makes its storage in the home directory of an account at its first command: remembers that it was not there before.
own_storage() {
  storage=$HOME/.local/share/containers
  [ "$manager" = user ] || return 0
  [ -e "$storage" ] && return 0
  made=
  make_directory "$HOME/.config" && make_directory "$HOME/.local/share" && keep_made && : >"$state/storage"
}

# Only what an account did not have before, and only when nobody has put anything else into it.
remove_storage() {
  [ -e "$state/storage" ] || return 0
  rm -f "$state/storage"
  held=$(podman ps --all --quiet && podman images --all --quiet && podman volume ls --quiet && podman secret ls --quiet &&
    podman network ls --quiet) || return 0
  # Not by `podman unshare`, in whose mount namespace a part of it is a mount point.
  [ "$held" = podman ] && rm -rf "$HOME/.local/share/containers"
}

step_pull() {
  own_storage || return 1
  present=no
  podman image exists "$2" && present=yes
  case $1 in
    never)
      [ "$present" = yes ] && return 0
      echo "the image is not on the host, and pull is \"never\""
      return 1
      ;;
    missing) [ "$present" = yes ] && return 0 ;;
  esac
  if [ "$3" = login ]; then
    podman pull --quiet --authfile "$work/registries" "$2" || return 1
  else
    podman pull --quiet "$2" || return 1
  fi
  [ "$present" = yes ] || printf '%s\n' "$2" >>"$state/pulled"
}

# Starting a unit that failed before: its start limit must not count against a new version (systemd.unit(5), StartLimitBurst=).
step_start() {
  if ctl is-failed --quiet "$1"; then ctl reset-failed "$1"; fi
  ctl start "$1" && return 0
  explain "$1"
}

step_restart() {
  if ctl is-failed --quiet "$1"; then ctl reset-failed "$1"; fi
  ctl restart "$1" && return 0
  explain "$1"
}

step_reload() {
  ctl reload "$1" && return 0
  explain "$1"
}

explain() {
  echo "The last lines of its journal:"
  journal -n 15 -u "$1"
  return 1
}

# What is not there any more needs no stopping.
step_stop() {
  ctl stop "$1" && return 0
  [ "$(ctl show --property=LoadState --value "$1")" = not-found ]
}

step_enable() { ctl enable --quiet "$1"; }

step_disable() {
  ctl disable --quiet "$1" && return 0
  [ "$(ctl show --property=LoadState --value "$1")" = not-found ]
}

step_daemon_reload() { ctl daemon-reload; }

step_reset_failed() {
  ctl reset-failed "$1" 2>/dev/null
  return 0
}

# The set is gone: its mark, its images that no other set uses, and the directories that were made and are empty now.
step_forget() {
  rm -rf "$own"
  prune_images
  directories=
  [ -e "$state/directories" ] && directories=$(tac "$state/directories")
  leave=0
  if rmdir "$state/sets" 2>/dev/null; then
    [ -e "$state/lingered" ] && leave=10
    remove_storage
    rm -f "$state/directories" "$state/pulled" "$state/lingered"
    rmdir "$state" 2>/dev/null
  fi
  printf '%s\n' "$directories" | while IFS= read -r directory; do
    [ -n "$directory" ] && ! rmdir "$directory" 2>/dev/null && [ -d "$directory" ] && printf '%s\n' "$directory"
  done | tac >"$work/directories"
  if [ -d "$state" ]; then cp "$work/directories" "$state/directories"; fi
  return 0
}

apply() {
  number=0
  while IFS=$tab read -r step first second third; do
    printf '{"event":"step","line":%d}\n' "$number"
    if ! "step_$step" "$first" "$second" "$third" >"$work/output" 2>&1 </dev/null; then
      printf '{"event":"failed","line":%d,"output":"%s"}\n' "$number" "$(tail -c 8000 "$work/output" | encoded)"
      return
    fi
    number=$((number + 1))
  done <"$work/plan"
  printf '{"event":"applied"}\n'
}

# ---- frames ---------------------------------------------------------------------------------------------------------

leave=0
if [ "$lingered" = yes ] && ! [ -e "$own/owner" ]; then leave=10; fi
printf '{"event":"ready"}\n'
# A peer that says nothing for this long is gone, and the lock is needed by others.
# shellcheck disable=SC2016 # the inner shell expands it
while header=$(timeout 300 sh -c 'IFS= read -r line && printf %s "$line"'); do
  # shellcheck disable=SC2086 # the header is words
  set -- $header
  case $1 in
    store)
      timeout 300 head -c "$3" >"$work/$2"
      # Cut off in the middle: nothing was changed yet.
      [ "$(stat -c %s "$work/$2")" = "$3" ] || exit 1
      ;;
    query) query ;;
    apply) apply ;;
    end) break ;;
  esac
done
if [ -e "$own/owner" ] && [ "$leave" = 10 ]; then leave=0; fi
exit "$leave"
