# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# The answers of query.sh that come from systemd and podman. If one of them fails, the host reports that: it never answers "there is none".

# told AS COMMAND…: puts what the command prints into $work/told. AS is what runs it as another account, or "".
told() {
  by=$1
  shift
  $by "$@" >"$work/told" 2>"$work/complaint" </dev/null && return 0
  case "$*" in
    ctl*" ~"*) shift && set -- systemctl --user "$(printf %s "$*" | plain_names)" ;;
    ctl*) shift && set -- systemctl ${for_user:+"$for_user"} "$@" ;;
  esac
  printf '{"event":"unanswered","question":"%s","output":"%s"}\n' "$(printf %s "$*" | encoded)" \
    "$(tail -c 4000 "$work/complaint" | encoded)"
  return 1
}

query_units() {
  sed -n "s/^unit$tab//p" "$work/query" >"$work/asked"
  by_manager "own account" "$work/asked" show_units
}

# show_units UNITS: in one call, which answers in their order.
show_units() {
  told "" ctl show --timestamp=unix --property=LoadState,ActiveState,SubState,NRestarts,UnitFileState,NeedDaemonReload \
    --property=FragmentPath,SourcePath,DropInPaths,StateChangeTimestamp -- "$@" || return 0
  printf '{"event":"units","whose":"%s","shown":"%s"}\n' "$whose" "$(encoded <"$work/told")"
}

# Each directory with links resolved: podman names a quadlet by that path (SourcePath=).
query_real() {
  number=0
  while IFS=$tab read -r kind directory rest; do
    [ "$kind" = real ] || continue
    expand "$directory"
    printf '{"event":"real","line":%d,"path":"%s"}\n' "$number" "$($as readlink -m -- "$path" | encoded)"
    number=$((number + 1))
  done <"$work/query"
}

# The unit of a container, according to podman. {{index .Labels "…"}} is an error in podman 6, where labels are text.
unit_label='{{.Label "PODMAN_SYSTEMD_UNIT"}}'

query_images() {
  grep -q '^images$' "$work/query" && command -v podman >/dev/null || return 0
  told "$as_account" podman ps --no-trunc --format "$unit_label {{.Image}} {{.ImageID}}" || return 0
  running=$(encoded <"$work/told")
  told "$as_account" podman images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' || return 0
  present=$(sed 's/ sha256:/ /' "$work/told" | encoded)
  printf '{"event":"images","running":"%s","present":"%s"}\n' "$running" "$present"
}

# All containers, no matter who created them. An account without a storage of podman has none, and the question would create one.
query_containers() {
  command -v podman >/dev/null || return 0
  while IFS=$tab read -r kind podman rest; do
    [ "$kind" = containers ] || continue
    as=
    [ "$podman" = manager ] || as=$as_account
    if [ -n "$as" ] || [ "$(id -u)" != 0 ]; then [ -e "$home/.local/share/containers" ] || continue; fi
    told "$as" podman ps --all --format "{{.Names}}|{{.State}}|$unit_label|{{.Image}}" || continue
    printf '{"event":"containers","podman":"%s","found":"%s"}\n' "$podman" "$(encoded <"$work/told")"
  done <"$work/query"
}

# The longest OCI configuration that is sent.
longest_config=262144

# The container of each service, as its OCI runtime knows it (crun(1), runc(8): state), if something is to be written. Not under SELinux:
# only podman gives containers their labels.
query_live() {
  [ "$differs" = yes ] && [ "$(getenforce 2>/dev/null)" != Enforcing ] || return 0
  number=0
  while IFS=$tab read -r kind unit rest; do
    [ "$kind" = live ] || continue
    live_container "$unit" "$number" </dev/null
    number=$((number + 1))
  done <"$work/query"
}

# live_container UNIT NUMBER
live_container() {
  container=$(in_cgroup "$1" -maxdepth 1 -name 'libpod-payload-*' -printf '%f\n')
  container=${container#libpod-payload-}
  case $container in "" | *[!0-9a-f]*) return 0 ;; esac
  for tool in crun runc; do
    bundle=$($as_account "$tool" state "$container" 2>/dev/null | sed -n 's/^ *"bundle": "\([^"\\]*\)",$/\1/p')
    [ -n "$bundle" ] || continue
    printf '{"event":"live","line":%d,"runtime":"%s","config":"%s"}\n' "$2" "$tool" \
      "$($as_account head -c "$longest_config" -- "$bundle/config.json" | encoded)"
    return
  done
}
