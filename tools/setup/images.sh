# shellcheck shell=bash disable=SC2154
# A registry with stand-ins for the images of the examples, in a directory to chroot into: $cache/images.
# A step of tools/setup.sh, which has $cache, $tools, say, digest and build. Needs the step base.

setup_images() {
  local name recipe
  mapfile -t recipe < <(find "$tools/images" -type f | sort)
  name=images-$(digest "$tools/setup/base.sh" "${recipe[@]}")
  [ -d "$cache/$name" ] || { QUADLET_FLEET_BASE=trixie setup_base && say "downloading nginx, building the stand-in images and their registry: half a minute, 100 MB in $cache"; }
  build "$name" images make_images
  say "$cache/images"
}

# In a mount namespace, so that nothing stays mounted, whatever happens.
make_images() {
  unshare --mount --pid --fork --kill-child --mount-proc "$tools/images/build.sh" "$(realpath "$cache/base")" "$1"
}
