# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together

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

# safe_directory PATH: root must not write where another account could put a link in its way.
safe_directory() {
  [ "$manager" = system ] && [ -z "$as" ] || return 0
  checked=$1
  while [ "$checked" != / ]; do
    if [ "$(stat -c %u "$checked")" != 0 ]; then
      echo "$checked belongs to another account, which could redirect what root writes there. Use that account's own manager, or a directory of root's."
      return 1
    fi
    checked=$(dirname "$checked")
  done
}

encoded() { base64 -w 0; }

# make_directory PATH: with its parents; remembers what was not there before.
make_directory() {
  [ -d "$1" ] && return 0
  make_directory "$(dirname "$1")" || return 1
  case $1 in
    # What is in our own directories is nobody else's business, whatever the mode of a file is.
    */quadlet-fleet) $as mkdir -m 0700 "$1" || return 1 ;;
    *) $as mkdir -m 0755 "$1" || return 1 ;;
  esac
  made="$made${as:+~}$1
"
}

keep_made() {
  [ -z "$made" ] || printf '%s' "$made" >>"$state/directories" || return 1
  made=
}

# stage FILE MODE PATH: a copy of FILE with its final mode, on the disk. It is made anew (O_EXCL), for nobody else to read, and
# follows no link.
stage() {
  # shellcheck disable=SC2016 # the inner shell expands it
  $as rm -f "$3" && $as sh -c 'umask 077 && set -C && cat >"$1"' sh "$3" <"$1" && $as chmod "$2" "$3" && $as sync "$3" && return 0
  $as rm -f "$3"
  return 1
}
