# shellcheck shell=sh
# Leads from a login to the service manager of the set, as the account of the set: the argument of `sh -c`.
# The rest runs as a transient unit of that manager, so a lost connection can't stop it half-way (systemd-run(1)).
# Answers in lines of JSON; a refusal names its reason, and nothing was changed then.
# Arguments: manager, account ("-" for none), linger (yes, no), purpose (look; peek; attach; change; create: an account that does not exist
# is created), unit name, size of the transaction script in bytes and its SHA-256, set name, operator.
set -u
LC_ALL=C
export LC_ALL
manager=$1 account=$2 linger=$3 purpose=$4 unit=$5 size=$6 digest=$7 set=$8 who=$9
self=$(id -u)
uid=
lingered=no
asked=no
mode=lock
case $purpose in
  look | peek | attach)
    mode=$purpose
    purpose=look
    ;;
esac
# Accounts that were created for sets: a directory for each, with an entry for each set that asked for it.
made=/var/lib/quadlet-fleet/accounts

refuse() {
  printf '{"event":"refused","reason":"%s"}\n' "$1"
  # An account that the set had before this session stays.
  [ "$asked" = no ] || leave_account
  exit 77
}

# What a login has printed may lack its last newline.
printf '\n{"event":"entered"}\n'

# A sudo password that sudo did not need (NOPASSWD, a cached ticket) is still on standard input: skip to the mark.
while IFS= read -r line; do
  [ "$line" = quadlet-fleet ] && break
done

command -v systemd-run >/dev/null || refuse no-systemd

# The unit's own runtime directory is in memory, has mode 0700, and disappears when the unit ends in any way: nothing secret is left. The
# script is requested only if the host's own copy of it, for the recovery at boot, is a different one.
# shellcheck disable=SC2016 # another shell expands it
begin='script=$RUNTIME_DIRECTORY/transaction.sh size=$1 digest=$2
shift 2
case $2 in
  system) copy=/var/lib/quadlet-fleet/recovery.sh ;;
  *) copy=$HOME/.local/state/quadlet-fleet/recovery.sh ;;
esac
if ! { [ -f "$copy" ] && cp "$copy" "$script" && echo "$digest  $script" | sha256sum --check --status; } 2>/dev/null; then
  printf "{\"event\":\"script\"}\n"
  head -c "$size" >"$script"
fi
exec sh "$script" "$@"'

# If the script ends in any way and leaves a transaction open, this rolls it back (ExecStopPost= of systemd.service(5)). ":"
# leaves "$" to sh. Delegate= gives this command its own cgroup: since Linux 6.14, a process that starts in a cgroup that was
# killed as a whole is killed as well.
# shellcheck disable=SC2016 # another shell expands it
after=':/bin/sh -c '"'"'open=$RUNTIME_DIRECTORY/open
if [ -e "$open" ]; then
  read -r manager set account <"$open"
  exec sh "$RUNTIME_DIRECTORY/transaction.sh" killed "$manager" "$set" "$account" no
fi'"'"

run() {
  "$@" --quiet --collect --pipe --wait --unit="$unit" --description="quadlet-fleet: $set" \
    --property=RuntimeDirectory="$unit" --property=RuntimeDirectoryMode=0700 --property=Delegate=yes --property=TimeoutStopSec=300 \
    --property=ExecStopPost="$after" \
    sh -c "$begin" quadlet-fleet "$size" "$digest" "$mode" "$manager" "$set" "$account" "$lingered" "$who"
}

# private_file FILE: creates it for root alone, as any account that may read a file can hold its lock (flock(2)).
private_file() { (umask 077 && : >>"$1"); }

# alone COMMAND…: runs one at a time of the commands that create or remove accounts. 5: not within a minute.
alone() {
  private_file /run/quadlet-fleet-accounts.lock && flock -w 60 -E 5 /run/quadlet-fleet-accounts.lock "$@"
}

# Makes sure that the account exists: creates it if need be, without a login shell and with subordinate ids (useradd(8) gives
# them by login.defs(5)). If the account was created for a set, records that this set needs it, too. 3: it does not exist; 10:
# created, or new to this set.
# shellcheck disable=SC2016 # another shell expands it
take_account='code=0
if ! id -u "$2" >/dev/null 2>&1; then
  [ "$4" = create ] || exit 3
  (umask 077 && mkdir -p "$1") && useradd --create-home --user-group --shell /usr/sbin/nologin "$2" >&2 && sync /etc || exit 4
  # The directory exists if an administrator removed the account.
  mkdir -p "$1/$2" || { userdel --remove "$2"; exit 4; }
fi
if [ "$4" != look ] && [ -d "$1/$2" ] && ! [ -e "$1/$2/$3" ]; then
  : >"$1/$2/$3" || exit 4
  code=10
fi
exit "$code"'

