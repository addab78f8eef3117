# shellcheck shell=sh
# shellcheck disable=SC2094 # a file is read, and never written
# Reads an access log that is a file and that is renamed from time to time: access.log, access.log.1 and so on.
# Arguments: a token, a pattern of PCRE ("" for none), then one of
#   history LINES SINCE FILE…    the last lines ("all"), or those since a second ("" for no limit), up to now
#   follow INODE POSITION FILE…  the lines after a place in a file ("" for its beginning), and new ones as they come
# of the first FILE that exists. A line "TOKEN INODE POSITION" says where in the file the lines after it begin; an
# empty line comes before it.
# With a pattern, each line begins with its distance from that position: "BYTES:".
token=$1 pattern=$2 mode=$3 first=$4 second=$5
shift 5
printf '{"event":"running"}\n'

# KiB that each command may have: a file may be one endless line.
# shellcheck disable=SC3045 # dash, bash and busybox have it
ulimit -v 1000000

if [ -n "$pattern" ]; then
  # Searches nothing: the status is 1, unless the pattern is bad.
  grep --perl-regexp -e "$pattern" </dev/null
  [ "$?" = 1 ] || exit 2
fi

find_file() {
  for candidate in "$@"; do
    # shellcheck disable=SC2088 # it is written so
    case $candidate in "~/"*) candidate=$HOME/${candidate#"~/"} ;; esac
    if [ -e "$candidate" ]; then
      file=$candidate
      return
    fi
  done
  return 1
}

filter() {
  if [ -n "$pattern" ]; then
    grep --text --byte-offset --line-buffered --perl-regexp -e "$pattern"
  else
    cat
  fi
}

inode_of() { stat -L -c %i -- "$1" 2>/dev/null; }

# mark FILE POSITION
mark() { printf '\n%s %s %s\n' "$token" "$(inode_of "$1")" "$2"; }

# The commands below have the file open as descriptor 4.
opened=/proc/self/fd/4

# with_file FILE COMMAND…: runs a shell function that has the file open. A container may write to the directory of the file, and root reads
# it. A FIFO there would block, and a link could lead to any file or device of the host.
with_file() {
  [ -e "$1" ] || return 0
  if [ -L "$1" ] || [ ! -f "$1" ]; then refuse "$1"; fi
  # The file may be replaced here.
  {
    case $(readlink "$opened") in
      "$(cd -P -- "${1%/*}" && pwd -P)"/*) [ -f "$opened" ] || refuse "$1" ;;
      *) refuse "$1" ;;
    esac
    shift
    "$@"
  } 4<"$1"
}

refuse() {
  printf '%s is not a regular file\n' "$1" >&2
  exit 2
}

# history_of_file: its lines, then a mark where they end.
history_of_file() {
  position=
  if [ "$lines" = 0 ]; then
    position=$(stat -L -c %s "$opened")
  elif [ -n "$since" ]; then
    from=$(start)
    mark "$opened" "$from"
    tail -c "+$((from + 1))" <&4 | filter
  elif [ -n "$pattern" ]; then
    filter <&4 | tail -n "$lines"
  else
    tail -n "$lines" <&4
  fi
  # The position up to which the file was read.
  mark "$opened" "${position:-$(sed -n 's/^pos:[[:blank:]]*//p' /proc/self/fdinfo/4)}"
}

# start: the position of a line that is before the first one since $since. Found by bisection, as the file may be huge.
start() {
  low=0 high=$(stat -L -c %s "$opened")
  while [ "$((high - low))" -gt 65536 ]; do
    middle=$(((low + high) / 2))
    seconds=$(seconds_at "$middle")
    if [ -n "$seconds" ] && [ "$seconds" -lt "$since" ]; then low=$middle; else high=$middle; fi
  done
  # Go on to the beginning of the next line.
  [ "$low" = 0 ] || low=$((low + $(tail -c "+$((low + 1))" "$opened" | head -n 1 | wc -c)))
  echo "$low"
}

# seconds_at POSITION: the time of the first line after the position that has one, else "". Text in quotes is ignored: clients write it.
seconds_at() {
  time=$(tail -c "+$1" "$opened" | head -n 50 |
    sed -n '1d; s/"[^"]*"//g; s|.*\[\(..\)/\(...\)/\(....\):\(..:..:..\) \([+-]....\)\].*|\1 \2 \3 \4 \5|p' | head -n 1)
  [ -z "$time" ] || date -d "$time" +%s 2>/dev/null
}

history() {
  lines=$1 since=$2
  shift 2
  find_file "$@" || return 0
  older=0
  if [ -n "$since" ]; then
    while [ -e "$file.$((older + 1))" ] && [ "$(stat -c %Y -- "$file.$((older + 1))")" -ge "$since" ]; do
      older=$((older + 1))
    done
  elif [ "$lines" != 0 ] && [ -e "$file.1" ]; then
    older=1
  fi
  while [ "$older" -gt 0 ]; do
    with_file "$file.$older" history_of_file
    older=$((older - 1))
  done
  with_file "$file" history_of_file
}

# rest POSITION
rest() {
  mark "$opened" "$1"
  tail -c "+$(($1 + 1))" <&4 | filter
}

follow() {
  inode=$1 position=${2:-0}
  shift 2
  until find_file "$@"; do sleep 1; done
  if [ -n "$inode" ] && [ "$(inode_of "$file")" != "$inode" ]; then
    # The file was renamed meanwhile. If it was removed meanwhile, the rest of it is lost.
    older=1
    while [ -e "$file.$older" ] && [ "$(inode_of "$file.$older")" != "$inode" ]; do older=$((older + 1)); done
    [ -e "$file.$older" ] || older=0
    while [ "$older" -gt 0 ]; do
      with_file "$file.$older" rest "$position"
      position=0
      older=$((older - 1))
    done
    position=0
  fi
  while :; do
    if [ -e "$file" ]; then with_file "$file" follow_file; else sleep 1; fi
    position=0
  done
}

# follow_file: until another file has the name, and for two more seconds, as nginx logs its last answers to the old file.
follow_file() {
  inode=$(inode_of "$opened")
  # The file was emptied.
  [ "$(stat -L -c %s "$opened")" -ge "$position" ] || position=0
  mark "$opened" "$position"
  {
    while [ "$(inode_of "$file")" = "$inode" ]; do sleep 1; done
    sleep 2
  } &
  tail --pid="$!" --sleep-interval=0.2 -f -c "+$((position + 1))" <&4 | filter
}

"$mode" "$first" "$second" "$@"
