# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together

# expand PATH: sets $path, with "~/" as the home directory of the account.
expand() {
  # shellcheck disable=SC2088 # "~/" is our own notation here
  case $1 in
    "~/"*) path=$HOME/${1#"~/"} ;;
    *) path=$1 ;;
  esac
}

# safe_directory PATH: root must not write where another account could put a link in its way.
safe_directory() {
  [ "$manager" = system ] || return 0
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
