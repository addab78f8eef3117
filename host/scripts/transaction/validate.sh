# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together
# Validation of what is new, before anything is swapped.

# collect LIST DIRECTORY: copies the files that LIST names ("INDEX PATH", "-" for one that is on the host already).
collect() {
  while IFS=$tab read -r index target; do
    expand "$target"
    source=$path
    [ "$index" = - ] || source=$work/$index
    cp "$source" "$2/${target##*/}" || return 1
  done <"$work/$1"
}

# The generator that systemd would run (podman-systemd.unit(5)), on the new quadlets. It can exit with 0 for a file that
# it could not read, so each service has to be there.
validate_quadlets() {
  [ -s "$work/quadlets" ] || return 0
  generator=/usr/lib/systemd/$manager-generators/podman-$manager-generator
  collect quadlets "$trial/quadlets" || return 1
  QUADLET_UNIT_DIRS=$trial/quadlets "$generator" ${for_user:+"$for_user"} "$trial/generated" "$trial/generated" "$trial/generated" >"$work/said" 2>&1
  code=$?
  while IFS= read -r service; do
    [ -e "$trial/generated/$service" ] && continue
    echo "podman's generator makes no $service of it:"
    code=1
  done <"$work/generated"
  [ "$code" = 0 ] && return 0
  QUADLET_UNIT_DIRS=$trial/quadlets "$generator" ${for_user:+"$for_user"} --dryrun 2>&1 >/dev/null |
    grep -v 'Loading source unit file' | sed -e "s|$trial/quadlets/||g" -e 's/^quadlet-generator[^ ]* //'
  return 1
}

# What systemd ignores with a warning (an unknown key) is an error here.
validate_units() {
  collect units "$trial/units" || return 1
  set --
  for unit in "$trial/units"/* "$trial/generated"/*.service; do
    [ -e "$unit" ] && set -- "$@" "$unit"
  done
  [ $# -gt 0 ] || return 0
  SYSTEMD_UNIT_PATH=$trial/units:$trial/generated: systemd-analyze ${for_user:+"$for_user"} verify --man=no "$@" >"$work/said" 2>&1
  code=$?
  grep -q "^$trial/units/" "$work/said" && code=1
  [ "$code" = 0 ] && return 0
  sed -e "s|$trial/[a-z]*/||g" "$work/said"
  return 1
}

step_validate() {
  trial=$work/trial
  rm -rf "$trial"
  mkdir -p "$trial/quadlets" "$trial/units" "$trial/generated" || return 1
  validate_quadlets && validate_units
}

# The new files as the host will have them, below $stage: "/etc/x" at $stage/etc/x, "~/x" at $stage/home/x. With what else is in
# the directories that a check mounts, as nginx reads all of them.
stage_files() {
  [ -z "$stage" ] || return 0
  stage_name
  $as_account rm -rf "$stage" && $as_account mkdir -m 0700 "$stage" || return 1
  while IFS=$tab read -r index target; do
    expand "$target"
    staged_at "$target"
    if ! $as_account test -d "$staged"; then
      $as_account mkdir -p "$staged" || return 1
      if grep -Fxq -e "${target%/*}" "$work/mounted"; then
        $as_account find "${path%/*}" -maxdepth 1 -type f -size -1024k -exec cp -t "$staged" {} + 2>/dev/null
      fi
    fi
    # shellcheck disable=SC2016 # the inner shell expands it
    if [ "$index" != - ]; then
      $as_account sh -c 'cat >"$1"' sh "$staged/${path##*/}" <"$work/$index" || return 1
    elif ! $as_account test -e "$staged/${path##*/}"; then
      $as_account cp "$path" "$staged/${path##*/}" || return 1
    fi
  done <"$work/files"
  while IFS=$tab read -r step target rest; do
    [ "$step" = remove ] && staged_at "$target" && $as_account rm -f "$staged/${target##*/}"
  done <"$work/plan"
  return 0
}

# A name that root chooses, the same in each run: the account can't get into a directory of root's, and what an interrupted run
# has left is found again.
stage_name() {
  stage=$work/stage
  [ -z "$as_account" ] || stage=/run/user/$(id -u "$account")/quadlet-fleet.$set
}

# staged_at PATH: sets $staged to where its directory is staged.
staged_at() {
  # shellcheck disable=SC2088 # "~/" is our own notation here
  case $1 in
    "~/"*) staged=$stage/home/${1#"~/"} ;;
    *) staged=$stage$1 ;;
  esac
  staged=${staged%/*}
}

# try NUMBER: a container with the new files, without the sockets; check.NUMBER has its options and words in order.
step_try() {
  stage_files || return 1
  check=$work/check.$1
  set -- run --rm --quiet --pull never --network none --security-opt label=disable
  # An address of the host is none in there, and nginx -t binds it all the same (ip(7)).
  for family in ipv4 ipv6; do
    if [ -e "/proc/sys/net/$family/ip_nonlocal_bind" ]; then set -- "$@" --sysctl "net.$family.ip_nonlocal_bind=1"; fi
  done
  while IFS=$tab read -r kind first second; do
    case $kind in
      mount)
        staged_at "$first/"
        $as_account mkdir -p "$staged" || return 1
        set -- "$@" --volume "$staged:$second:ro"
        ;;
      volume)
        case $first in "%h/"*) first=$home/${first#"%h/"} ;; esac
        set -- "$@" --volume "$first"
        ;;
      entrypoint) set -- "$@" --entrypoint "$first" ;;
      word) set -- "$@" "$first" ;;
    esac
  done <"$check"
  $as_account timeout 50 podman "$@" >"$work/said" 2>&1 </dev/null && return 0
  # A name that this container can't resolve may resolve on the site's own network.
  grep -q 'host not found in upstream' "$work/said" && return 0
  cat "$work/said"
  return 1
}
