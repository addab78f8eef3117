# shellcheck shell=bash disable=SC2154
# Runs on a host, with $unit and $image set and the files as a tar on standard input.
set -eu
new=$(mktemp --directory)
trap 'rm -rf "$new"' EXIT
tar --extract --directory "$new"

# put PATH: fails if the same file was already there.
put() {
  [ "$(stat --format '%a %u %g' "$1" 2>/dev/null)" = '644 0 0' ] && cmp --silent "$new$1" "$1" && return 1
  install -D --mode 0644 --owner root --group root "$new$1" "$1"
}

units=same configuration=same
if put "/etc/containers/systemd/$unit.container"; then units=changed; fi
if put "/etc/systemd/system/$unit.socket"; then units=changed; fi
if put "/etc/quadlet-fleet/$unit/conf.d/default.conf"; then configuration=changed; fi

podman image exists "$image" || podman pull --quiet "$image"
[ $units = same ] || systemctl daemon-reload
systemctl is-enabled --quiet "$unit.socket" || systemctl enable --quiet "$unit.socket"
systemctl start "$unit.socket"
if [ $units = changed ]; then
  systemctl restart "$unit.service"
elif [ $configuration = changed ]; then
  systemctl reload-or-restart "$unit.service"
else
  systemctl start "$unit.service"
fi
