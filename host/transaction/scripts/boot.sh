# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# After a power loss in the middle of a transaction, a unit of the manager rolls it back at the next boot, or removes what a commit has
# left. The unit exists as long as there is a set. It does nothing at a boot if no transaction was cut off.
recovery=quadlet-fleet-recovery.service

install_recovery() {
  cmp -s "$0" "$state/recovery.sh" && [ -e "$units/$recovery" ] && return 0
  target=multi-user.target
  [ "$manager" = system ] || target=default.target
  # Complete at any moment: another set may have left a journal, and then needs this script.
  stage "$0" 0644 "$state/recovery.new" && mv -fT "$state/recovery.new" "$state/recovery.sh" || return 1
  make_directory "$units/$target.wants" && keep_made || return 1
  printf '%s\n' \
    '[Unit]' \
    'Description=Clean up after a deploy of quadlet-fleet that was interrupted' \
    'After=local-fs.target remote-fs.target' \
    "ConditionPathExistsGlob=|$(specifiers_escaped "$state")/sets/*/journal" \
    "ConditionPathExistsGlob=|$(specifiers_escaped "$state")/sets/*/committed" \
    "ConditionPathExistsGlob=|$(specifiers_escaped "$state")/sets/*/rollback.new" \
    '[Service]' \
    'Type=oneshot' \
    'RuntimeDirectory=quadlet-fleet-recovery' \
    'RuntimeDirectoryMode=0700' \
    "ExecStart=/bin/sh \"$(specifiers_escaped "$state")/recovery.sh\" boot $manager - - no" \
    '[Install]' \
    "WantedBy=$target" >"$units/$recovery" || return 1
  # Not by `systemctl enable`, which would make systemd read all units again.
  ln -sf "../$recovery" "$units/$target.wants/$recovery" &&
    sync "$state" "$units/$recovery" "$units" "$units/$target.wants"
}

# In a path, "%" is all that systemd would replace (systemd.unit(5), "Specifiers").
specifiers_escaped() { printf %s "$1" | sed 's/%/%%/g'; }

remove_recovery() {
  rm -f "$units/multi-user.target.wants/$recovery" "$units/default.target.wants/$recovery" "$units/$recovery" "$state/recovery.sh" "$state/recovery.new"
  # If the unit existed at boot, systemd knows it.
  ctl daemon-reload
}
