#!/usr/bin/env bash
# python.sh BASE DIRECTORY: DIRECTORY/python.tar, what python3 adds to a test host. In a mount namespace of its own.
set -euo pipefail
base=$1
to=$2
work=$to/work
mkdir -p "$work"/{upper,overlay,root}
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/overlay" "$work/root"
mount -t proc proc "$work/root/proc"
mount --rbind /dev "$work/root/dev"
# The way to the Debian mirror, as this machine has it.
cp /etc/resolv.conf /etc/hosts "$work/root/etc/"
apt-config dump | grep -E '^Acquire::(http|https)::' >"$work/root/etc/apt/apt.conf.d/machine" || true
chroot "$work/root" apt-get update
DEBIAN_FRONTEND=noninteractive chroot "$work/root" apt-get install --yes --no-install-recommends python3
umount --recursive "$work/root"
cd "$work/upper"
tar --create --file "$to/python.tar" --numeric-owner --exclude=usr/share/doc --exclude=usr/share/man usr etc/python3*
rm -rf "$work"
