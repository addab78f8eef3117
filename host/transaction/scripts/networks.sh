# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# podman keeps a network when its quadlet goes (podman#23678), and removes no network that a container still uses, perhaps of another set.
# $own/networks has the names of the networks that the set has made, "~NAME" for those of the account's podman in a set of the host's.
# Two lists name the networks that sets have left behind because a container used them: $shared/networks those of the account's podman,
# $state/networks those of root's podman. Sets with an account have their own list of the second kind, as only sets of the same account wait
# for each other (one_at_a_time).

# roots_networks: sets $roots, the list of networks of root's podman.
roots_networks() {
  roots=$state/networks
  [ -z "$as_account" ] || roots=$state/networks.$account
}

# of_network NETWORK: sets $as, which runs the network's podman, and $behind, the list for networks that are left behind.
of_network() {
  as='' behind=$roots
  case $1 in "~"*) as=$as_account behind=$shared/networks ;; esac
}

# note_networks: records those of $work/networks that do not exist yet, or that were left behind.
note_networks() {
  [ -s "$work/networks" ] || return 0
  # Before the account's first podman runs.
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

# leave_networks WANTED: removes the networks that the set no longer has. If a container still uses one, the commit
# of a later set removes it.
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
