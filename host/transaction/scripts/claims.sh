# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# What other sets have on the host. Sets of two managers may want the same file: those of the account's manager, and those of the host's
# manager that have units of the account. The second kind leaves a table of these units in the account's records (keep_needs in images.sh).

# claims paths|units: prints lines of SET and NAME, with NAME as this set writes it.
claims() (
  set +f
  for other in "$state"/sets/*; do
    if [ "$other" = "$own" ] || ! [ -e "$other/manifest" ]; then continue; fi
    # "~" may mean another account there.
    alike=.
    [ "$manager" = user ] || grep -Fxqs -e "$account" "$other/account" || alike='^[^~]'
    case $1 in
      paths) cat "$other/manifest" ;;
      units) cut -f 1 "$other/units" 2>/dev/null ;;
    esac | grep "$alike" | claimed_by "${other##*/}"
  done
  # A set of the same name in the other manager is this set, which moves from there: it may have the same names.
  if [ "$manager" = user ]; then
    for other in "$shared"/system/*; do
      if [ "$other" = "$shared/system/$set" ] || ! [ -e "$other" ]; then continue; fi
      case $1 in
        paths) grep "$tab" "$other" | cut -f 2 ;;
        units) grep "$tab" "$other" | cut -f 1 ;;
      esac | claimed_by "${other##*/}"
    done
  elif [ -n "$as_account" ]; then
    # shellcheck disable=SC2016 # the inner shell expands it
    $as_account sh -c 'cd "$1/sets" 2>/dev/null || exit 0
      for other in *; do
        [ "$other" != "$2" ] || continue
        case $3 in
          paths) cat "$other/manifest" ;;
          units) cut -f 1 "$other/units" | sed "s/^/~/" ;;
        esac 2>/dev/null | while IFS= read -r name; do printf "%s\t%s\n" "$other" "$name"; done
      done' sh "$shared" "$set" "$1" </dev/null
  fi
)

claimed_by() { while IFS= read -r name; do printf '%s\t%s\n' "$1" "$name"; done; }

# claimed paths|units LIST: whether another set has one of the lines of LIST. Sets $taken to the line, $other to the set.
claimed() {
  claims "$1" >"$work/claims"
  taken=$(cut -f 2 "$work/claims" | grep -Fx -m 1 -f "$2") || return 1
  while IFS=$tab read -r other name; do
    [ "$name" != "$taken" ] || break
  done <"$work/claims"
  # The plain name of a unit of the account.
  [ "$1" = paths ] || taken=${taken#"~"}
}

# is_free: whether the plan is still valid: no other set has got one of its files or units since.
is_free() {
  # A set that is removed needs none of them.
  [ -s "$work/manifest.commit" ] || return 0
  cut -f 1 "$work/units.begin" >"$work/made"
  if claimed paths "$work/manifest.begin" || claimed units "$work/made"; then
    echo "$taken belongs to the set \"$other\" on this host, since a moment ago. Remove it from that set first, with its own \`pulumi up\`."
    return 1
  fi
  # Names that a restart needs for a moment (host/plan/refusals.ts, rivals).
  claimed units "$work/rivals" || return 0
  echo "$taken belongs to the set \"$other\" on this host, since a moment ago. A restart there or here needs the same name for a moment. Rename one of the two."
  return 1
}
