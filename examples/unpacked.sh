#!/usr/bin/env bash
# unpacked.sh IMAGES DIR: for the other scripts; prints the folder that holds the images. IMAGES is that folder, or else a tar
# archive, which is unpacked to DIR/data the first time.
set -euo pipefail
[ $# = 2 ] || { echo "usage: unpacked.sh IMAGES DIR" >&2; exit 2; }
if [ -d "$1" ]; then
  printf '%s\n' "$1"
  exit
fi
if [ ! -d "$2/data" ]; then
  rm -rf "$2/data.new"
  mkdir -p "$2/data.new"
  tar xf "$1" -C "$2/data.new"
  mv "$2/data.new" "$2/data"
fi
printf '%s\n' "$2/data"
