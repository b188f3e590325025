#!/bin/bash
# fid against a plain loop in one thread, which decodes, resizes and processes the same images with the same network one after
# the other (fid with one thread and batches of one). Prints images per second.
#
# usage: tests/bench/fid.sh     with fid on PATH; FEATURES=net.pt: a network, without which nothing is measured;
#                               FOLDER=dir: other images
set -euo pipefail
[ -n "${FEATURES:-}" ] || { echo "FEATURES is not set to a feature network (FEATURES=net.pt): nothing measured"; exit 0; }
convert=$(for c in /usr/bin/convert convert; do command -v "$c" && break; done)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=${FOLDER:-$work/photos}
if [ -z "${FOLDER:-}" ]; then
  mkdir "$folder"
  for i in {1..200}; do "$convert" -seed "$i" -size 256x256 plasma:fractal -quality 90 "$folder/$i.jpg"; done
fi
rate() { "$@" -v 2>&1 >/dev/null | sed -n 's/.* images, \([0-9.]*\) a second; \(.*\)/\1 \2/p'; }
read -r ours shares < <(rate fid stats --features "$FEATURES" "$folder" -o "$work/a.npz")
read -r plain _ < <(rate taskset -c 0 fid stats --features "$FEATURES" --threads 1 --batch 1 "$folder" -o "$work/b.npz")
awk -v a="$ours" -v b="$plain" -v shares="$shares" 'BEGIN {
  printf "fid %.1f images/s (%s); a plain loop in one thread %.1f: %.2f times as fast\n", a, shares, b, a / b }'
