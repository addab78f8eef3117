# shellcheck shell=bash disable=SC2154
# Servers that keep the state of stacks in tests, from Go modules: $cache/servers/versitygw, which is S3-compatible, and
# $cache/servers/local-kms, which has the API of AWS KMS and is made for tests. PostgreSQL is a Debian package (packages.sh).
# A step of tools/setup.sh, by its with_go, and go_build of engine.sh.

versitygw_version=1.8.0
# It has no tag that Go knows.
local_kms_version=0.0.0-20260228092603-2a5e92d09ab6

setup_servers() {
  with_go servers "$versitygw_version" make_servers "versitygw $versitygw_version and local-kms: a minute or two" \
    "what backends of test/hosts does with S3 and cloud keys"
}

make_servers() {
  go_build "$1/versitygw" github.com/versity/versitygw/cmd/versitygw "v$versitygw_version" &&
    go_build "$1/local-kms" github.com/nsmithuk/local-kms "v$local_kms_version"
}
