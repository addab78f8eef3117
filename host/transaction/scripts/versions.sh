# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# The version that a set has, and the one before it, for `quadlet-fleet rollback`. Each is a directory: $own/version, $own/former, and
# $own/version.new of a commit that is not through yet.
#   text     what was deployed (provider/version.ts)
#   images   lines of ID and REFERENCE: the images that it was started with
#   kept     lines of NAME and REFERENCE: a former version's images that the present one has not, and the name that keeps each

# started_with ID REFERENCE: by this transaction.
started_with() { printf '%s\t%s\n' "$1" "$2" >>"$work/started-with"; }

# offer_version: before the journal goes.
offer_version() {
  [ -s "$work/version" ] || return 0
  rm -rf "$own/version.new"
  mkdir -m 0700 "$own/version.new" && cp "$work/version" "$own/version.new/text" && images_now >"$own/version.new/images" &&
    sync "$own"/version.new/* "$own/version.new"
}

# images_now: those of the version before that have not started anew are the same.
images_now() {
  while IFS= read -r reference; do
    { cat "$work/started-with" "$own/version/images" 2>/dev/null || true; } | while IFS=$tab read -r id of; do
      [ "$of" = "$reference" ] && printf '%s\t%s\n' "$id" "$of" && break
    done
  done <"$work/images"
  return 0
}

# settle_version: after the journal has gone. A repair is no other version.
settle_version() {
  [ -d "$own/version.new" ] || return 0
  if cmp -s "$own/version.new/text" "$own/version/text" && cmp -s "$own/version.new/images" "$own/version/images"; then
    rm -rf "$own/version.new"
    return
  fi
  if [ -d "$own/version" ]; then
    one_at_a_time keep_images
    rm -rf "$own/former" && mv "$own/version" "$own/former"
  fi
  mv "$own/version.new" "$own/version" && sync "$own"
}

# keep_images: each image of $own/version that $own/version.new has not gets a name of ours, as a tag may move and what has no name is
# pruned. The names of the version before that go.
keep_images() {
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
  forget_kept
}

# let_go_of NAME: what it stands for may have no other name.
let_go_of() {
  if grep -qs "^$1$tab" "$own/former/kept" && image_id "$1" </dev/null; then echo; fi >>"$work/left"
}

# forget_kept: the names of $own/former that $own/version has no use for, and what has no name any more.
forget_kept() {
  [ -e "$own/former/kept" ] || return 0
  while IFS=$tab read -r name reference; do
    grep -qs "^$name$tab" "$own/version/kept" && continue
    let_go_of "$name"
    leave_name "$name" </dev/null
  done <"$own/former/kept"
  while IFS= read -r id; do remove_nameless "$id" </dev/null; done <"$work/left"
  return 0
}

# forget_former: the set goes.
forget_former() {
  : >"$work/left"
  rm -f "$own/version/kept"
  forget_kept
}

# bring_kept REFERENCE ID: gives the reference the image that it had in the version before. ID is what it stands for now, "" for nothing.
bring_kept() {
  name=
  if [ -e "$own/former/kept" ]; then
    while IFS=$tab read -r found reference; do
      [ "$reference" != "$1" ] || name=$found
    done <"$own/former/kept"
  fi
  if [ -z "$name" ] && [ -n "$2" ]; then
    started_with "$2" "$1"
    return
  fi
  if [ -z "$name" ] || ! was=$(image_id "$name"); then
    echo "the image of the version before is not on the host any more: somebody has removed it"
    return 1
  fi
  started_with "$was" "$1"
  if [ -z "$2" ]; then
    $as_account podman tag "$name" "$1" && one_at_a_time note_pulled "$1"
    return
  fi
  [ "$was" != "$2" ] || return 0
  note image "$2" "$1" && sync "$own/journal" && keep_back "$was" "$1" "$2"
}

# encoded_file PATH: nothing where it is not there.
encoded_file() { [ ! -e "$1" ] || encoded <"$1"; }

# query_versions: where it was asked for.
query_versions() {
  grep -q '^versions$' "$work/query" || return 0
  printf '{"event":"versions","now":"%s","former":"%s","images":"%s"}\n' \
    "$(encoded_file "$own/version/text")" "$(encoded_file "$own/former/text")" "$(encoded_file "$own/former/kept")"
}
