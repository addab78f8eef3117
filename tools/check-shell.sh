#!/usr/bin/env bash
# Shell scripts: what shellcheck finds, and the format of shfmt (.editorconfig). Fails for a tool that is missing, unless
# $CHECK_TOOLS is "optional": then it says what was not checked.
set -euo pipefail
cd "$(dirname "$0")/.."

# run TOOL OPTIONS…
run() {
  if command -v "$1" >/dev/null; then
    git ls-files -z --cached --others --exclude-standard '*.sh' .ci/run | xargs -0 "$@"
  elif [ "${CHECK_TOOLS:-}" = optional ]; then
    echo "NOT CHECKED by $1, which is not installed"
  else
    echo "$1 is not installed (Debian: apt-get install $1). To check all else: make check CHECK_TOOLS=optional" >&2
    return 1
  fi
}

run shellcheck --external-sources
run shfmt --diff
