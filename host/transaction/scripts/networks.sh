# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# podman leaves a network when its quadlet goes (podman#23678), and removes none that a container still has, of another set perhaps.
# $own/networks has the names of the networks that the set has made, "~NAME" for those of the account's podman in a set of the host's.
# Two lists have the networks that sets have left behind because a container had them: $shared/networks those of the account's podman,
# $state/networks those of root's podman. Sets with an account have one of their own of the second kind, as only sets of the same account
# wait for each other (one_at_a_time).

# roots_networks: sets $roots, the list of what root's podman has.
roots_networks() {
  roots=$state/networks
  [ -z "$as_account" ] || roots=$state/networks.$account
}

# of_network NETWORK: sets $as, which runs its podman, and $behind, where such a one is left behind.
of_network() {
  as='' behind=$roots
  case $1 in "~"*) as=$as_account behind=$shared/networks ;; esac
}

# note_networks: those of $work/networks that are not there yet, or that were left behind.
note_networks() {
  [ -s "$work/networks" ] || return 0
  # Before the first podman of the account.
  own_storage || return 1
  roots_networks
  while IFS= read -r network; do
    grep -Fxqs -e "$network" "$own/networks" && continue
    code=0
    of_network "$network"
    $as podman network exists "${network#"~"}" </dev/null || code=$?
    case $code in
      0) $as grep -Fxqs -e "${network#"~"}" "$behind" </dev/null || continue ;;
      1) ;;
      *) return 1 ;;
    esac
    printf '%s\n' "$network" >>"$own/networks" || return 1
  done <"$work/networks"
}

# leave_networks WANTED: removes the networks that the set has no more. What a container still has goes with the commit of a later set.
leave_networks() {
  roots_networks
  : >"$work/left"
  if [ -e "$own/networks" ]; then
    grep -Fxv -f "$1" "$own/networks" >"$work/left"
    grep -Fx -f "$1" "$own/networks" >"$work/made"
    cp "$work/made" "$own/networks"
  fi
  if [ -e "$roots" ]; then grep -Fxv -f "$1" "$roots" >>"$work/left"; fi
  if [ -n "$as_account" ] && [ -e "$shared/networks" ]; then
    $as_account head -c 1000000 "$shared/networks" </dev/null | sed 's/^/~/' | grep -Fxv -f "$1" >>"$work/left"
  fi
  [ -s "$work/left" ] || [ -e "$roots" ] || [ -e "$shared/networks" ] || return 0
  : >"$work/kept"
  while IFS= read -r network; do
    code=0
    of_network "$network"
    # An account that is gone has taken its networks with it.
    [ "$network" = "${network#"~"}" ] || [ -n "$as" ] || continue
    $as podman network rm -- "${network#"~"}" >/dev/null 2>&1 </dev/null || code=$?
    # podman-network-rm(1): it is removed, or was not there.
    [ "$code" -le 1 ] || printf '%s\n' "$network" >>"$work/kept"
  done <"$work/left"
  # shellcheck disable=SC2016 # the inner shell expands it
  list='cat >"$1"; [ -s "$1" ] || rm -f "$1"'
  grep -v '^~' "$work/kept" | sh -c "$list" sh "$roots"
  [ -z "$as_account" ] || sed -n 's/^~//p' "$work/kept" | fed "$as_account" sh -c "$list" sh "$shared/networks"
}
