# shellcheck shell=bash disable=SC2154
# What checks the workflows of template/, from Go modules: $cache/actionlint/actionlint. A step of tools/setup.sh,
# by its with_go, and go_build of engine.sh.

actionlint_version=1.7.12

setup_actionlint() {
  with_go actionlint "$actionlint_version" make_actionlint "actionlint $actionlint_version: some seconds" "the lint of the workflows"
}

make_actionlint() { go_build "$1/actionlint" github.com/rhysd/actionlint/cmd/actionlint "v$actionlint_version"; }
