# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# Steps: each returns non-zero when it failed; what it printed goes into the error.

# Writes the set's mark on the host before anything else: so what an interrupted run leaves is known as the set's own.
step_begin() {
  : >"$work/kept" && : >"$work/kept.sed" && : >"$work/started-with" || return 1
  is_free && one_at_a_time begin_marks || return 1
  made=
  as=
  install_recovery || return 1
  if [ -e "$own/journal" ]; then
    # An earlier run that could not be rolled back completely: its copies are of the version to go back to.
    saved=$(find "$own/rollback.new" -type f ! -name '*.stat' | wc -l)
  else
    saved=0
    rm -rf "$own/rollback.new" "$own/before" "$own/before.new" "$own/committed"
    mkdir -m 0700 "$own/rollback.new" || return 1
    if [ -e "$own/manifest" ]; then
      mkdir "$own/before.new" && cp "$own/owner" "$own/manifest" "$own/images" "$own/before.new/" || return 1
      # Format 1 has no table of units.
      if [ -e "$own/units" ]; then cp "$own/units" "$own/before.new/" || return 1; fi
      find "$own/before.new" -type f -exec sync {} + && mv "$own/before.new" "$own/before" || return 1
    fi
  fi
  # The journal comes last: from here on there is something to roll back.
  { is_orphan || printf '%s\n' "$account" >"$own/account"; } && : >"$own/unfinished" && record open && : >>"$own/journal" || return 1
  cp "$work/owner" "$own/owner" && cp "$work/manifest.begin" "$own/manifest" && cp "$work/units.begin" "$own/units" && one_at_a_time note_needs
}

# Records what other sets must not remove, as this set needs it.
note_needs() { cat "$work/images" >>"$own/images" && keep_needs && note_networks; }

begin_marks() {
  made=
  as=
  make_directory "$state/sets" || return 1
  if ! [ -d "$own" ]; then mkdir -m 0700 "$own" || return 1; fi
  keep_made && note_format "$state" || return 1
  as=$as_account
  if [ -n "$as_account" ]; then
    make_directory "$shared/system" && keep_made && note_format "$shared" && $as touch "$shared/system/$set" || return 1
  fi
  [ "$lingered" = no ] || $as touch "$shared/lingered"
}

step_commit() {
  cp "$work/units.commit" "$own/units.new" && sync "$own/units.new" && mv "$own/units.new" "$own/units" || return 1
  cp "$work/manifest.commit" "$own/manifest.new" && sync "$own/manifest.new" && mv "$own/manifest.new" "$own/manifest" || return 1
  offer_version && one_at_a_time settle_needs && sync_targets || return 1
  # As long as there is a journal, an interruption leads to a rollback, which would do this as well.
  leave_stage
  leave_kept
  cp "$own/journal" "$work/undo" && rm -f "$own/unfinished" && record committed || return 1
  # A success that was reported must outlast a power loss: a boot that found the journal would roll it back.
  mv "$own/journal" "$own/committed" || return 1
  sync "$own" || {
    mv "$own/committed" "$own/journal"
    return 1
  }
}

# after_commit: removes what was kept for a rollback. The commit is done, even if something here fails.
after_commit() {
  forget_secrets
  settle_version
  rm -rf "$own/committed" "$own/before" "$own/rollback" && mv "$own/rollback.new" "$own/rollback" && sync "$own/rollback" "$own"
  one_at_a_time prune_replaced
  one_at_a_time prune_images
  one_at_a_time leave_networks "$work/networks"
  return 0
}

settle_needs() { cp "$work/images" "$own/images" && sync "$own/images" && keep_needs; }

# The renames and the links of enabled units are on the disk before the journal is removed, which may be on another disk.
sync_targets() {
  cut -f 1 "$work/plan" | sync_enablement || return 1
  while IFS=$tab read -r step first second third; do
    case $step in
      put) expand "$third" ;;
      remove) expand "$first" ;;
      *) continue ;;
    esac
    sync_directory "${path%/*}" || return 1
  done <"$work/plan"
}

# Syncs the directories where `systemctl enable` makes its links, if one of the words on standard input is about these: systemctl leaves it
# to the kernel when the links are written.
sync_enablement() {
  grep -Eq '^(enable|disable)d?$' || return 0
  as=
  sync_links "$units" || return 1
  ! has_account_units && return 0
  as=$as_account
  ! $as test -d "$home/.config/systemd/user" || sync_links "$home/.config/systemd/user"
}

