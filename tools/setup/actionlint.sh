# shellcheck shell=bash disable=SC2154
# What checks the workflows of template/, from Go modules: $cache/actionlint/actionlint. A step of tools/setup.sh, which has $cache, say,
# digest, build and go_build (engine.sh).

actionlint_version=1.7.12

setup_actionlint() {
  local name
  name=actionlint-$actionlint_version-$(digest "$tools/setup/actionlint.sh")
  if [ ! -d "$cache/$name" ]; then
    command -v go >/dev/null || {
      say "there is no Go to build it with: the lint of the workflows is skipped"
      return
    }
    say "building actionlint $actionlint_version: some seconds"
  fi
  build "$name" actionlint make_actionlint
  say "$cache/actionlint"
}

make_actionlint() { go_build "$1/actionlint" github.com/rhysd/actionlint/cmd/actionlint "v$actionlint_version"; }
