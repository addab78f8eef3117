#!/usr/bin/env bash
# Finds common misspellings in all texts with codespell.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/has-tool.sh

# A program, and an example of a typing error.
names=passt,netwrok
# Words that tests misspell on purpose, or cut off.
mistakes=adress,apche,cancell,comand,lables,longe,manger,nd,pasword,retrun,te

has_tool codespell || exit 0

# check WORDS PATHSPEC…: ignores these words. codespell wants them in the form of its own list.
check() {
  local words=$1
  shift
  git ls-files -z --cached --others --exclude-standard -- "$@" ':!*package-lock.json' ':!*.svg' ':!tools/check-spelling.sh' |
    xargs -0 codespell --ignore-words-list "$words" --ignore-regex '\b[a-z]+[A-Z]\w*' # ignores names such as "ofSet"
}

check "$names" ':!test'
check "$names,$mistakes" test