enter_account() {
  if [ "$self" = 0 ]; then
    alone sh -c "$take_account" sh "$made" "$account" "$manager-$set" "$purpose"
    case $? in
      0) ;;
      3) refuse no-account ;;
      5) refuse accounts-locked ;;
      10) asked=yes ;;
      *) refuse not-created ;;
    esac
  fi
  uid=$(id -u "$account" 2>/dev/null) || refuse no-account
  [ "$self" = "$uid" ] || [ "$self" = 0 ] || refuse other-account
  [ "$linger" = yes ] || return 0
  share_linger
  if [ -e "/var/lib/systemd/linger/$account" ]; then return 0; fi
  # Recorded first: a session that starts in between would otherwise think that an administrator switched it on.
  [ "$self" != 0 ] || echo yes >&8
  loginctl enable-linger "$account" >/dev/null || refuse no-linger
  # Without lingering, the account's sockets are gone after the next boot.
  sync /var/lib/systemd/linger
  lingered=yes
}

# All sessions that may rely on an account's lingering share a lock, so that none switches it off while another needs it. The file says
# whether one of the running sessions has switched it on.
share_linger() {
  [ "$self" = 0 ] || return 0
  lingers=/run/quadlet-fleet-linger-$account.lock
  private_file "$lingers" || return 1
  exec 8<>"$lingers"
  if flock -n -x 8; then : >"$lingers"; fi
  flock -s 8
  if [ -s "$lingers" ]; then lingered=yes; fi
}

# account_records: prints the directory of the account's records.
account_records() { printf %s "$(getent passwd "$account" | cut -d : -f 6)/.local/state/quadlet-fleet"; }

# Switches the lingering off. If another session still works, or there is a set by now, the lingering becomes theirs.
end_linger() {
  if [ "$self" = 0 ]; then
    [ "$linger" = yes ] || share_linger
    flock -n -x 8 || return 0
  fi
  shared=$(account_records)
  if ! [ -e "$shared" ]; then
    loginctl disable-linger "$account"
  elif [ "$self" = 0 ]; then
    # Not as root: in its own home the account could make root wait. It gets no descriptor of the lock, which it could keep.
    timeout -k 5 20 runuser -u "$account" -- touch "$shared/lingered" </dev/null >/dev/null 2>&1 8>&-
  else
    touch "$shared/lingered"
  fi
}

# Removes the account with its last set. Used only if this session removed the set, or created the account for nothing.
# shellcheck disable=SC2016 # another shell expands it
let_go='[ -d "$1/$2" ] || exit 0
rm -f "$1/$2/$3"
[ -z "$(ls "$1/$2")" ] || exit 0
loginctl disable-linger "$2"
systemctl stop "user@$4.service"
userdel --remove "$2" 2>/dev/null
id -u "$2" >/dev/null 2>&1 && exit 1
rmdir "$1/$2" && rmdir "$1" "${1%/*}" 2>/dev/null
exit 0'

leave_account() {
  alone sh -c "$let_go" sh "$made" "$account" "$manager-$set" "$uid" ||
    echo "quadlet-fleet: the account $account could not be removed" >&2
}

# finish CODE: the exit code of the transaction. 10 and 30: the lingering that was switched on for sets must end. 20 and 30: the
# set is gone. Others: it was killed or refused; before it begins, nothing on the host records the lingering (the first record
# is in $shared of start.sh).
finish() {
  case $1 in
    10 | 30) end_linger ;;
    0 | 20) ;;
    *) [ "$lingered" = no ] || end_linger ;;
  esac
  gone=no
  case $1 in 20 | 30) gone=yes ;; esac
  # The account was created for this set, or is new to it, and there is no such set. A set that must still be rolled back needs it.
  if [ "$asked" = yes ] && [ "$1" != 0 ]; then
    records=/var/lib/quadlet-fleet
    [ "$manager" = system ] || records=$(account_records)
    [ -e "$records/sets/$set" ] || gone=yes
  fi
  if [ "$gone" = yes ] && [ "$self" = 0 ] && [ -d "$made/$account" ]; then leave_account; fi
  case $1 in 10 | 20 | 30) exit 0 ;; esac
  exit "$1"
}

[ "$manager" = user ] || [ "$self" = 0 ] || refuse not-root
[ "$account" = - ] || enter_account
if [ "$manager" = system ]; then
  if [ "$account" != - ]; then
    # What runs as the account needs its runtime directory.
    systemctl start "user@$uid.service" >/dev/null || refuse no-user-manager
  fi
  run systemd-run
  finish $?
fi

XDG_RUNTIME_DIR=/run/user/$uid
DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
export XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS
if ! [ -S "$XDG_RUNTIME_DIR/bus" ] && [ "$self" = 0 ]; then
  systemctl start "user@$uid.service" >/dev/null
fi
tries=100
while ! [ -S "$XDG_RUNTIME_DIR/bus" ]; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || refuse no-user-manager
  sleep 0.1
done
if [ "$self" = "$uid" ]; then
  run systemd-run --user
else
  # runuser needs no login shell of the account. It gets no descriptor of the lock: the account could take it from the process and keep the
  # lock (pidfd_getfd(2)).
  run runuser -u "$account" -- systemd-run --user 8>&-
fi
finish $?
