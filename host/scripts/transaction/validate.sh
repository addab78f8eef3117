# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together
# Validation of what is staged, before anything is swapped.

# collect LIST DIRECTORY: copies the files that LIST names ("INDEX PATH", "-" for one that is on the host already).
collect() {
  while IFS=$tab read -r index target; do
    expand "$target"
    source=$path
    [ "$index" = - ] || source=$work/$index
    cp "$source" "$2/${target##*/}" || return 1
  done <"$work/$1"
}

# The generator that systemd would run (podman-systemd.unit(5)), on the staged quadlets. It can exit with 0 for a file that
# it could not read, so each service has to be there.
validate_quadlets() {
  [ -s "$work/quadlets" ] || return 0
  generator=/usr/lib/systemd/$manager-generators/podman-$manager-generator
  collect quadlets "$stage/quadlets" || return 1
  QUADLET_UNIT_DIRS=$stage/quadlets "$generator" ${for_user:+"$for_user"} "$stage/generated" "$stage/generated" "$stage/generated" >"$work/said" 2>&1
  code=$?
  while IFS= read -r service; do
    [ -e "$stage/generated/$service" ] && continue
    echo "podman's generator makes no $service of it:"
    code=1
  done <"$work/generated"
  [ "$code" = 0 ] && return 0
  QUADLET_UNIT_DIRS=$stage/quadlets "$generator" ${for_user:+"$for_user"} --dryrun 2>&1 >/dev/null |
    grep -v 'Loading source unit file' | sed -e "s|$stage/quadlets/||g" -e 's/^quadlet-generator[^ ]* //'
  return 1
}

# What systemd ignores with a warning (an unknown key) is an error here.
validate_units() {
  collect units "$stage/units" || return 1
  set --
  for unit in "$stage/units"/* "$stage/generated"/*.service; do
    [ -e "$unit" ] && set -- "$@" "$unit"
  done
  [ $# -gt 0 ] || return 0
  SYSTEMD_UNIT_PATH=$stage/units:$stage/generated: systemd-analyze ${for_user:+"$for_user"} verify --man=no "$@" >"$work/said" 2>&1
  code=$?
  grep -q "^$stage/units/" "$work/said" && code=1
  [ "$code" = 0 ] && return 0
  sed -e "s|$stage/[a-z]*/||g" "$work/said"
  return 1
}

step_validate() {
  stage=$work/stage
  for_user=
  [ "$manager" = system ] || for_user=--user
  rm -rf "$stage"
  mkdir -p "$stage/quadlets" "$stage/units" "$stage/generated" || return 1
  validate_quadlets && validate_units
}

# try NUMBER: a container with the staged files, without the sockets; check.NUMBER has its options and words in order.
step_try() {
  check=$work/check.$1
  rm -rf "$work/try"
  set -- run --rm --quiet --pull never --network none --security-opt label=disable
  mounts=0
  while IFS=$tab read -r kind first second; do
    case $kind in
      mount)
        mounts=$((mounts + 1))
        mkdir -p "$work/try/$mounts"
        expand "$first"
        directory=$path
        while IFS=$tab read -r index target; do
          expand "$target"
          case $path in
            "$directory"/*)
              staged=$work/try/$mounts/${path#"$directory/"}
              source=$path
              [ "$index" = - ] || source=$work/$index
              mkdir -p "$(dirname "$staged")" && cp "$source" "$staged" || return 1
              ;;
          esac
        done <"$work/files"
        set -- "$@" --volume "$work/try/$mounts:$second:ro"
        ;;
      volume)
        case $first in "%h"/*) first=$HOME/${first#"%h/"} ;; esac
        set -- "$@" --volume "$first"
        ;;
      entrypoint) set -- "$@" --entrypoint "$first" ;;
      word) set -- "$@" "$first" ;;
    esac
  done <"$check"
  timeout 60 podman "$@" >"$work/said" 2>&1 </dev/null && return 0
  # A name that this container can't resolve may resolve on the site's own network.
  grep -q 'host not found in upstream' "$work/said" && return 0
  cat "$work/said"
  return 1
}
