# shellcheck shell=bash disable=SC2154
# Let's Encrypt's ACME server for tests, from Go modules: $cache/pebble/pebble. A step of tools/setup.sh, by its
# with_go, and go_build of engine.sh.

pebble_version=2.10.3

setup_pebble() {
  with_go pebble "$pebble_version" make_pebble "Pebble $pebble_version: half a minute" "acme of test/hosts"
}

make_pebble() { go_build "$1/pebble" github.com/letsencrypt/pebble/v2/cmd/pebble "v$pebble_version"; }
