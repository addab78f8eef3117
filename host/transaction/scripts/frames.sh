# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together

# take_back: rolls the transaction back, and reports how that went.
take_back() {
  back=yes
  rollback >"$work/output" 2>&1 </dev/null || back=no
  release_manager
  settled
  printf '{"event":"rolledback","ok":"%s","output":"%s"}\n' "$back" "$(printf '%s\n' "$failed" | plain_names | cat - "$work/output" | tail -c 4000 | encoded)"
}

# opened: writes the file that enter.sh looks for when this script has ended.
opened() { printf '%s %s %s\n' "$manager" "$set" "$account" >"$work/open"; }

# settled: the transaction has ended.
settled() {
  close_inbox
  rm -f "$work/open"
  phase=idle
}

# Splits the plan into three parts and runs the first. Up to `stage` nothing changes that serves; the last step can't be rolled back.
prepare() {
  began=$(date +%s)
  at=0
  sed '/^stage$/q' "$work/plan" >"$work/plan.prepare"
  sed -e '1,/^stage$/d' -e '$d' "$work/plan" >"$work/plan.activate"
  tail -n 1 "$work/plan" >"$work/plan.end"
  opened
  phase=preparing
  run_steps prepare || return 0
  phase=prepared
  printf '{"event":"prepared"}\n'
}

# activate SECONDS: how long the host holds without its coordinator before it reverts by itself.
activate() {
  phase=activated
  if ! open_inbox 2>"$work/output"; then
    fail_step
    return 0
  fi
  run_steps activate || return 0
  hold "$1"
}

commit() {
  run_steps end || return 0
  printf '{"event":"committed"}\n'
  if [ -e "$own/committed" ]; then hurry 300 after_commit >/dev/null 2>&1 </dev/null; fi
  settled
}

# fail_step: reports the step at $at with its output, and rolls back the whole plan.
fail_step() {
  printf '{"event":"failed","line":%d,"output":"%s"}\n' "$at" "$(tail -c 8000 "$work/output" | encoded)"
  cause=failed
  take_back
}

# run_steps PART: runs a part of the plan; rolls back the whole plan if a step fails.
run_steps() {
  while IFS=$tab read -r step first second third; do
    # The session is gone: nothing would continue with what is prepared.
    if ! printf '{"event":"step","line":%d}\n' "$at" 2>/dev/null && [ "$phase" = preparing ]; then
      cause=alone
      take_back
      return 1
    fi
    if ! { may_change "$step" && "step_$step" "$first" "$second" "$third"; } >"$work/output" 2>&1 </dev/null; then
      fail_step
      return 1
    fi
    if [ -e "$work/note" ]; then
      printf '{"event":"note","text":"%s"}\n' "$(encoded <"$work/note")"
      rm -f "$work/note"
    fi
    at=$((at + 1))
  done <"$work/plan.$1"
  release_manager
}

# may_change STEP: holds the manager's lock for steps that change what other sets share. These steps follow one another up to the reload of
# systemd, so for other sets they are one change.
may_change() {
  case $1 in
    begin | stage | lend | unlend | put | remove | enable | disable | daemon_reload) hold_manager ;;
    *) release_manager ;;
  esac
}

# receive NAME BYTES: writes the next bytes of standard input to a file. If they are cut off, this exits: nothing was changed yet.
receive() {
  timeout 60 head -c "$2" >"$work/$1"
  [ "$(stat -c %s "$work/$1")" = "$2" ] || exit 1
}

# receive_all BYTES: receives a list, and the files that it names.
receive_all() {
  receive list "$1"
  # A slow line may take its time.
  # shellcheck disable=SC2016 # the inner shell expands it
  timeout 600 sh -c 'while read -r name size <&3; do head -c "$size" >"$1/$name"; done 3<"$1/list"' sh "$work"
  while read -r name size; do printf '%s %s\n' "$size" "$work/$name"; done <"$work/list" >"$work/sizes"
  cut -d ' ' -f 2- "$work/sizes" | xargs -d '\n' stat -c '%s %n' | cmp -s - "$work/sizes" || exit 1
}

# Staged files may hold secrets. In the account's runtime directory they would stay until its manager ends.
leave_stage() {
  stage_name
  $as_account rm -rf "$stage"
  stage=
}

# stop_lingering: switches the lingering off; as root, unless a session works on a set of the account (share_linger in enter.sh).
stop_lingering() {
  if [ "$manager" = user ]; then
    loginctl disable-linger "$account"
  else
    private_lock "/run/quadlet-fleet-linger-$account.lock" &&
      flock -n -E 0 "/run/quadlet-fleet-linger-$account.lock" loginctl disable-linger "$account"
  fi
}

stage=
leave=0
phase=idle
transaction=
cause=asked
if [ "$mode" = recover ]; then
  is_left || exit 0
  cause=$who
  # At boot the account may have no runtime directory yet, which podman needs.
  [ -z "$as_account" ] || (within=100 && ctl start "user@$(id -u "$account").service")
  rollback
  # The account may not be allowed to. At boot the lingering is then recorded for the next session; otherwise enter.sh ends it (finish).
  if [ "$leave" = 30 ] && ! stop_lingering && [ "$cause" = boot ]; then
    made=
    as=$as_account
    make_directory "$shared" && keep_made && $as touch "$shared/lingered"
  fi
  exit
fi
can_read_all || exit 77
if [ "$lingered" = yes ] && ! [ -e "$own/owner" ]; then leave=10; fi
if [ "$account" != - ] && [ -e "$home/.local/share/containers" ]; then one_at_a_time first_podman; fi
printf '{"event":"ready"}\n'
# A session that sends nothing for this long is gone, and others need the set. What it has prepared is released.
# shellcheck disable=SC2016 # the inner shell expands it
while header=$(timeout 60 sh -c 'IFS= read -r line && printf %s "$line"'); do
  # shellcheck disable=SC2086 # the header is words
  set -- $header
  case $1 in
    query)
      receive query "$2"
      query
      ;;
    recover)
      # Without a journal, the interrupted run ended right before it had one, or right after its commit: what it kept is not needed.
      cause=next
      if [ -e "$own/journal" ]; then opened && take_back; elif is_left; then rollback >"$work/output" 2>&1 </dev/null; fi
      # This run must end the lingering of the run that was rolled back.
      if [ "$leave" = 30 ]; then lingered=yes leave=10; fi
      cause=asked
      printf '{"event":"recovered"}\n'
      ;;
    prepare)
      transaction=$2
      receive_all "$3"
      prepare
      ;;
    activate) [ "$phase" != prepared ] || activate "$2" || break ;;
    revert) if [ "$phase" = idle ]; then printf '{"event":"rolledback","ok":"yes"}\n'; else take_back; fi ;;
    attach)
      attach "$2"
      break
      ;;
    beat) printf '{"event":"beating"}\n' ;;
    end) break ;;
  esac
done
if [ "$phase" != idle ]; then
  cause=alone
  take_back
fi
# 1 if there is no set: an account that was created for it can be removed.
if [ -e "$own/owner" ]; then leave=0; elif [ "$leave" = 0 ]; then leave=1; fi
exit "$leave"
