# shellcheck shell=bash disable=SC2154
# Debian packages that the test hosts, the checks and the benchmark need on this machine.
# A step of tools/setup.sh, which has say and stop.

machine_packages=(
  debootstrap debian-archive-keyring systemd-container iproute2 uidmap # the test hosts
  openssh-client openssl curl ca-certificates git make
  postgresql # keeps the state of a stack in a test
  shellcheck shfmt codespell wrk python3-venv
  rsync # gitlab-ci-local copies with it
)

setup_packages() {
  local missing=() package
  for package in "${machine_packages[@]}"; do
    # dpkg also lists packages that are half installed, or removed but still configured; only "installed" counts.
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || { say "all there" && return; }
  command -v apt-get >/dev/null ||
    stop "this is neither Debian nor Ubuntu" "Install what gives these Debian packages, then run the other steps: ${missing[*]}"
  [ "$(id -u)" = 0 ] || stop "packages are missing" "sudo apt-get install ${missing[*]}"
  say "apt-get downloads and installs, in a minute or two: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Without this, Debian's PostgreSQL makes a cluster and starts it at each boot. The tests start their own server.
  local clusters=/etc/postgresql-common/createcluster.d
  mkdir -p "$clusters" && echo 'create_main_cluster = false' >"$clusters/quadlet-fleet-setup.conf"
  { apt-get update && apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$cache/packages.log" 2>&1 ||
    stop "apt-get failed; the end of $cache/packages.log:" "$(tail -n 15 "$cache/packages.log")"
  rm "$clusters/quadlet-fleet-setup.conf"
}
