# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# The version that a set has, and the one before it, for `quadlet-fleet rollback`. Each is a directory: $own/version, $own/former, and,
# until a commit is complete, $own/version.new.
#   text     what was deployed (provider/version.ts)
#   alone    in version.new: the previous version has in clear text what is a secret now, and is not kept
#   images   lines of ID and REFERENCE: the images that it was started with
#   kept     lines of NAME and REFERENCE: images of a former version that the present one does not have; NAME keeps each from being pruned

# started_with ID REFERENCE: records the image that this transaction starts.
started_with() { printf '%s\t%s\n' "$1" "$2" >>"$work/started-with"; }

# stage_version: writes everything that takes room, before anything changes.
stage_version() {
  [ -s "$work/version" ] || return 0
  rm -rf "$own/version.new"
  mkdir -m 0700 "$own/version.new" && cp "$work/version" "$own/version.new/text" && sync "$own/version.new/text" || return 1
  [ ! -s "$work/alone" ] || : >"$own/version.new/alone"
}

# offer_version: completes version.new, before the journal is removed.
offer_version() {
  [ -d "$own/version.new" ] || return 0
  images_now >"$own/version.new/images" && sync "$own/version.new/images" "$own/version.new"
}

# images_now: what was not started again has the images of the previous version.
images_now() {
  while IFS= read -r reference; do
    id=$(image_in "$reference" "$work/started-with")
    [ -n "$id" ] || id=$(image_in "$reference" "$own/version/images")
    [ -z "$id" ] || printf '%s\t%s\n' "$id" "$reference" || return 1
  done <"$work/images"
}

# image_in REFERENCE LIST: prints the id, or nothing if it is not known.
image_in() {
  [ -e "$2" ] || return 0
  while IFS=$tab read -r image of; do
    if [ "$of" = "$1" ] && is_id "$image"; then
      printf %s "$image"
      return
    fi
  done <"$2"
}

# settle_version: after the journal is removed. With the same text, the deploy was a repair, and not another version.
settle_version() {
  [ -d "$own/version.new" ] || return 0
  if cmp -s "$own/version.new/text" "$own/version/text"; then
    mv "$own/version.new/images" "$own/version/images" && sync "$own/version"
    rm -rf "$own/version.new"
    return
  fi
  if [ -e "$own/version.new/alone" ]; then
    one_at_a_time forget_former
    rm -rf "$own/former" "$own/version" "$own/version.new/alone"
  elif [ -d "$own/version" ]; then
    one_at_a_time keep_images
    rm -rf "$own/former" && mv "$own/version" "$own/former"
  fi
  mv "$own/version.new" "$own/version" && sync "$own"
}

# keep_images: gives a name of ours to each image of $own/version that $own/version.new does not have, as a tag may move and an image
# without a name is pruned. Removes the names of the version before that.
keep_images() {
  ! is_orphan || return 0
  number=0
  : >"$own/version/kept"
  : >"$work/left"
  # image_id sets $id.
  while IFS=$tab read -r image reference; do
    grep -Fxqs -e "$image$tab$reference" "$own/version.new/images" && continue
    name=localhost/quadlet-fleet/former/$manager:$set-$number
    let_go_of "$name"
    $as_account podman tag "$image" "$name" </dev/null && printf '%s\t%s\n' "$name" "$reference" >>"$own/version/kept"
    number=$((number + 1))
  done <"$own/version/images"
  sync "$own/version/kept"
  forget_kept
}

# is_kept NAME VERSION
is_kept() { [ -e "$2/kept" ] && cut -f 1 "$2/kept" | grep -Fxq -e "$1"; }

# let_go_of NAME: remembers its image, which may have no other name.
let_go_of() {
  if is_kept "$1" "$own/former" && image_id "$1" </dev/null; then echo; fi >>"$work/left"
}

# forget_kept: removes the names of $own/former that $own/version does not use, and the images that then have no name.
forget_kept() {
  [ -e "$own/former/kept" ] && ! is_orphan || return 0
  while IFS=$tab read -r name reference; do
    is_kept "$name" "$own/version" && continue
    let_go_of "$name"
    leave_name "$name" </dev/null
  done <"$own/former/kept"
  while IFS= read -r id; do remove_nameless "$id" </dev/null; done <"$work/left"
  return 0
}

# forget_former: removes the names of the former version's images.
forget_former() {
  : >"$work/left"
  rm -f "$own/version/kept"
  forget_kept
}

# bring_back_image REFERENCE ID: gives the reference the image that it had in the version that comes back: the previous one, or the present
# one if an update had failed. ID is the image that it stands for now, "" for none.
bring_back_image() {
  if cmp -s "$work/version" "$own/former/text"; then
    was=$(image_in "$1" "$own/former/images")
  elif cmp -s "$work/version" "$own/version/text"; then
    was=$(image_in "$1" "$own/version/images")
  else
    echo "another version was deployed here a moment ago"
    return 1
  fi
  if [ -z "$was" ]; then
    echo "the host does not know which image it was: the previous version was deployed by an older quadlet-fleet"
    return 1
  fi
  if [ "$was" != "$2" ] && ! image_id "$was" >/dev/null 2>&1; then
    echo "the image is not on the host any more: an administrator or \`podman image prune\` has removed it"
    return 1
  fi
  started_with "$was" "$1"
  [ "$was" != "$2" ] || return 0
  if [ -z "$2" ]; then
    $as_account podman tag "$was" "$1" && one_at_a_time note_pulled "$1"
    return
  fi
  note image "$2" "$1" && sync "$own/journal" && keep_back "$was" "$1" "$2"
}

# The longest record that is sent.
longest_record=8388608

# query_versions: answers if it was asked for. A commit may have been cut off right after the journal was removed.
query_versions() {
  grep -q '^versions$' "$work/query" || return 0
  now=$own/version former=$own/former
  if [ -e "$own/committed" ] && [ -d "$own/version.new" ] && ! cmp -s "$own/version.new/text" "$own/version/text"; then
    now=$own/version.new former=$own/version
  fi
  printf '{"event":"versions","now":"%s","former":"%s","images":"%s","formerImages":"%s"}\n' \
    "$(recorded_in "$now/text")" "$(recorded_in "$former/text")" "$(recorded_in "$now/images")" "$(recorded_in "$former/images")"
}

# recorded_in PATH: prints a file, and nothing if it is not a file. In an account's own manager it may be anything.
recorded_in() { [ ! -f "$1" ] || head -c "$longest_record" -- "$1" | encoded; }
