# shellcheck shell=bash
# For checks that need a program which is installed on the machine.

# has_tool TOOL: whether it is installed. If it is not, the check fails, unless $CHECK_TOOLS is "optional": then it says what was not checked.
has_tool() {
  command -v "$1" >/dev/null && return
  if [ "${CHECK_TOOLS:-}" = optional ]; then
    echo "NOT CHECKED by $1, which is not installed"
    return 1
  fi
  echo "$1 is not installed (Debian: apt-get install $1). To check all else: make check CHECK_TOOLS=optional" >&2
  exit 1
}
