# shellcheck shell=sh
# Prints a part of the journal. Arguments: yes (a line "-- cursor: CURSOR" with the journal's end comes first) or
# no; arguments of journalctl.
printf '{"event":"running"}\n'
[ "$1" = no ] || journalctl --quiet --lines=0 --show-cursor
shift
exec journalctl --quiet --no-pager --all --output=json \
  --output-fields=MESSAGE,_SYSTEMD_UNIT,_SYSTEMD_USER_UNIT,UNIT,USER_UNIT "$@"
