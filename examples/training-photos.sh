#!/usr/bin/env bash
# training-photos.sh DIR: the photographs that examples/photo-x4.json was trained on, in DIR/train, from Debian packages
# (photos.sh). Photographs straight from a camera are soft in full size; shrunk 2, 3 and 4 times they have detail to learn from.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -eq 1 ] || { echo "usage: training-photos.sh DIR" >&2; exit 2; }
dir=$1

"$here/photos.sh" "$dir/photos"
for scale in 2 3 4; do
  if [ ! -d "$dir/train/$scale" ]; then
    degrade -s "$scale" "$dir/photos/train" -o "$dir/tmp-$scale/"
    mkdir -p "$dir/train"
    mv "$dir/tmp-$scale" "$dir/train/$scale"
  fi
done
