#!/usr/bin/env bash
# demo.sh [DIR]: `make demo`, about five minutes on two cores. Upscales held-out photographs with the included stage, compares
# the results with bicubic interpolation, draws a sheet, does the same with noisy and compressed ones, and then trains a tiny stage
# for a minute in two runs.
#   PHOTOS=my-pictures make demo     upscales your own instead (from a quarter of 384x288)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
dir=${1:-build/demo}
mkdir -p "$dir"

say() { if [ -t 2 ]; then printf '\n\033[1m== %s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi >&2; }
show() { printf '$ %s\n' "$*" >&2; "$@"; }

if [ -z "${PHOTOS:-}" ]; then
  say "photographs from a Debian package (15 MB)"
  "$here/photos.sh" "$dir/photos" lomiri-wallpapers-16.04
  PHOTOS=$dir/photos/held-out
  train=$dir/photos/train
else
  train=$PHOTOS
fi

say "reference images of 384x288, and low-resolution images of a quarter of that"
rm -rf "$dir"/{hr,lr,bicubic,sr} "$dir"/wild-*/
show degrade --center-crop --size 384x288 "$PHOTOS" -o "$dir/hr/"
show degrade -s 4 "$dir/hr" -o "$dir/lr/"

say "bicubic interpolation, and the included stage"
show upscale --baseline bicubic -s 4 "$dir/lr" -o "$dir/bicubic/"
show upscale -m "$here/photo-x4-fast.json" "$dir/lr" -o "$dir/sr/"

say "compared with the reference: bicubic"
show sr-metrics --low-res "$dir/lr" "$dir/hr" "$dir/bicubic"
say "compared with the reference: photo-x4-fast"
show sr-metrics --low-res "$dir/lr" "$dir/hr" "$dir/sr"
say "a sheet of low resolution, bicubic, photo-x4-fast, reference"
show sheet --beside --fit --labels "$dir/lr" "$dir/bicubic" "$dir/sr" "$dir/hr" -o "$dir/sheet.png"

say "low-resolution images with noise, compressed as JPEG: bicubic, photo-x4-fast, and the stage for such images"
show degrade -s 4 --noise 4 --jpeg 50 "$dir/hr" -o "$dir/wild-lr/"
show upscale --baseline bicubic -s 4 "$dir/wild-lr" -o "$dir/wild-bicubic/"
show upscale -m "$here/photo-x4-fast.json" "$dir/wild-lr" -o "$dir/wild-fast/"
show upscale -m "$here/photo-x4-wild.json" --steps 8 "$dir/wild-lr" -o "$dir/wild-sr/"
show sr-metrics "$dir/hr" "$dir"/wild-{bicubic,fast,sr}
show sheet --beside --fit --labels "$dir"/wild-{lr,bicubic,fast,sr} "$dir/hr" -o "$dir/wild.png"

say "a tiny stage, trained for half a minute"
rm -rf "$dir"/tiny.*
show sr3-train --preset tiny --time-limit 30s --min-detail 6 --preview-every 100 "$train" -o "$dir/tiny.json"
say "and for another half: it takes all that is not given from its state"
show sr3-train --time-limit 30s -o "$dir/tiny.json"

say "results"
ls -1 "$dir/sheet.png" "$dir/wild.png" "$dir"/tiny.*.png
