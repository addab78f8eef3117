# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# podman leaves a network when its quadlet goes (podman#23678), and removes none that a container still has, of another set perhaps.
# $own/networks has the names of those that the set has made; $shared/networks of those that the account's sets have left behind.

# note_networks: those of $work/networks that are not there yet, or that were left behind.
note_networks() {
  [ -s "$work/networks" ] || return 0
  # Before the first podman of the account.
  own_storage || return 1
  while IFS= read -r network; do
    grep -Fxqs -e "$network" "$own/networks" && continue
    code=0
    podman network exists "$network" </dev/null || code=$?
    case $code in
      0) $as_account grep -Fxqs -e "$network" "$shared/networks" </dev/null || continue ;;
      1) ;;
      *) return 1 ;;
    esac
    printf '%s\n' "$network" >>"$own/networks" || return 1
  done <"$work/networks"
}

# leave_networks WANTED: what the set has no more goes; what a container still has goes with the commit of a later set.
leave_networks() {
  : >"$work/left"
  if [ -e "$own/networks" ]; then
    grep -Fxv -f "$1" "$own/networks" >"$work/left"
    grep -Fx -f "$1" "$own/networks" >"$work/made"
    cp "$work/made" "$own/networks"
  fi
  if [ -e "$shared/networks" ]; then
    $as_account head -c 1000000 "$shared/networks" </dev/null | grep -Fxv -f "$1" >>"$work/left"
  elif ! [ -s "$work/left" ]; then
    return 0
  fi
  : >"$work/kept"
  while IFS= read -r network; do
    code=0
    $as_account podman network rm "$network" >/dev/null 2>&1 </dev/null || code=$?
    # podman-network-rm(1): it is removed, or was not there.
    [ "$code" -le 1 ] || printf '%s\n' "$network" >>"$work/kept"
  done <"$work/left"
  # shellcheck disable=SC2016 # the inner shell expands it
  $as_account sh -c 'cat >"$1"; [ -s "$1" ] || rm -f "$1"' sh "$shared/networks" <"$work/kept"
}
