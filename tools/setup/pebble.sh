# shellcheck shell=bash disable=SC2154
# Let's Encrypt's ACME server for tests, from Go modules: $cache/pebble/pebble. A step of tools/setup.sh, which has $cache, say, digest,
# build and go_build (engine.sh).

pebble_version=2.10.3

setup_pebble() {
  local name
  name=pebble-$pebble_version-$(digest "$tools/setup/pebble.sh")
  if [ ! -d "$cache/$name" ]; then
    command -v go >/dev/null || {
      say "there is no Go to build it with: acme of test/hosts is skipped"
      return
    }
    say "building Pebble $pebble_version: half a minute"
  fi
  build "$name" pebble make_pebble
  say "$cache/pebble"
}

make_pebble() { go_build "$1/pebble" github.com/letsencrypt/pebble/v2/cmd/pebble "v$pebble_version"; }
