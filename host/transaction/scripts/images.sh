# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together

# Removes the images that were pulled for a set and that no set needs any more. An image that something else uses stays.
prune_images() {
  [ -e "$shared/pulled" ] || return 0
  $as_account head -c 1000000 "$shared/pulled" >"$work/had"
  : >"$work/pulled"
  while IFS= read -r image; do
    if is_needed "$image" || ! is_removed "$image" </dev/null; then printf '%s\n' "$image" >>"$work/pulled"; fi
  done <"$work/had"
  # shellcheck disable=SC2016 # the inner shell expands it
  fed "$as_account" sh -c 'cat >"$1"; [ -s "$1" ] || rm -f "$1"' sh "$shared/pulled" <"$work/pulled"
}

# is_present IMAGE: 0 yes, 1 no; others: podman can't tell (podman-image-exists(1)).
is_present() { $as_account podman image exists "$1"; }

# is_removed IMAGE: removes it; true also if it was gone before.
is_removed() {
  code=0
  is_present "$1" || code=$?
  case $code in
    0) $as_account podman rmi "$1" ;;
    1) return 0 ;;
    *) return 1 ;;
  esac
}

# keep_needs: writes the images that this set needs, and its units of the account's manager by their plain names, to the account's records.
keep_needs() {
  [ -n "$as_account" ] || return 0
  # shellcheck disable=SC2016 # the inner shell expands it
  { cat "$own/images" && { ! [ -e "$own/units" ] || sed -n 's/^~//p' "$own/units"; }; } >"$work/needs" &&
    fed "$as_account" sh -c 'cat >"$1"' sh "$shared/system/$set" <"$work/needs"
}

# is_needed IMAGE: whether a set of the same account needs it, in either manager; without an account, a set of root.
is_needed() (
  if [ "$account" != - ]; then
    # shellcheck disable=SC2016 # the inner shell expands it
    $as_account sh -c 'grep -Fxqs -e "$1" "$2"/sets/*/images "$2"/system/*' sh "$1" "$shared" </dev/null
    return
  fi
  set +f
  for needs in "$state"/sets/*/images; do
    grep -Fxqs -e "$account" "${needs%/images}/account" && grep -Fxqs -e "$1" "$needs" && return 0
  done
  return 1
)

# podman creates its storage in the home directory of an account at its first command. This records that it was not there before.
own_storage() {
  if [ "$manager" = system ] && [ -z "$as_account" ]; then return 0; fi
  [ -e "$home/.local/share/containers" ] && return 0
  made=
  as=$as_account
  make_directory "$home/.config" && make_directory "$home/.local/share" && keep_made && $as touch "$shared/storage" && first_podman
}

# Only if the account did not have the storage before, and only if nothing else was put into it.
remove_storage() {
  [ -e "$shared/storage" ] || return 0
  $as_account rm -f "$shared/storage"
  stored=$($as_account sh -c 'podman ps --all --quiet && podman images --all --quiet && podman volume ls --quiet &&
    podman secret ls --quiet && podman network ls --quiet') || return 0
  # Not by `podman unshare`: in its mount namespace, a part of the storage is a mount point.
  [ "$stored" = podman ] && $as_account rm -rf "$home/.local/share/containers"
}

step_pull() {
  one_at_a_time own_storage || return 1
  before=$(image_id "$2" 2>/dev/null) || {
    code=0
    is_present "$2" || code=$?
    case $code in
      # Another set has pulled it in between.
      0) before=$(image_id "$2") || return 1 ;;
      1) before= ;;
      *) return 1 ;;
    esac
  }
  case $1$before in
    kept*)
      bring_back_image "$2" "$before"
      return
      ;;
    never)
      echo "the image is not on the host, and pull is \"never\""
      return 1
      ;;
    never* | missing?*)
      started_with "$before" "$2"
      return
      ;;
  esac
  if [ -z "$before" ]; then
    pulled=$(pull_image "$2" "$3") && is_id "$pulled" && started_with "$pulled" "$2" && one_at_a_time note_pulled "$2"
    return
  fi
  # On the disk before the pull moves the tag, as podman's change is on the disk as well.
  note image "$before" "$2" && sync "$own/journal" &&
    pulled=$(pull_image "$2" "$3") && is_id "$pulled" && started_with "$pulled" "$2" || return 1
  [ "$pulled" = "$before" ] || keep_back "$pulled" "$2" "$before"
}

# pull_image REFERENCE login|-: prints the image's id. Images may be large.
pull_image() (
  as_limit=86400
  if [ "$2" = login ]; then
    # The account reads the logins from standard input: they are never in a file of the account.
    fed "$as_account" podman pull --quiet --authfile /dev/stdin "$1" <"$work/registries"
  else
    $as_account podman pull --quiet "$1"
  fi
)

# keep_back ID REFERENCE BEFORE: the image that was pulled waits for its tag under another name. The running version may crash
# before that, and must start again from its own image. $work/kept has lines of NAME and REFERENCE, $work/kept.sed puts the
# names into the text of a unit.
keep_back() {
  name=localhost/quadlet-fleet/$manager:$set-$(wc -l <"$work/kept")
  note kept "$1" "$name" && sync "$own/journal" && $as_account podman tag "$3" "$2" && $as_account podman tag "$1" "$name" || return 1
  printf '%s\t%s\n' "$name" "$2" >>"$work/kept"
  # In a reference, only these characters have a meaning in a regular expression.
  pattern=$(printf %s "$2" | sed 's/[].[]/\\&/g')
  printf '%s\n' "s#^Image=$pattern\$#Image=$name#" \
    "/^ExecStart=/s#([[:space:]\"'])$pattern([[:space:]\"']|\$)#\\1$name\\2#" >>"$work/kept.sed"
}

# image_of REFERENCE: prints the name under which the new version's image is stored.
image_of() {
  found=$1
  while IFS=$tab read -r name reference; do
    [ "$reference" != "$1" ] || found=$name
  done <"$work/kept"
  printf %s "$found"
}

# tag REFERENCE: from now on the reference stands for the new version's image.
step_tag() {
  name=$(image_of "$1")
  [ "$name" != "$1" ] || return 0
  $as_account podman tag "$name" "$1"
}

# leave_kept: removes the names of images that were kept back: they have their tags by now.
leave_kept() {
  while IFS=$tab read -r name reference; do leave_name "$name" </dev/null; done <"$work/kept"
}

# leave_name NAME: removes the name of an image that was kept back; true also if no image has the name.
leave_name() { $as_account podman untag "$1" "$1" || {
  is_present "$1"
  [ $? = 1 ]
}; }

# image_id REFERENCE: prints the id of an image on the host.
image_id() {
  id=$($as_account podman image inspect --format '{{.Id}}' -- "$1") && is_id "$id" && printf %s "$id"
}

is_id() { case $1 in "" | *[!0-9a-f]*) return 1 ;; esac }

# Removes the images that tags stood for before the pull.
prune_replaced() {
  while IFS=$tab read -r kind id reference; do
    if [ "$kind" = image ]; then remove_nameless "$id" </dev/null; fi
  done <"$work/undo"
  return 0
}

# remove_nameless ID: unless the image is in use. An image with a name is still needed, and podman would remove the name as well.
remove_nameless() {
  $as_account podman images --quiet --no-trunc --filter dangling=true | grep -Fxq -e "sha256:$1" && $as_account podman rmi "$1"
}

note_pulled() {
  # shellcheck disable=SC2016 # the inner shell expands it
  printf '%s\n' "$1" | fed "$as_account" sh -c 'cat >>"$1"' sh "$shared/pulled"
}
