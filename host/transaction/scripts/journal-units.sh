# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# The units that a rollback handles in addition to those that the journal names. The plan tells what each file makes: $own/units has lines
# of UNIT, PATH and "serves" or "-", $own/before/units those of the set as it was.

# lent_units: prints the lent units, the last one first.
lent_units() {
  while IFS=$tab read -r kind unit subject; do
    [ "$kind" = lent ] || continue
    [ "$unit" != - ] || unit=$(guessed_unit "$subject")
    printf '%s\n' "$unit"
  done <"$work/undo"
}

# guessed_unit PATH: the unit of a file, from what format 1 kept; nothing for a file that is not a unit.
guessed_unit() {
  case $1 in
    */systemd/*.container) printf '%s.service\n' "$(basename "$1" .container)" ;;
    */systemd/*.socket | */systemd/*.service) printf '%s\n' "${1##*/}" ;;
  esac
}

# add_started: adds units that the boot has started to those that are brought back. The boot may still go on, so
# this is done more than once.
add_started() {
  [ "$cause" = boot ] && [ -d "$own/before" ] || return 0
  started_by_boot >"$work/started"
  sockets_of <"$work/started" >>"$work/reopen"
  services_of <"$work/started" >>"$work/active"
}

# started_by_boot: units of the set as it was that run since the boot, perhaps with the files that are rolled back now.
started_by_boot() {
  units_before >"$work/known"
  while IFS= read -r unit; do
    found=$(ctl show --property=ActiveState --value "$unit" </dev/null) || failed="$failed asking:$unit"
    case $found in
      active | activating | reloading) grep -Fxq -e "$unit" "$work/reopen" "$work/active" || printf '%s\n' "$unit" ;;
    esac
  done <"$work/known"
}

# units_before: what started_by_boot asks about.
units_before() {
  if [ -e "$own/before/units" ]; then
    while IFS=$tab read -r unit path what; do
      [ "$what" != serves ] || printf '%s\n' "$unit"
    done <"$own/before/units"
  else
    while IFS= read -r target; do guessed_unit "$target"; done <"$own/before/manifest"
  fi
}
