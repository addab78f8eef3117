# shellcheck shell=sh
# Prints a part of the journal. Arguments: yes (a line "-- cursor: CURSOR" with the journal's end comes first) or
# no; arguments of journalctl.
printf '{"event":"running"}\n'
# KiB of memory. For a message of 20 MB, which an account can write, journalctl takes 800 MB.
# shellcheck disable=SC3045 # dash, bash and busybox have it
ulimit -d 300000
[ "$1" = no ] || journalctl --quiet --lines=0 --show-cursor
shift
exec journalctl --quiet --no-pager --all --output=json \
  --output-fields=MESSAGE,_SYSTEMD_UNIT,_SYSTEMD_USER_UNIT,UNIT,USER_UNIT "$@"
