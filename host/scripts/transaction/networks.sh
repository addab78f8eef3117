# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together
# podman leaves a network when its quadlet goes (podman#23678), and removes none that a container still has, of another set perhaps.
# $own/networks has the names of those that the set has made, until they are gone.

# note_networks: those of $work/networks that are not there yet.
note_networks() {
  [ -s "$work/networks" ] || return 0
  # Before the first podman of the account.
  one_at_a_time own_storage || return 1
  while IFS= read -r network; do
    grep -Fxqs -e "$network" "$own/networks" && continue
    code=0
    podman network exists "$network" </dev/null || code=$?
    [ "$code" != 1 ] || printf '%s\n' "$network" >>"$own/networks" || return 1
  done <"$work/networks"
}

# prune_networks LIST: those that are not in it. One that a container has is tried again at the next commit.
prune_networks() {
  [ -e "$own/networks" ] || return 0
  : >"$work/kept"
  while IFS= read -r network; do
    if ! grep -Fxqs -e "$network" "$1"; then
      code=0
      podman network rm "$network" >/dev/null 2>&1 </dev/null || code=$?
      # podman-network-rm(1): it is removed, or was not there.
      [ "$code" -gt 1 ] || continue
    fi
    printf '%s\n' "$network" >>"$work/kept"
  done <"$own/networks"
  cp "$work/kept" "$own/networks"
}
