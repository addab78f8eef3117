# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# The service managers of a set: its own, and for a set of the host's manager also that of its account. Here, in plans, journals and tables,
# "~NAME" is a unit of the account's manager; "~" can't be in a unit's name (systemd.unit(5)).

# plain_names: standard input with the unit names that systemd and people use, without "~".
plain_names() { sed -E 's/(^|[: ])~/\1/g'; }

# ctl WORDS…: systemctl. If a word begins with "~", it asks the account's manager, else the set's own; one call is for one of them. "~" alone is
# for a call without units. $within is how many seconds it may take.
ctl() {
  case " $*" in
    *" ~"*) ;;
    *)
      ${within:+timeout "$within"} systemctl ${for_user:+"$for_user"} --no-ask-password "$@"
      return
      ;;
  esac
  for word; do
    shift
    [ "$word" = "~" ] || set -- "$@" "${word#"~"}"
  done
  (
    case $1 in
      start | stop | restart | reload) as_limit=3600 ;;
      # It runs all generators.
      daemon-reload) as_limit=60 ;;
      *) as_limit=20 ;;
    esac
    as_limit=${within:-$as_limit}
    as_account systemctl --user --no-ask-password "$@"
  )
}

# briefly WORDS…: ctl with a limit of ten seconds, and not the whole TimeoutStopSec= of the units.
briefly() (
  within=10
  ctl "$@" 2>/dev/null
)

# journal_of UNITS OPTIONS…: journalctl for units of one manager. As root, its option for units of a user manager means root's own manager.
journal_of() {
  names=$1
  shift
  case $names in
    "~"*)
      uid=$(id -u "$account")
      for name in $names; do set -- "$@" "_SYSTEMD_USER_UNIT=${name#"~"}"; done
      set -- "$@" "_UID=$uid" + "_UID=$uid"
      for name in $names; do set -- "$@" "USER_UNIT=${name#"~"}"; done
      ;;
    *) for name in $names; do set -- "$@" --unit "$name"; done ;;
  esac
  journalctl ${for_user:+"$for_user"} --no-pager --quiet --output=cat "$@"
}

# by_manager ORDER LIST COMMAND…: runs COMMAND with the units of LIST as its last words, once for each manager that has some. ORDER is "own
# account" to stop units, as the host's need those of the account, and "account own" to start them.
by_manager() {
  order=$1 list=$2 result=0
  shift 2
  for whose in $order; do
    case $whose in
      own) names=$(grep -v '^~' "$list") ;;
      account) names=$(grep '^~' "$list") ;;
    esac
    # shellcheck disable=SC2086 # names of units have no white space
    [ -z "$names" ] || "$@" $names || result=1
  done
  return "$result"
}

# has_account_units: whether the set has units of the account's manager, or had or shall have some.
has_account_units() {
  [ -n "$as_account" ] && grep -qs '^~' "$work/units.begin" "$own/units" "$own/before/units"
}

# daemon_reload MANAGERS: own, account
step_daemon_reload() {
  for whose in $1; do
    case $whose in
      own) ctl daemon-reload ;;
      account) ctl daemon-reload "~" ;;
    esac || return 1
  done
}

# reload_managers: reloads each manager of the set, even if another one fails.
reload_managers() {
  ctl daemon-reload || failed="$failed daemon-reload"
  ! has_account_units || ctl daemon-reload "~" || failed="$failed daemon-reload:account"
}
