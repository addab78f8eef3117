# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# A host that is activated waits for the decision (compare the confirmed commit of NETCONF, RFC 6241, section 8.4): commit or revert.
# Without a coordinator it waits for a while, and then reverts by itself. The coordinator may come back in another session.
#   $own/transaction   ID OUTCOME CAUSE DATE WHO; the outcome (committed, reverted) holds once there is no journal
#   $own/inbox         the path of a FIFO, as long as messages are taken: those of the session itself, and of others that attach
#   $own/detached      exists while there is no contact with the coordinator

# record OUTCOME: writes it to the disk, before the journal is removed.
record() {
  [ -n "$transaction" ] || return 0
  printf '%s %s %s %s %s\n' "$transaction" "$1" "$cause" "$(date '+%FT%T%z')" "$who" >"$own/transaction.new" &&
    sync "$own/transaction.new" && mv "$own/transaction.new" "$own/transaction"
}

# recorded: sets $known to the set's last transaction, $outcome and $because. $outcome is "none" without a set: it was
# removed, or never deployed.
recorded() {
  known='' outcome=none because=''
  [ ! -e "$own" ] || outcome=unknown
  [ ! -e "$own/transaction" ] || read -r known outcome because rest <"$own/transaction"
}

close_inbox() { rm -f "$work/inbox" "$own/inbox" "$own/detached"; }

uptime() {
  read -r now rest </proc/uptime
  printf %s "${now%%.*}"
}

# forward: passes on messages from standard input, up to the one that decides.
forward() {
  while IFS= read -r line; do
    printf '%s\n' "$line"
    case $line in commit | revert) return ;; esac
  done
  echo gone
}

# From here on another session may attach.
open_inbox() {
  rm -f "$work/inbox"
  mkfifo -m 600 "$work/inbox" && printf '%s\n' "$work/inbox" >"$own/inbox"
}

# hold SECONDS: see activate. False if the session that began this has gone, and the decision came from elsewhere.
hold() {
  phase=held
  verdict='' until='' moved=no
  exec 5<&0 6<>"$work/inbox"
  forward <&5 >&6 6>&- &
  forwarding=$!
  printf '{"event":"held"}\n' 2>/dev/null
  while [ -z "$verdict" ]; do
    limit=60
    if [ -n "$until" ]; then limit=$((until - $(uptime))); fi
    message=
    # shellcheck disable=SC2016 # the inner shell expands it
    [ "$limit" -le 0 ] || message=$(timeout "$limit" sh -c 'IFS= read -r line && printf %s "$line"' <&6)
    case $message in
      "" | gone)
        if [ -z "$until" ]; then
          until=$(($(uptime) + $1))
          : >"$own/detached"
        elif [ "$message" = "" ]; then
          cause=alone verdict=revert
        fi
        ;;
      commit | revert) verdict=$message until='' ;;
      # Another session needs the set.
      leave) [ -z "$until" ] || cause=left verdict=revert ;;
      *)
        until=
        rm -f "$own/detached"
        heard "$message"
        ;;
    esac
  done
  kill "$forwarding" 2>/dev/null
  exec 5<&- 6>&-
  # A session that attaches from here on waits for the end (attach).
  close_inbox
  if [ "$verdict" = commit ]; then commit; else take_back; fi
  [ -z "$until" ] && [ "$moved" = no ]
}

# heard MESSAGE
heard() {
  case $1 in
    beat) printf '{"event":"beating"}\n' ;;
    watch\ *) watch "${1#watch }" ;;
    # From now on the answers go to the session that has come (attach).
    answer\ *)
      # Also opened to read: otherwise the open would wait for a reader that may be gone.
      [ -p "${1#answer }" ] && command exec 1<>"${1#answer }" || return 0
      moved=yes
      printf '{"event":"held"}\n'
      ;;
  esac 2>/dev/null
}

# watch SECONDS: whether what was activated still runs and answers, at least once.
watch() {
  end=$(($(uptime) + $1))
  while healthy; do
    if [ "$(uptime)" -ge "$end" ]; then
      printf '{"event":"healthy"}\n'
      return
    fi
    sleep 1
  done
  printf '{"event":"unhealthy","output":"%s"}\n' "$(tail -c 8000 "$work/output" | encoded)"
}

healthy() {
  while IFS=$tab read -r step first second third; do
    case $step in
      verify | ask) "step_$step" "$first" "$second" "$third" >"$work/output" 2>&1 </dev/null || return 1 ;;
    esac
  done <"$work/plan.activate"
}

# attach ID: attaches to the transaction of another session until that has ended. Messages then come from this
# session, and answers go to it.
attach() {
  answers=$work/answers attached=
  mkfifo -m 600 "$answers" && exec 3<>"$answers" 5<&0 || return
  recorded
  if [ "$known" = "$1" ] && read -r inbox 2>/dev/null <"$own/inbox" && [ -p "$inbox" ]; then
    { echo "answer $answers" && forward <&5; } >"$inbox" &
    attached=$!
  fi
  relay <&3 &
  relaying=$!
  # The lock is free when that session has ended; if it was killed, its journal may still be there.
  if [ "$known" = "$1" ] || [ "$outcome" = none ]; then
    flock -o "$set_lock$set" sh "$0" recover "$manager" "$set" "$account" no killed >/dev/null 2>&1 </dev/null 3>&- 5<&-
    recorded
  fi
  if [ "$known" != "$1" ] && [ -n "$known" ]; then
    outcome=other because=left
  elif [ -e "$own/journal" ]; then
    outcome=unknown
  fi
  printf '{"event":"ended","outcome":"%s","cause":"%s"}\n' "$outcome" "$because" >&3
  wait "$relaying"
  [ -z "$attached" ] || kill "$attached" 2>/dev/null
}

relay() {
  while IFS= read -r line; do
    printf '%s\n' "$line"
    case $line in '{"event":"ended"'*) return ;; esac
  done
}
