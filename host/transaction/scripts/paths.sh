# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together

# expand PATH: sets $path, and $as to what runs a command as its owner. "~/" is the home directory of the account, "%t/" the
# runtime directory of the manager (systemd.unit(5)).
expand() {
  as=
  # shellcheck disable=SC2088 # "~/" is our own notation here
  case $1 in
    "~/"*)
      path=$home/${1#"~/"}
      as=$as_account
      ;;
    "%t/"*) path=$runtime/${1#"%t/"} ;;
    *) path=$1 ;;
  esac
}

# safe_directory PATH: root must not write where another account could put a link in its way: neither the path as it is
# written nor where it leads may be anybody else's to change.
safe_directory() {
  [ "$manager" = system ] && [ -z "$as" ] || return 0
  only_root "$1" && only_root "$(readlink -m -- "$1")"
}

only_root() {
  checked=$1
  while [ "$checked" != / ]; do
    # Of the link itself; what is not there yet is made by root.
    case $(stat -c '%u %A' -- "$checked" 2>/dev/null) in
      "" | 0\ l* | 0\ ?????-??-*) ;;
      *)
        echo "$checked can be changed by another account than root, which could redirect what root writes there. Use that account's own manager, or a directory of root's."
        return 1
        ;;
    esac
    checked=${checked%/*}
    checked=${checked:-/}
  done
}

encoded() { base64 -w 0; }

# make_directory PATH: with its parents; remembers what was not there before.
make_directory() {
  [ -d "$1" ] && return 0
  make_directory "$(dirname "$1")" || return 1
  case $1 in
    # What is in our own directories is nobody else's business, whatever the mode of a file is.
    */quadlet-fleet) $as mkdir -m 0700 "$1" ;;
    *) $as mkdir -m 0755 "$1" ;;
  esac
  # The other manager may have been faster.
  [ -d "$1" ] && $as sync "$(dirname "$1")" || return 1
  made="$made$1
"
}

# keep_made: of one owner, $as.
keep_made() {
  if [ -n "$made" ] && [ -n "$as" ]; then
    # shellcheck disable=SC2016 # the inner shell expands it
    printf '%s' "$made" | $as sh -c 'cat >>"$1"' sh "$shared/directories" || return 1
  elif [ -n "$made" ]; then
    printf '%s' "$made" >>"$state/directories" || return 1
  fi
  made=
}

# leave_directories LIST LAST: removes those that were made and are empty now. The list is kept as long as there is a set.
leave_directories() {
  [ -e "$1" ] || return 0
  $as head -c 1000000 "$1" | tac >"$work/made"
  [ "$2" = no ] || $as rm -f "$1"
  while IFS= read -r directory; do
    # podman would make it anew, as its own.
    if { [ "$2" = no ] && [ "$directory" = "$home/.config" ]; } ||
      { ! $as rmdir "$directory" 2>/dev/null </dev/null && [ -d "$directory" ]; }; then
      printf '%s\n' "$directory"
    fi
  done <"$work/made" | tac >"$work/kept"
  # shellcheck disable=SC2016 # the inner shell expands it
  [ "$2" = yes ] || $as sh -c 'cat >"$1"' sh "$1" <"$work/kept"
}

# one_at_a_time COMMAND…: of the two managers that may have sets of an account. The lock is on a directory, so there is no file
# to leave; what is started does not hold it, as podman's process for the namespace stays.
one_at_a_time() {
  if [ -z "$account_runtime" ] || ! [ -d "$account_runtime" ]; then
    "$@"
    return
  fi
  # The account itself could hold it for ever.
  (
    flock -w 30 9
    "$@" 9<&-
  ) 9<"$account_runtime"
}

# stage FILE MODE PATH: a copy of FILE with its final mode, on the disk. It is made anew (O_EXCL), for nobody else to read, and
# follows no link.
stage() {
  # shellcheck disable=SC2016 # the inner shell expands it
  $as rm -f "$3" && $as sh -c 'umask 077 && set -C && cat >"$1"' sh "$3" <"$1" && $as chmod "$2" "$3" && $as sync "$3" && return 0
  $as rm -f "$3"
  return 1
}