# sync_links DIRECTORY: tries again if another set has removed an empty directory meanwhile.
sync_links() {
  for _ in 1 2 3; do
    $as find "$1" -maxdepth 1 -type d \( -path "$1" -o -name '*.wants' -o -name '*.requires' \) -exec sync {} + && return 0
  done
  return 1
}

# Replaced secrets are not kept: neither files that only their owner may read, nor files that the inputs call secret.
forget_secrets() {
  while IFS=$tab read -r kind number subject; do
    [ "$kind" = file ] || continue
    copy=$own/rollback.new/$number
    case $(cat "$copy.stat") in
      ?00" "*) rm -f "$copy" "$copy.stat" ;;
      *) if grep -Fxq -e "$subject" "$work/secrets"; then rm -f "$copy" "$copy.stat"; fi ;;
    esac
  done <"$work/undo"
}

# Writes everything that takes room, before anything changes: a copy of each file that will go, and each new file next to its place. One
# sync for all: no name changes before the journal is on the disk.
step_stage() {
  look_at_states && stage_version || return 1
  while IFS=$tab read -r step first second third; do
    case $step in
      put)
        expand "$third"
        made=
        safe_directory "${path%/*}" || return 1
        make_directory "${path%/*}" && keep_made && save "$third" || return 1
        new=${path%/*}/.quadlet-fleet.$set.$first
        note staged - "${third%/*}/${new##*/}" && stage "$work/$first" "$second" "$new" || return 1
        ;;
      remove)
        expand "$first"
        safe_directory "${path%/*}" && save "$first" || return 1
        ;;
    esac
  done <"$work/plan"
  find "$own/rollback.new" -type f -exec sync {} + && sync "$own/rollback.new" "$own/account" "$own/journal" "$own"
}

# put INDEX MODE PATH: moves the staged file to its place.
step_put() {
  expand "$3"
  $as mv -fT "${path%/*}/.quadlet-fleet.$set.$1" "$path"
}

step_remove() {
  expand "$1"
  $as rm -f "$path"
}

# Resets a unit that failed before: its start limit must not count against a new version (systemd.unit(5), StartLimitBurst=).
step_start() {
  remember "$1" || return 1
  if ctl is-failed --quiet "$1"; then ctl reset-failed "$1"; fi
  ctl start "$1" && return 0
  explain "$1"
}

# restart UNITS: in one call, so that they wait for each other.
step_restart() {
  for unit in $1; do
    remember "$unit" || return 1
    if ctl is-failed --quiet "$unit"; then ctl reset-failed "$unit"; fi
  done
  # shellcheck disable=SC2086 # names of units have no white space
  ctl restart $1 && return 0
  explain "$1"
}

step_reload() {
  note reloaded - "$1" || return 1
  workers "$1" >"$work/before" && ctl reload "$1" && taken_over "$1" && return 0
  explain "$1"
}

# workers UNIT: the processes of nginx that take requests, one a line.
workers() {
  processes_in "$1" >"$work/found" || return 1
  # A process can keep its command line from being read.
  sed 's|.*|/proc/&/cmdline|' "$work/found" | timeout 10 xargs -r grep -asl '^nginx: worker process' 2>/dev/null |
    timeout 10 xargs -r grep -asL 'is shutting down' 2>/dev/null
  return 0
}

# A reload is asynchronous: it is complete when no old worker takes requests any more.
taken_over() {
  [ -s "$work/before" ] || return 0
  tries=200
  until has_new_workers "$1"; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ]; then
      echo "nginx did not switch to the new configuration within 10 seconds."
      return 1
    fi
    sleep 0.05
  done
}

has_new_workers() {
  workers "$1" >"$work/after" && [ -s "$work/after" ] && ! grep -Fxq -f "$work/before" "$work/after"
}

