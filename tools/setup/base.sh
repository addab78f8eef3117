# shellcheck shell=bash disable=SC2154
# The root file system that every test host is an overlay of, with systemd, podman and sshd. $QUADLET_FLEET_BASE chooses it:
#   trixie   Debian 13, the default ($cache/base)
#   newest   Debian unstable with the podman of experimental ($cache/base-newest)
# A step of tools/setup.sh, which has $cache, say, stop and build.

base_packages=(
  systemd systemd-sysv dbus dbus-user-session libpam-systemd systemd-container
  podman passt slirp4netns netavark aardvark-dns crun runc fuse-overlayfs uidmap catatonit
  openssh-server sudo ca-certificates curl iproute2 iptables nftables procps
)

setup_base() {
  needs_namespaces
  case ${QUADLET_FLEET_BASE:=trixie} in
    trixie) build_base base make_trixie ;;
    newest) build_base base-newest make_newest ;;
    *) stop "there are no test hosts \"$QUADLET_FLEET_BASE\"" "QUADLET_FLEET_BASE is trixie or newest." ;;
  esac
}

# build_base LINK FUNCTION
build_base() {
  local name
  name=$1-$(digest "$tools/setup/base.sh")
  [ -d "$cache/$name" ] || say "building the hosts' base image: about a minute, 500 MB in $cache"
  build "$name" "$1" "$2"
  say "$cache/$1"
}

# Test hosts are namespaces, overlay mounts and network interfaces of this machine.
needs_namespaces() {
  [ "$(uname -s)" = Linux ] || stop "this is $(uname -s)" "The test hosts are Linux containers: use a Linux machine, or a virtual one."
  [ "$(id -u)" = 0 ] || stop "the test hosts need root" "Run it as root, or in a virtual machine or container where you are root."
  unshare --mount --net --pid --fork true 2>/dev/null ||
    stop "no namespaces can be made here" "In a container, start that one with: --privileged"
  [ "$(printf '%s\n' 5.14 "$(uname -r)" | sort --version-sort | head -n 1)" = 5.14 ] ||
    stop "this kernel is $(uname -r)" "The test hosts need Linux 5.14 or later: they are ended by cgroup.kill."
  grep -qw cgroup2 /proc/mounts || stop "cgroup2 is not mounted" "mount -t cgroup2 none /sys/fs/cgroup"
  local trial=$cache/overlay-trial
  rm -rf "$trial" && mkdir -p "$trial"/{lower,upper,work,root}
  mount -t overlay overlay -o "lowerdir=$trial/lower,upperdir=$trial/upper,workdir=$trial/work" "$trial/root" 2>/dev/null ||
    stop "no overlay file system can be mounted over $cache" "Set QUADLET_FLEET_CACHE to a directory on ext4, xfs or btrfs."
  umount "$trial/root" && rm -rf "$trial"
}

make_trixie() {
  debootstrap --variant=minbase --include="$(IFS=, && echo "${base_packages[*]}")" trixie "$1"
  finish_base "$1"
}

make_newest() {
  local at=$1
  debootstrap --variant=minbase --include="$(IFS=, && echo "${base_packages[*]}")" sid "$at"
  sed 's/ sid / experimental /' "$at/etc/apt/sources.list" >"$at/etc/apt/sources.list.d/experimental.list"
  cp /etc/resolv.conf "$at/etc/"
  # Where nothing has been uploaded for weeks, its index has expired.
  chroot "$at" apt-get update --option Acquire::Check-Valid-Until=false
  DEBIAN_FRONTEND=noninteractive chroot "$at" \
    apt-get install --yes --no-install-recommends --target-release experimental podman netavark aardvark-dns
  # In a container logind would see another boot id than those who ask it, and refuse every session (systemd#40135).
  mkdir -p "$at/etc/systemd/system/systemd-logind.service.d"
  printf '[Service]\nProtectControlGroups=no\n' >"$at/etc/systemd/system/systemd-logind.service.d/test-host.conf"
  finish_base "$at"
}

finish_base() {
  local at=$1
  # The accounts of the examples (test) and of an administrator who may use sudo (deploy).
  chroot "$at" useradd --create-home --uid 1000 --shell /bin/bash test
  chroot "$at" useradd --create-home --uid 1001 --shell /bin/bash deploy
  echo 'deploy ALL=(ALL) NOPASSWD: ALL' >"$at/etc/sudoers.d/deploy"
  chmod 0440 "$at/etc/sudoers.d/deploy"
  # Without linger a login that arrives while user@UID.service is stopping hangs for 20 s to 70 s.
  mkdir -p "$at/var/lib/systemd/linger"
  touch "$at/var/lib/systemd/linger/"{root,test,deploy}
  printf '%s\n' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'PermitRootLogin prohibit-password' \
    >"$at/etc/ssh/sshd_config.d/test-host.conf"
  # A container of systemd-nspawn has no pids controller; podman's default limit then fails.
  mkdir -p "$at/etc/containers/containers.conf.d"
  printf '[containers]\npids_limit = 0\n' >"$at/etc/containers/containers.conf.d/test-host.conf"
  # Rootless podman opens these as an ordinary user.
  printf 'z /dev/%s 0666 - - -\n' fuse net/tun >"$at/etc/tmpfiles.d/test-host.conf"
  # Nothing that hosts would share: each gets its own SSH host key, machine id and name.
  rm -f "$at"/etc/ssh/ssh_host_* "$at/etc/hostname" "$at/var/lib/dbus/machine-id" "$at"/var/cache/apt/archives/*.deb
  : >"$at/etc/machine-id"
  rm -rf "$at"/var/lib/apt/lists/*
  chroot "$at" systemctl disable apt-daily.timer apt-daily-upgrade.timer
  # It would make three host keys at each first boot; the fleet brings one.
  chroot "$at" systemctl mask sshd-keygen.service
  # Each reload of systemd runs all generators (systemd.generator(7)). Only podman's and that for /etc/init.d have something to do in the
  # tests; the others look for disks or a kernel command line, and take a third of the reload's processor time.
  local kind generator
  for kind in system user; do
    mkdir -p "$at/etc/systemd/$kind-generators"
    for generator in "$at/usr/lib/systemd/$kind-generators"/*; do
      case $generator in */podman-* | */systemd-sysv-generator) ;; *) ln -s /dev/null "$at/etc/systemd/$kind-generators/${generator##*/}" ;; esac
    done
  done
}
