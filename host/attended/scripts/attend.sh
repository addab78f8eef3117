# shellcheck shell=sh
# Runs a command as long as a caller listens, and leaves nothing of it: the argument of `sh -c`. Nothing on the host is changed.
# Arguments: account ("-" for none); as whom it runs: root; account; either (as root, or else as the account).
# Standard input: the line "quadlet-fleet"; the words of the command, each in a line "wWORD", with "\\" for a "\" and "\n" for a newline;
# the line "run"; then a character now and then. When no more characters come, the command is stopped.
# Answers in lines of JSON. The last one is the command's own: {"event":"running"}. Its output follows. On standard error, the command's
# output also begins after such a line.
set -u
LC_ALL=C
export LC_ALL
account=$1 as=$2
self=$(id -u)
uid=

refuse() {
  printf '{"event":"refused","reason":"%s"}\n' "$1"
  exit 77
}

# What a login has printed may lack its last newline.
printf '\n{"event":"entered"}\n'

# A sudo password that sudo did not need (NOPASSWD, a cached ticket) is still on standard input: skip to the mark.
while IFS= read -r line; do
  [ "$line" = quadlet-fleet ] && break
done

[ "$as" != root ] || [ "$self" = 0 ] || refuse not-root
if [ "$account" != - ]; then
  uid=$(id -u "$account" 2>/dev/null) || refuse no-account
  [ "$self" = "$uid" ] || [ "$self" = 0 ] || refuse other-account
fi

# Data never becomes code: the words are arguments of the command, no matter what they contain.
set --
ready=no
while IFS= read -r line; do
  case $line in
    run)
      ready=yes
      break
      ;;
    w_UID=@UID@) set -- "$@" "_UID=$uid" ;;
    w*\\*)
      word=$(printf '%b.' "${line#w}")
      set -- "$@" "${word%.}"
      ;;
    w*) set -- "$@" "${line#w}" ;;
  esac
done
[ "$ready" = yes ] || exit 1

cd / || exit 1
if [ "$self" = 0 ]; then
  HOME=~root
  export HOME
fi
if [ "$as" = account ] && [ "$self" != "$uid" ]; then
  HOME=$(getent passwd "$account" | cut -d : -f 6)
  # runuser needs no login shell of the account.
  set -- runuser -u "$account" -- "$@"
fi

printf '\n{"event":"running"}\n' >&2
# In its own session (setsid), so that all processes that it starts can be ended, root's and the account's.
exec 3<&0
setsid -- "$@" </dev/null 3<&- &
command=$!

tell() { kill "-$1" "-$command" || kill "-$1" "$command"; }

# guard: ends the command when the input ends (the caller is gone), or when it is silent (the network is gone as well).
guard() {
  while [ -n "$(timeout 90 head -c 1)" ]; do :; done
  trap '' TERM
  tell TERM
  tries=100
  while kill -0 "-$command"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || break
    sleep 0.2
  done
  tell KILL
}
guard <&3 >/dev/null 2>&1 3<&- &
guarding=$!
exec 3<&-

wait "$command"
code=$?
# If guard has begun to stop the command, it goes on until the command has ended.
kill "$guarding" 2>/dev/null
wait "$guarding" 2>/dev/null
exit "$code"
