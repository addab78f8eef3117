# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together

# expand PATH: sets $path, and $as to what runs a command as its owner. "~/" is the home directory of the account, "%t/" the runtime
# directory of the manager (systemd.unit(5)), "~%t/" that of the account's manager in a set of the host's manager. False without an account.
expand() {
  as=
  # shellcheck disable=SC2088 # "~/" is our own notation here
  case $1 in
    "~"*)
      # A path where nothing exists and nothing can be created: "~" never means root's own home.
      if [ "$manager" = system ] && [ -z "$as_account" ]; then
        path=/dev/null/no-account
        return 1
      fi
      ;;
  esac
  # shellcheck disable=SC2088
  case $1 in
    "~/"*)
      path=$home/${1#"~/"}
      as=$as_account
      ;;
    "~%t/"*)
      path=$account_runtime/${1#"~%t/"}
      as=$as_account
      ;;
    "%t/"*) path=$runtime/${1#"%t/"} ;;
    *) path=$1 ;;
  esac
}

# safe_directory PATH: root must not write where another account could put a link in its way. So only root may be able to change the path as
# it is written, and the path where it leads.
safe_directory() {
  [ "$manager" = system ] && [ -z "$as" ] || return 0
  only_root "$1" && only_root "$(readlink -m -- "$1")"
}

only_root() {
  checked=$1
  while [ "$checked" != / ]; do
    # Of the link itself. A part that does not exist yet is created by root.
    case $(stat -c '%u %A' -- "$checked" 2>/dev/null) in
      "" | 0\ l* | 0\ ?????-??-*) ;;
      *)
        echo "$checked can be changed by an account other than root, which could redirect what root writes there. Use that account's own manager, or a directory that only root can change."
        return 1
        ;;
    esac
    checked=${checked%/*}
    checked=${checked:-/}
  done
}

encoded() { base64 -w 0; }

# make_directory PATH: creates it with its parents, and remembers what was not there before.
make_directory() {
  [ -d "$1" ] && return 0
  make_directory "$(dirname "$1")" || return 1
  case $1 in
    # No other account may read what is in our own directories, no matter which mode a file has.
    */quadlet-fleet) $as mkdir -m 0700 "$1" ;;
    *) $as mkdir -m 0755 "$1" ;;
  esac
  # The other manager may have created it first.
  [ -d "$1" ] && $as sync "$(dirname "$1")" || return 1
  made="$made$1
"
}

# sync_directory PATH: to the disk. If another set has removed it, as it was empty, the directory above it.
sync_directory() {
  until $as sync "$1" 2>"$work/unsynced"; do
    if $as test -d "$1"; then
      cat "$work/unsynced"
      return 1
    fi
    # An account can make it fail everywhere.
    [ "$1" != / ] || return 1
    set -- "${1%/*}"
    [ -n "$1" ] || set -- /
  done
}

# keep_made: records the directories in $made, all of one owner, $as.
keep_made() {
  if [ -n "$made" ] && [ -n "$as" ]; then
    # shellcheck disable=SC2016 # the inner shell expands it
    printf '%s' "$made" | fed "$as" sh -c 'cat >>"$1"' sh "$shared/directories" || return 1
  elif [ -n "$made" ]; then
    printf '%s' "$made" >>"$state/directories" || return 1
  fi
  made=
}

# leave_directories LIST LAST: removes the directories that were created and are empty now. The list is kept as long as there is a set.
leave_directories() {
  [ -e "$1" ] || return 0
  $as head -c 1000000 "$1" | tac >"$work/made"
  [ "$2" = no ] || $as rm -f "$1"
  while IFS= read -r directory; do
    # podman would create it again, as its own.
    if { [ "$2" = no ] && [ "$directory" = "$home/.config" ]; } ||
      { ! $as rmdir -- "$directory" 2>/dev/null </dev/null && [ -d "$directory" ]; }; then
      printf '%s\n' "$directory"
    fi
  done <"$work/made" | tac >"$work/kept"
  # shellcheck disable=SC2016 # the inner shell expands it
  [ "$2" = yes ] || fed "$as" sh -c 'cat >"$1"' sh "$1" <"$work/kept"
}

# hold_manager: until release_manager, no other set of the manager changes what all of them share: the unit directories, what the manager
# has read of them, and our own records. It is held for moments only, at most for a reload of systemd. The account's lock (one_at_a_time),
# if it is also needed, is taken second.
hold_manager() {
  [ "$held" = no ] || return 0
  # Before the other one, as the account could hold it for ever: then this set alone waits, once, and goes on. It is a directory, as the
  # account could put anything in the place of a file, and root must not open that.
  if has_account_units && [ -d "$account_runtime/systemd/." ] && command exec 8<"$account_runtime/systemd/."; then
    flock -w "${patience_left:-30}" 8 || patience_left=0
  fi
  # `command`: a failure of exec alone would end the script.
  if ! command exec 7<"$lock" || ! flock -w 300 7; then
    echo "another deploy has held the lock of the service manager ($lock) for five minutes. To see which process: fuser -v $lock"
    return 1
  fi
  [ "$hurried" = yes ] || patience 60
  held=yes
}

release_manager() {
  exec 7>&- 8>&-
  held=no
}

# one_at_a_time COMMAND…: one at a time for all sets of an account, in both managers; without an account, for all sets of root. The lock is
# on a directory, so it leaves no file. COMMAND does not hold the lock, as podman's process for the namespace stays.
one_at_a_time() {
  shared_by_all=$account_runtime
  [ -n "$shared_by_all" ] || shared_by_all=$state
  if ! [ -d "$shared_by_all" ]; then
    "$@" 7>&- 8>&-
    return
  fi
  # The account itself could hold the lock for ever.
  (
    if allowed 30; then
      flock -w "$limit" 9
      spend
    fi
    "$@" 7>&- 8>&- 9<&-
  ) 9<"$shared_by_all"
}

# If no podman of an account has run since the boot, several that start at once break one another: see firstPodman in
# components/site/first-podman.ts.
first_podman() {
  # shellcheck disable=SC2016 # the inner shell expands it
  $as_account sh -c 'kill -0 "$(cat "$0/libpod/tmp/pause.pid" 2>/dev/null)" 2>/dev/null || exec podman ps --quiet' "$account_runtime" >/dev/null 2>&1 </dev/null
  return 0
}

# stage FILE MODE PATH: writes a copy of FILE to the disk, with its final mode. The copy is a new file (O_EXCL) that no other account can
# read. Writing it follows no link.
stage() {
  # shellcheck disable=SC2016 # the inner shell expands it
  $as rm -f "$3" && fed "$as" sh -c 'umask 077 && set -C && cat >"$1"' sh "$3" <"$1" && $as chmod "$2" "$3" && $as sync "$3" && return 0
  $as rm -f "$3"
  return 1
}
