#!/usr/bin/env bash
# Common misspellings in all texts, by codespell. Fails where it is missing, unless $CHECK_TOOLS is "optional".
set -euo pipefail
cd "$(dirname "$0")/.."

# A program, and an example of a typing error.
names=passt,netwrok
# What tests misspell on purpose, or cut.
mistakes=adress,apche,cancell,comand,lables,longe,manger,nd,pasword,retrun,te

if ! command -v codespell >/dev/null; then
  [ "${CHECK_TOOLS:-}" != optional ] || { echo "NOT CHECKED by codespell, which is not installed" && exit; }
  echo "codespell is not installed (Debian: apt-get install codespell). To check all else: make check CHECK_TOOLS=optional" >&2
  exit 1
fi

# check WORDS PATHSPEC…: without those words, as codespell writes them
check() {
  local words=$1
  shift
  git ls-files -z --cached --others --exclude-standard -- "$@" ':!*package-lock.json' ':!*.svg' ':!tools/check-spelling.sh' |
    xargs -0 codespell --ignore-words-list "$words" --ignore-regex '\b[a-z]+[A-Z]\w*' # no names as "ofSet"
}

check "$names" ':!test'
check "$names,$mistakes" test
