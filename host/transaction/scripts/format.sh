# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# The format of what is kept on a host: marks, journals, copies, the recovery script. $state and $shared each have a file "format"
# with the format of what was written there last. A newer format is refused, an older one is read.
#   1   has no such file, no tables of units, and "-" as the unit of what was lent (journal-units.sh)
#   2   keeps no images back: a tag stands for the new image as soon as it is pulled
#   3   knows no units of the account's manager in a set of the host's ("~NAME")
#   4   this one
# The file is written before the set's mark, so that no older version takes the mark for its own. A boot needs no check: step_begin replaces
# the recovery script before there is a journal that the older script can't read.
format=4

# kept_format DIRECTORY: prints its format. Runs as the directory's owner, $as, who may have put anything there.
kept_format() {
  # shellcheck disable=SC2016 # the inner shell expands it
  $as sh -c 'if [ -f "$1" ]; then head -c 100 "$1"; elif ! [ -e "$1" ]; then echo 1; fi' sh "$1/format"
}

# can_read DIRECTORY: whether its format can be read; reports why not. Runs as the directory's owner, $as.
can_read() {
  kept=$(kept_format "$1")
  case $kept in
    "" | 0* | *[!0-9]* | ??????????*) reason=unknown-format ;;
    *)
      [ "$kept" -gt "$format" ] || return 0
      reason=newer-format
      ;;
  esac
  printf '{"event":"refused","reason":"%s","file":"%s","kept":"%s","reads":%d}\n' \
    "$reason" "$(printf %s "$1/format" | encoded)" "$(printf %s "$kept" | encoded)" "$format"
  return 1
}

can_read_all() {
  as=
  can_read "$state" || return 1
  as=$as_account
  [ "$shared" = "$state" ] || can_read "$shared"
}

# note_format DIRECTORY: writes the format, as the directory's owner, $as.
note_format() {
  [ "$(kept_format "$1")" != "$format" ] || return 0
  printf '%s\n' "$format" >"$work/format" && stage "$work/format" 0644 "$1/format.new" &&
    $as mv -fT "$1/format.new" "$1/format" && $as sync "$1"
}
