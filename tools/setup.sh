#!/usr/bin/env bash
# Makes a fresh machine ready to check, test and demonstrate this project. Running it again does only what is missing.
#
#   tools/setup.sh              all of it
#   tools/setup.sh engine base  only these steps, of: packages node engine base images pebble servers actionlint
#
# What is built outside the checkout goes to $QUADLET_FLEET_CACHE (default: ~/.cache/quadlet-fleet), under a name with a
# version or a digest of the recipe in it; a link without that points to the current one.
set -euo pipefail

tools=$(dirname "$(realpath "$0")")
export root=${tools%/*}
cache=${QUADLET_FLEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/quadlet-fleet}
steps=(packages node engine base images pebble servers actionlint)
step=setup

say() { printf 'setup: %-8s %s\n' "$step" "$*"; }

# stop WHAT IS WRONG [WHAT TO DO]
stop() {
  printf 'setup: %-8s stopped: %s\n' "$step" "$1" >&2
  [ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/                 /' >&2
  exit 1
}

# digest FILE…: the part of a cache's name that changes with its recipe
digest() { cat "$@" | sha256sum | cut -c1-12; }

# build NAME LINK FUNCTION: makes $cache/NAME with FUNCTION DIRECTORY, unless it exists, and points $cache/LINK to it.
# It is made under a temporary name, so that an interrupted build is never taken for a finished one.
build() {
  local at=$cache/$1 link=$cache/$2 function=$3 status=0
  if [ ! -d "$at" ]; then
    rm -rf --one-file-system "$at.part"
    mkdir -p "$at.part"
    # Not `(…) || …`: that would switch off errexit inside.
    set +e
    (
      set -e
      "$function" "$at.part"
    ) >"$at.log" 2>&1 </dev/null
    status=$?
    set -e
    [ $status = 0 ] || stop "failed, see $at.log" "$(tail -n 15 "$at.log")"
    mv -T "$at.part" "$at"
  fi
  [ "$(readlink "$link")" = "$1" ] || ln -sfn "$1" "$link"
}

# with_go LINK VERSION FUNCTION WHAT SKIPPED: makes $cache/LINK with FUNCTION DIRECTORY, if Go is installed. The recipe is setup/LINK.sh.
with_go() {
  local link=$1 function=$3 what=$4 skipped=$5 name
  name=$link-$2-$(digest "$tools/setup/$link.sh")
  if [ ! -d "$cache/$name" ]; then
    command -v go >/dev/null || {
      say "there is no Go to build it with: $skipped is skipped"
      return
    }
    say "building $what"
  fi
  build "$name" "$link" "$function"
  say "$cache/$link"
}

for file in "${steps[@]}"; do
  # shellcheck source=/dev/null
  . "$tools/setup/$file.sh"
done

chosen=("$@")
[ $# -gt 0 ] || chosen=("${steps[@]}")
for name in "${chosen[@]}"; do
  case " ${steps[*]} " in
    *" $name "*) ;;
    *) stop "there is no step \"$name\"" "Steps: ${steps[*]}" ;;
  esac
done

mkdir -p "$cache"
exec 9>"$cache/lock"
# Only Linux has flock, and everything except npm ci is for Linux.
if command -v flock >/dev/null; then
  flock --nonblock 9 || { say "another setup is running: waiting for it" && flock 9; }
fi

# in_turn STEP…: runs those of the steps that are chosen
in_turn() {
  for step; do
    case " ${chosen[*]} " in
      *" $step "*) "setup_$step" ;;
    esac
  done
}

in_turn packages node
# The Go builds need the processors, the hosts' images mostly the network and the disk: both run at the same time.
failed=0
in_turn engine pebble servers actionlint &
programs=$!
in_turn base images &
images=$!
wait "$programs" || failed=1
wait "$images" || failed=1
[ "$failed" = 0 ]
