# shellcheck shell=sh
# From a login to the service manager that the set belongs to, as the account that it belongs to: the argument of `sh -c`.
# The rest runs as a transient unit of that manager, so a lost connection can't stop it half-way (systemd-run(1)).
# Answers in lines of JSON; a refusal names its reason, and nothing was changed then.
# Arguments: manager, account ("-" for none), linger (yes, no), create (yes: the account is made where it is not there), unit
# name, size of the transaction script in bytes, set name.
set -u
LC_ALL=C
export LC_ALL
manager=$1 account=$2 linger=$3 create=$4 unit=$5 size=$6 set=$7
self=$(id -u)
uid=
# Accounts that were made for sets, each a directory with an entry for each set that has asked for it.
made=/var/lib/quadlet-fleet/accounts

refuse() {
  printf '{"event":"refused","reason":"%s"}\n' "$1"
  leave_account
  exit 77
}

# A sudo password that sudo did not need (NOPASSWD, a cached ticket) is still on standard input: skip to the mark.
while IFS= read -r line; do
  [ "$line" = quadlet-fleet ] && break
done

# What a login has printed may lack its last newline.
echo

command -v systemd-run >/dev/null || refuse no-systemd

# The unit's own runtime directory is memory, 0700, and gone with the unit, however it ends: nothing secret is left.
run() {
  # shellcheck disable=SC2016 # the inner shell expands them
  "$@" --quiet --collect --pipe --wait --unit="$unit" --description="quadlet-fleet: $set" \
    --property=RuntimeDirectory="$unit" --property=RuntimeDirectoryMode=0700 \
    sh -c 'head -c "$1" >"$RUNTIME_DIRECTORY/transaction.sh" && exec sh "$RUNTIME_DIRECTORY/transaction.sh" lock "$2" "$3" "$4" "$5"' \
    quadlet-fleet "$size" "$manager" "$set" "$account" "$lingered"
}

# An account without a login shell, with subordinate ids (useradd(8) gives them by login.defs(5)).
make_account() {
  if [ "$create" = no ] || [ "$self" != 0 ]; then refuse no-account; fi
  if ! (umask 077 && mkdir -p "$made/$account"); then refuse not-created; fi
  useradd --create-home --user-group --shell /usr/sbin/nologin "$account" >&2 || refuse not-created
}

# Of several sets at once, one makes or removes the account. The lock is on a directory: no file of ours is left.
lock_accounts() {
  if [ "$create" = yes ] || [ -d "$made/$account" ]; then exec 9</var/lib && flock -w 120 9; fi
}
unlock_accounts() { exec 9<&-; }

# The account goes with the last set that has asked for it.
leave_account() {
  [ "$self" = 0 ] && [ -d "$made/$account" ] || return 0
  case $manager in
    system) there=/var/lib/quadlet-fleet/sets/$set ;;
    *) there=$(getent passwd "$account" | cut -d : -f 6)/.local/state/quadlet-fleet/sets/$set ;;
  esac
  if [ -e "$there" ]; then return 0; fi
  lock_accounts
  rm -f "$made/$account/$manager-$set"
  if rmdir "$made/$account" 2>/dev/null; then remove_account; fi
  unlock_accounts
}

remove_account() {
  rmdir "$made" "${made%/*}" 2>/dev/null
  loginctl disable-linger "$account"
  [ -z "$uid" ] || systemctl stop "user@$uid.service"
  userdel --remove "$account" 2>/dev/null
}

leave() {
  # 10: the last set of the account is gone, and lingering was switched on for one of them.
  if [ "$code" = 10 ]; then
    loginctl disable-linger "$account"
    code=0
  fi
  leave_account
  exit "$code"
}

lingered=no
if [ "$account" != - ]; then
  lock_accounts
  id -u "$account" >/dev/null 2>&1 || make_account
  uid=$(id -u "$account") || refuse no-account
  if [ "$create" = yes ] && [ -d "$made/$account" ]; then : >"$made/$account/$manager-$set"; fi
  unlock_accounts
fi
if [ "$manager" = system ]; then
  [ "$self" = 0 ] || refuse not-root
  if [ "$account" != - ]; then
    # What runs as the account needs its runtime directory.
    systemctl start "user@$uid.service" >/dev/null || refuse no-user-manager
  fi
  run systemd-run
  code=$?
  leave
fi

[ "$self" = "$uid" ] || [ "$self" = 0 ] || refuse other-account
if [ "$linger" = yes ] && ! [ -e "/var/lib/systemd/linger/$account" ]; then
  loginctl enable-linger "$account" >/dev/null || refuse no-linger
  lingered=yes
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
  # runuser needs no login shell of the account.
  run runuser -u "$account" -- systemd-run --user
fi
code=$?
leave
