# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# Validation of the new files, before anything is swapped.

# validate MANAGERS: validates the units of each (own, account) by its own programs. The account itself validates its units,
# where its files are staged.
step_validate() {
  for whose in $1; do
    case $whose in
      own) validate_in "$work/trial" "$manager" ;;
      account) stage_files && validate_in "$stage/.trial" user "$as_account" ;;
    esac || return 1
  done
}

# validate_in DIRECTORY system|user [AS]: sets $trial, $kind and $by for the functions below.
validate_in() {
  trial=$1 kind=$2 by=${3-}
  $by rm -rf "$trial"
  $by mkdir -p "$trial/quadlets" "$trial/units" "$trial/others" || return 1
  option=
  [ "$kind" = system ] || option=--user
  validate_quadlets && validate_units
}

# collect LIST DIRECTORY: copies the files that LIST names ("INDEX PATH", "-" for one that is on the host already).
collect() {
  while IFS=$tab read -r index target; do
    expand "$target"
    if [ "$index" = - ]; then
      $by cp "$path" "$2/${target##*/}" || return 1
    else
      # shellcheck disable=SC2016 # the inner shell expands it
      fed "$by" sh -c 'cat >"$1"' sh "$2/${target##*/}" <"$work/$index" || return 1
    fi
  done <"$work/$1.$whose"
}

# Runs the generator that systemd would run (podman-systemd.unit(5)) on the new quadlets: first alone, then together with the host's own,
# which may have a network or a volume that the new ones name.
validate_quadlets() {
  [ -s "$work/quadlets.$whose" ] || return 0
  collect quadlets "$trial/quadlets" || return 1
  generate "$trial/quadlets" && return 0
  collect_others && generate "$trial/quadlets:$trial/others" && return 0
  # Leaves out what is wrong with the host's own quadlets.
  grep -F -f "$work/names" "$work/said" | sed -e "s|$trial/[a-z]*/||g" -e 's/^quadlet-generator[^ ]* //'
  cat "$work/missing"
  return 1
}

# generate DIRECTORIES: whether the generator makes a service of each quadlet of the set, and complains about none of them. Its exit code
# does not tell: 0 is possible for a file that it could not read, and 1 for a quadlet that is not the set's.
generate() {
  $by rm -rf "$trial/generated" && $by mkdir "$trial/generated" || return 1
  $by env QUADLET_UNIT_DIRS="$1" "/usr/lib/systemd/$kind-generators/podman-$kind-generator" ${option:+"$option"} \
    "$trial/generated" "$trial/generated" "$trial/generated" >"$work/said" 2>&1 </dev/null
  $by find "$trial/generated" -maxdepth 1 -name '*.service' -printf '%f\n' >"$work/made" </dev/null
  grep -Fxv -f "$work/made" "$work/generated.$whose" | sed "s/.*/podman's generator makes no & of it./" >"$work/missing"
  # The forms in which it names them: converting "NAME": … in DIRECTORY/NAME
  sed 's|.*/\(.*\)|"\1"\n/\1|' "$work/quadlets.$whose" >"$work/names"
  ! grep -Fq -f "$work/names" "$work/said" && ! [ -s "$work/missing" ]
}

# collect_others: copies the quadlets of the same manager that neither are the set's nor will be; the first one of a name counts. In one
# call, as an account chooses how many it has. The account's are copied without the lock of the host's manager.
collect_others() {
  while IFS=$tab read -r step target rest; do
    [ "$step" = remove ] && expand "$target" && printf '%s\n' "$path"
  done <"$work/plan" >"$work/stale"
  set -- "$trial" "$(cat "$work/quadlet-names")"
  if [ "$kind" = system ]; then
    set -- "$@" /run/containers/systemd /etc/containers/systemd /usr/share/containers/systemd
  else
    uid=$(id -u)
    [ "$account" = - ] || uid=$(id -u "$account")
    set -- "$@" "${account_runtime:-$runtime}/containers/systemd" "$home/.config/containers/systemd" \
      "/etc/containers/systemd/users/$uid" /etc/containers/systemd/users /usr/share/containers/systemd/users
  fi
  if [ "$whose" = own ]; then
    hold_manager && sh -c "$copy_others" sh - "$@" <"$work/stale" && release_manager
  else
    fed as_account sh -c "$copy_others" sh "$account_runtime/systemd/." "$@" <"$work/stale"
  fi
}

