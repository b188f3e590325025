#!/usr/bin/env bash
# photo-tiles.sh PHOTOS DIR: tiles of 128x128 for measurements, in DIR/high. PHOTOS, a folder or archive of photographs, are shrunk
# SHRINK (3) times, into DIR/shrunk, and cut; with TILES, so many are taken, evenly spaced by name. Needs ImageMagick.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -eq 2 ] || { echo "usage: photo-tiles.sh PHOTOS DIR" >&2; exit 2; }
photos=$1
dir=$2
[ ! -d "$dir/high" ] || exit 0

rm -rf "$dir/shrunk" "$dir/high.all" "$dir/high.new"
degrade -q -s "${SHRINK:-3}" "$photos" -o "$dir/shrunk/"
mkdir "$dir/high.all" "$dir/high.new"
find "$dir/shrunk" -type f | sort | while read -r file; do
  name=$(basename "${file%.*}")
  "${CONVERT:-convert}" "$file" -crop 128x128 +repage "$dir/high.all/$name-%03d.png"
done
# What is left over at the right and the bottom is no whole tile.
find "$dir/high.all" -name '*.png' -exec sh -c '
  for file; do [ "$(head -c 24 "$file" | tail -c 8 | od -An -tu1 | xargs)" = "0 0 0 128 0 0 0 128" ] || rm "$file"; done' sh {} +
find "$dir/high.all" -name '*.png' | sort |
  awk -v want="${TILES:-0}" '{ name[NR] = $0 }
    END { if (want == 0 || want > NR) want = NR; for (i = 0; i < want; ++i) print name[int(i * NR / want) + 1] }' |
  while read -r file; do mv "$file" "$dir/high.new"; done
rm -r "$dir/high.all"
mv "$dir/high.new" "$dir/high"