# explain UNITS: prints what units of one manager have logged, without podman's own events, empty lines, our own requests, and what nginx
# and its image log when all is well.
explain() {
  echo "The last lines of the journal:"
  journal_of "$1" --since="@$began" --lines=300 |
    grep -vE '^$| (container|image) (create|init|start|attach|died|remove|cleanup|stop|kill|pull|health_status) |"quadlet-fleet"|<nwarn>|\[notice\]|/docker-entrypoint\.sh: (/|Looking|Launching|Sourcing|Configuration complete)|-by-default\.sh: info' |
    tail -n 20
  return 1
}

# stop UNITS: all at once, so that none of them starts another again. A unit that is gone needs no stop.
step_stop() {
  for unit in $1; do remember "$unit" || return 1; done
  # shellcheck disable=SC2086 # names of units have no white space
  ctl stop $1 && return 0
  for unit in $1; do stop_clean "$unit" || return 1; done
}

step_enable() { note disabled - "$1" && ctl enable --quiet --no-reload "$1"; }

step_disable() {
  case $(ctl is-enabled "$1" 2>/dev/null) in
    enabled*) note enabled - "$1" || return 1 ;;
    # Before systemd 257, nothing is printed for a unit that does not exist.
    "") is_gone "$1" || return 1 ;;
  esac
  ctl disable --quiet --no-reload "$1" || is_gone "$1"
}

# is_gone UNIT: systemd knows no such unit.
is_gone() { [ "$(ctl show --property=LoadState --value "$1")" = not-found ]; }

# A unit that ends again right after its start has not started.
step_settle() { sleep 0.5; }

# verify UNIT started|touched: a restart by systemd itself is a failure only after a start by us.
step_verify() {
  if ctl is-active --quiet "$1"; then
    case $2$(ctl show --property=NRestarts --value "$1") in
      started | started0 | touched*) return 0 ;;
    esac
  fi
  echo "${1#"~"} started and then stopped: $(ctl show --property=ActiveState --property=Result --property=ExecMainStatus --property=NRestarts "$1" | tr '\n' ' ')"
  explain "$1"
}

step_reset_failed() {
  ctl reset-failed "$1" 2>/dev/null
  return 0
}

# The set is gone: its mark, its images that no other set uses, and the directories that were made and are empty now.
step_forget() { hurry 300 forget; }

forget() {
  # Left by another set that was rolled back at the same boot.
  rm -f "$work/unlinger"
  # At boot there is no plan.
  if [ -e "$work/plan" ]; then sync_targets || return 1; fi
  leave=20
  one_at_a_time leave_networks /dev/null
  one_at_a_time forget_former
  hold_manager || return 1
  # The journal goes first: without its copies it can't be rolled back.
  rm -f "$own/journal" && sync "$own"
  rm -rf "$own"
  sync "$state/sets"
  rmdir "$state/sets" 2>/dev/null
  if ! [ -d "$state/sets" ]; then remove_recovery; fi
  # Not with the lock: podman may take its time.
  release_manager
  one_at_a_time forget_shared
  if [ -e "$work/unlinger" ]; then leave=30; fi
  hold_manager || return 0
  last=yes
  if [ -d "$state/sets" ]; then last=no; fi
  as=
  if [ "$shared" != "$state" ]; then
    [ "$last" = no ] || rm -f "$state/pulled" "$state/networks" "$state/format" "$state/format.new"
    leave_directories "$state/directories" "$last"
  fi
  if [ "$last" = yes ]; then
    find "$state" -maxdepth 1 -name 'networks.*' -exec rm -f {} + 2>/dev/null
    rmdir "$state" 2>/dev/null
  fi
  release_manager
}

# Removes what all sets of an account share, in both managers, or all sets of root: it goes with the last of them.
forget_shared() {
  if [ -n "$as_account" ]; then
    $as_account rm -f "$shared/system/$set"
    $as_account rmdir "$shared/system" 2>/dev/null
  fi
  prune_images
  is_last=no
  if ! [ -d "$shared/sets" ] && ! [ -d "$shared/system" ]; then
    is_last=yes
    remove_storage
    $as_account rm -f "$shared/pulled" "$shared/networks" "$shared/format" "$shared/format.new"
    # Not before: without lingering the account's manager ends, and what the host's manager runs as the account ends with it.
    if [ -e "$shared/lingered" ]; then $as_account rm -f "$shared/lingered" && : >"$work/unlinger"; fi
  fi
  as=$as_account
  leave_directories "$shared/directories" "$is_last"
}
