# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together

# Removes the images that were pulled for a set and that no set needs any more. One that somebody else uses stays.
prune_images() {
  [ -e "$state/pulled" ] || return 0
  : >"$work/pulled"
  while IFS= read -r image; do
    if grep -Fxqs -e "$image" "$state"/sets/*/images || { podman image exists "$image" && ! podman rmi "$image"; }; then
      printf '%s\n' "$image" >>"$work/pulled"
    fi
  done <"$state/pulled"
  cp "$work/pulled" "$state/pulled"
}

# podman makes its storage in the home directory of an account at its first command: remembers that it was not there before.
own_storage() {
  storage=$HOME/.local/share/containers
  [ "$manager" = user ] || return 0
  [ -e "$storage" ] && return 0
  made=
  make_directory "$HOME/.config" && make_directory "$HOME/.local/share" && keep_made && : >"$state/storage"
}

# Only what an account did not have before, and only when nobody has put anything else into it.
remove_storage() {
  [ -e "$state/storage" ] || return 0
  rm -f "$state/storage"
  held=$(podman ps --all --quiet && podman images --all --quiet && podman volume ls --quiet && podman secret ls --quiet &&
    podman network ls --quiet) || return 0
  # Not by `podman unshare`, in whose mount namespace a part of it is a mount point.
  [ "$held" = podman ] && rm -rf "$HOME/.local/share/containers"
}

step_pull() {
  own_storage || return 1
  present=no
  podman image exists "$2" && present=yes
  case $1 in
    never)
      [ "$present" = yes ] && return 0
      echo "the image is not on the host, and pull is \"never\""
      return 1
      ;;
    missing) [ "$present" = yes ] && return 0 ;;
  esac
  if [ "$3" = login ]; then
    podman pull --quiet --authfile "$work/registries" "$2" || return 1
  else
    podman pull --quiet "$2" || return 1
  fi
  [ "$present" = yes ] || printf '%s\n' "$2" >>"$state/pulled"
}
