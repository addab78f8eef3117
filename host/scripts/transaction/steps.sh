# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together
# Steps: each returns non-zero when it failed; what it printed goes into the error.

# The set's mark on the host, written before anything else is: what an interrupted run has left is known as the set's own.
step_begin() {
  made=
  make_directory "$state/sets" || return 1
  if ! [ -d "$own" ]; then mkdir -m 0700 "$own" || return 1; fi
  keep_made || return 1
  [ "$lingered" = no ] || : >"$state/lingered" || return 1
  saved=0
  rm -rf "$own/rollback.new" "$own/before" "$own/journal"
  mkdir -m 0700 "$own/rollback.new" || return 1
  if [ -e "$own/manifest" ]; then
    mkdir "$own/before" && cp "$own/owner" "$own/manifest" "$own/images" "$own/before/" || return 1
  fi
  : >"$own/unfinished" && : >"$own/journal" || return 1
  cp "$work/owner" "$own/owner" && cp "$work/manifest.begin" "$own/manifest" && cat "$work/images" >>"$own/images"
}

step_commit() {
  cp "$work/manifest.commit" "$own/manifest.new" && mv "$own/manifest.new" "$own/manifest" || return 1
  cp "$work/images" "$own/images" && rm -f "$own/unfinished" "$own/journal" || return 1
  # A secret that was replaced is no leftover: what only its owner may read is not kept.
  find "$own/rollback.new" -type f ! -perm /077 -delete
  rm -rf "$own/before" "$own/rollback" && mv "$own/rollback.new" "$own/rollback" || return 1
  prune_images
}

# put INDEX MODE PATH: final mode before the rename, and on the disk before it is visible.
step_put() {
  expand "$3"
  made=
  make_directory "$(dirname "$path")" && keep_made || return 1
  safe_directory "$(dirname "$path")" && save "$path" || return 1
  # mktemp makes it anew, for nobody else to read, and follows no link.
  new=$(mktemp "$(dirname "$path")/.quadlet-fleet.XXXXXX") || return 1
  if cat "$work/$1" >"$new" && chmod "$2" "$new" && sync "$new" && mv -fT "$new" "$path"; then return 0; fi
  rm -f "$new"
  return 1
}

step_remove() {
  expand "$1"
  save "$path" && rm -f "$path"
}

# Starting a unit that failed before: its start limit must not count against a new version (systemd.unit(5), StartLimitBurst=).
step_start() {
  remember "$1" || return 1
  if ctl is-failed --quiet "$1"; then ctl reset-failed "$1"; fi
  ctl start "$1" && return 0
  explain "$1"
}

step_restart() {
  remember "$1" || return 1
  if ctl is-failed --quiet "$1"; then ctl reset-failed "$1"; fi
  ctl restart "$1" && return 0
  explain "$1"
}

step_reload() {
  note reloaded - "$1" || return 1
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
  remember "$1" || return 1
  ctl stop "$1" && return 0
  [ "$(ctl show --property=LoadState --value "$1")" = not-found ]
}

step_enable() { note disabled - "$1" && ctl enable --quiet "$1"; }

step_disable() {
  if ctl is-enabled --quiet "$1" 2>/dev/null; then note enabled - "$1" || return 1; fi
  ctl disable --quiet "$1" && return 0
  [ "$(ctl show --property=LoadState --value "$1")" = not-found ]
}

step_daemon_reload() { ctl daemon-reload; }

# A unit that ends again right after its start has not started.
step_settle() { sleep 0.5; }

step_verify() {
  ctl is-active --quiet "$1" && return 0
  echo "$1 has ended again: $(ctl show --property=ActiveState --property=Result --property=ExecMainStatus "$1" | tr '\n' ' ')"
  explain "$1"
}

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
