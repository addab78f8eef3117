# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together
# The answers of query.sh that systemd and podman know.

query_units() {
  names=
  while IFS=$tab read -r kind name rest; do
    # Names of units have no white space.
    [ "$kind" = unit ] && names="$names $name"
  done <"$work/query"
  [ -n "$names" ] || return 0
  # shellcheck disable=SC2086 # one call for all of them; it answers in their order
  ctl show --timestamp=unix --property=LoadState,ActiveState,SubState,NRestarts,UnitFileState,NeedDaemonReload \
    --property=FragmentPath,SourcePath,DropInPaths,StateChangeTimestamp -- $names >"$work/shown"
  printf '{"event":"units","shown":"%s"}\n' "$(encoded <"$work/shown")"
}

# Where a directory really is: podman names a quadlet so (SourcePath=), whatever links lead there.
query_real() {
  number=0
  while IFS=$tab read -r kind directory rest; do
    [ "$kind" = real ] || continue
    expand "$directory"
    printf '{"event":"real","line":%d,"path":"%s"}\n' "$number" "$($as readlink -m -- "$path" | encoded)"
    number=$((number + 1))
  done <"$work/query"
}

query_images() {
  grep -q '^images$' "$work/query" || return 0
  running=$($as_account podman ps --no-trunc --format '{{index .Labels "PODMAN_SYSTEMD_UNIT"}} {{.Image}} {{.ImageID}}' | encoded)
  present=$($as_account podman images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sed 's/ sha256:/ /' | encoded)
  printf '{"event":"images","running":"%s","present":"%s"}\n' "$running" "$present"
}

# All containers, whoever has made them. An account without a storage of podman's has none, and would get one by being asked.
query_containers() {
  command -v podman >/dev/null || return 0
  while IFS=$tab read -r kind podman rest; do
    [ "$kind" = containers ] || continue
    as=
    [ "$podman" = manager ] || as=$as_account
    if [ -n "$as" ] || [ "$(id -u)" != 0 ]; then [ -e "$home/.local/share/containers" ] || continue; fi
    found=$($as podman ps --all --format '{{.Names}}|{{.State}}|{{index .Labels "PODMAN_SYSTEMD_UNIT"}}|{{.Image}}' </dev/null | encoded)
    printf '{"event":"containers","podman":"%s","found":"%s"}\n' "$podman" "$found"
  done <"$work/query"
}
