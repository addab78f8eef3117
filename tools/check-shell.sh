#!/usr/bin/env bash
# Checks shell scripts with shellcheck, and their format with shfmt (.editorconfig).
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/has-tool.sh

# run TOOL OPTIONS…
run() {
  has_tool "$1" || return 0
  git ls-files -z --cached --others --exclude-standard '*.sh' .ci/run | xargs -0 "$@"
}

run shellcheck --external-sources
run shfmt --diff
