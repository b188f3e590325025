#!/bin/bash
# Builds and tests the committed tree in a chroot of Debian 13 (trixie), from nothing: what a stranger's fresh machine does.
# Needs root, debootstrap, a network for packages, 12 GB of disk; takes half an hour on two cores.
#
# usage: tests/debian-13.sh [FOLDER]
#   FOLDER   the chroot, default build/debian-13; one that exists is used again
#   MIRROR   where packages come from, default http://deb.debian.org/debian
#   TARGET   what make does there, default `check`
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
root=${1:-$source/build/debian-13}
mirror=${MIRROR:-http://deb.debian.org/debian}
[ "$(id -u)" = 0 ] || { echo "tests/debian-13.sh: chroot needs root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "tests/debian-13.sh: debootstrap is missing: apt-get install debootstrap" >&2; exit 2; }

mkdir -p "$root"
root=$(cd "$root" && pwd)
[ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase trixie "$root" "$mirror"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
# This machine's settings of apt (proxies and such) hold in the chroot, too.
grep -lE '^ *Acquire' /etc/apt/apt.conf.d/* 2>/dev/null | xargs -r cp -t "$root/etc/apt/apt.conf.d/"

unmount() { for at in dev/shm dev/pts dev proc sys; do ! mountpoint -q "$root/$at" || umount -l "$root/$at"; done; }
trap unmount EXIT
for at in dev dev/pts dev/shm proc sys; do
  mountpoint -q "$root/$at" || { mkdir -p "$root/$at" && mount --bind "/$at" "$root/$at"; }
done

# The build folder stays for the next run; the sources are those of the last commit.
mkdir -p "$root/root/sr3-cdm"
find "$root/root/sr3-cdm" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
git -C "$source" archive HEAD | tar -x -C "$root/root/sr3-cdm"

inside() {
  env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    chroot "$root" bash -c "$1"
}
inside 'apt-get update -q && apt-get install -qy --no-install-recommends make >/dev/null'
inside "cd /root/sr3-cdm && make ${TARGET:-check}"
