# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together

# Each account has a storage of its own, and so a list of its own of what was pulled into it.
of_account=
[ -z "$as_account" ] || of_account=-$account

# Removes the images that were pulled for a set and that no set needs any more. One that somebody else uses stays.
prune_images() {
  pulled=$state/pulled$of_account
  [ -e "$pulled" ] || return 0
  : >"$work/pulled"
  while IFS= read -r image; do
    if is_needed "$image" || { $as_account podman image exists "$image" && ! $as_account podman rmi "$image"; }; then
      printf '%s\n' "$image" >>"$work/pulled"
    fi
  done <"$pulled"
  cp "$work/pulled" "$pulled"
}

# is_needed IMAGE: by a set of the same account.
is_needed() {
  for needs in "$state"/sets/*/images; do
    grep -Fxqs -e "$account" "${needs%/images}/account" && grep -Fxqs -e "$1" "$needs" && return 0
  done
  return 1
}

# podman makes its storage in the home directory of an account at its first command: remembers that it was not there before.
own_storage() {
  if [ "$manager" = system ] && [ -z "$as_account" ]; then return 0; fi
  [ -e "$home/.local/share/containers" ] && return 0
  made=
  as=$as_account
  make_directory "$home/.config" && make_directory "$home/.local/share" && keep_made && : >"$state/storage$of_account"
}

# Only what an account did not have before, and only when nobody has put anything else into it.
remove_storage() {
  [ -e "$state/storage$of_account" ] || return 0
  rm -f "$state/storage$of_account"
  held=$($as_account sh -c 'podman ps --all --quiet && podman images --all --quiet && podman volume ls --quiet &&
    podman secret ls --quiet && podman network ls --quiet') || return 0
  # Not by `podman unshare`, in whose mount namespace a part of it is a mount point.
  [ "$held" = podman ] && $as_account rm -rf "$home/.local/share/containers"
}

step_pull() {
  own_storage || return 1
  present=no
  $as_account podman image exists "$2" && present=yes
  case $1 in
    never)
      [ "$present" = yes ] && return 0
      echo "the image is not on the host, and pull is \"never\""
      return 1
      ;;
    missing) [ "$present" = yes ] && return 0 ;;
  esac
  set -- "$2" "$3"
  if [ "$2" = login ]; then
    # The account reads the logins from standard input: nothing of them is a file of its own.
    $as_account podman pull --quiet --authfile /dev/stdin "$1" <"$work/registries" || return 1
  else
    $as_account podman pull --quiet "$1" || return 1
  fi
  [ "$present" = yes ] || printf '%s\n' "$1" >>"$state/pulled$of_account"
}