# copy_others LOCK TRIAL PATTERNS DIRECTORY…, with the paths that the set removes on standard input. It waits 30 s for the lock, and then goes
# on without it.
# shellcheck disable=SC2016 # another shell expands it
copy_others='lock=$1 trial=$2 patterns=$3
shift 3
[ "$lock" = - ] || { exec 9<"$lock" && flock -w 30 9; }
stale=$(cat)
for directory; do
  find -L "$directory" -maxdepth 3 -path "$directory/users" -prune -o -type f -size -128k -name "*.*" -print 2>/dev/null </dev/null
done | grep -e "$patterns" | grep -Fxv -e "$stale" | while IFS= read -r quadlet; do
  other=$trial/others/${quadlet##*/}
  [ -e "$other" ] || [ -e "$trial/quadlets/${quadlet##*/}" ] || cp "$quadlet" "$other" || exit 1
done'

# What systemd only warns about and ignores (an unknown key) is an error here.
validate_units() {
  collect units "$trial/units" || return 1
  set --
  while IFS=$tab read -r index target; do set -- "$@" "$trial/units/${target##*/}"; done <"$work/units.$whose"
  while IFS= read -r service; do set -- "$@" "$trial/generated/$service"; done <"$work/generated.$whose"
  [ $# -gt 0 ] || return 0
  $by env SYSTEMD_UNIT_PATH="$trial/units:$trial/generated:" systemd-analyze ${option:+"$option"} verify --man=no "$@" >"$work/said" 2>&1 </dev/null
  code=$?
  grep -q "^$trial/units/" "$work/said" && code=1
  [ "$code" = 0 ] && return 0
  sed -e "s|$trial/[a-z]*/||g" "$work/said"
  return 1
}

# Puts the new files below $stage, as the host will have them: "/etc/x" at $stage/etc/x, "~/x" at $stage/home/x. Directories that a check
# mounts are complete, as nginx reads all of their files.
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
      fed "$as_account" sh -c 'cat >"$1"' sh "$staged/${path##*/}" <"$work/$index" || return 1
    elif ! $as_account test -e "$staged/${path##*/}"; then
      $as_account cp "$path" "$staged/${path##*/}" || return 1
    fi
  done <"$work/files"
  while IFS=$tab read -r step target rest; do
    [ "$step" = remove ] && staged_at "$target" && $as_account rm -f "$staged/${target##*/}"
  done <"$work/plan"
  return 0
}

# Root chooses the name, and it is the same in each run: the account can't get into a directory of root, and what an interrupted
# run has left is found again.
stage_name() {
  stage=$work/stage
  [ -z "$as_account" ] || stage=/run/user/$(id -u "$account")/quadlet-fleet.$set
}

# staged_at PATH: sets $staged to the directory in which PATH is staged.
staged_at() {
  # shellcheck disable=SC2088 # "~/" is our own notation here
  case $1 in
    "~/"*) staged=$stage/home/${1#"~/"} ;;
    *) staged=$stage$1 ;;
  esac
  staged=${staged%/*}
}

# readers IMAGE PATH: a file of mode 0600 can be read by root of the container only, and nginx starts as the image's user.
step_readers() {
  user=$($as_account podman image inspect --format '{{.Config.User}}' -- "$(image_of "$1")") || return 1
  case ${user%%:*} in "" | 0 | root) return 0 ;; esac
  echo "The image $1 starts nginx as \"$user\" (its USER), who can't read $2: that file is secret, so only root in the container can. Use an image that starts as root, as docker.io/library/nginx does; its workers still run without root."
  return 1
}

# try NUMBER: a container with the new files, without the sockets; check.NUMBER has its options and words in order.
step_try() {
  stage_files || return 1
  check=$work/check.$1
  # An image that does not start as root may not open a port below 1024, which it otherwise gets as an open socket.
  set -- run --rm --quiet --pull never --network none --security-opt label=disable --sysctl net.ipv4.ip_unprivileged_port_start=0
  # The container does not have the host's addresses, and nginx -t binds them all the same (ip(7)).
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
      image) set -- "$@" "$(image_of "$first")" ;;
      word) set -- "$@" "$first" ;;
    esac
  done <"$check"
  $as_account timeout 50 podman "$@" >"$work/said" 2>&1 </dev/null && return 0
  # A name that this container can't resolve may resolve on the site's own network.
  grep -q 'host not found in upstream' "$work/said" && return 0
  # The container also lacks the certificate that the service makes sure of before it starts (components/site/acme.ts).
  grep -q 'cannot load certificate "/etc/nginx/acme/certificate.pem".*No such file' "$work/said" && return 0
  cat "$work/said"
  return 1
}
