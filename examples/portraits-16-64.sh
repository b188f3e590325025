#!/usr/bin/env bash
# portraits-16-64.sh FACES [DIR]: SR3 against the regression baseline and bicubic, 16x16 to 64x64, as in SR3's Table 1.
# FACES: a folder or archive with train/ and test/ inside (any aligned faces; squares are resized to 64x64).
# Trains each network for HOURS (1), or STEPS, with THREADS (0: all cores); run again, it resumes. Prints PSNR, SSIM, consistency
# and, if FID_FEATURES is a feature network for fid(1), the Frechet distance to the reference images; draws DIR/sheet.png.
#   FID_FEATURES=pt_inception-2015-12-05-6726825d.pth examples/portraits-16-64.sh faces/
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: portraits-16-64.sh FACES [DIR]" >&2; exit 2; }
faces=$1
dir=${2:-portraits-16-64}
mkdir -p "$dir"

# SR3, section 3: the largest central square, then area resampling to the high resolution; bicubic to the low one.
if [ ! -d "$dir/hr" ]; then
  degrade --center-crop --size 64x64 --kernel box "$faces" -o "$dir/tmp/"
  mv "$(dirname "$(find "$dir/tmp" -type d -name train)")" "$dir/hr"
  rm -rf "$dir/tmp"
fi
if [ ! -d "$dir/lr" ]; then
  degrade -s 4 "$dir/hr/test" -o "$dir/lr.new/"
  mv "$dir/lr.new" "$dir/lr"
fi

common="--preset small --low-res 16 --high-res 64 --time-limit ${HOURS:-1}h --steps ${STEPS:-1000000} --threads ${THREADS:-0}"
sr3-train $common "$dir/hr/train" -o "$dir/sr3.json"
sr3-train $common --regression "$dir/hr/train" -o "$dir/regression.json"

upscale --baseline bicubic -s 4 "$dir/lr" -o "$dir/bicubic/"
upscale -m "$dir/regression.json" "$dir/lr" -o "$dir/regression/"
upscale -m "$dir/sr3.json" "$dir/lr" -o "$dir/sr3/"
# row MODEL: the means over its images, and its distance; the first row is preceded by the header.
row() {
  local distance=- table
  table=$(sr-metrics --low-res "$dir/lr" "$dir/hr/test" "$dir/$1")
  [ -z "${FID_FEATURES:-}" ] || distance=$(fid compare -q "$dir/$1" "$dir/hr/test" | tail -n 1 | cut -f 2)
  [ "$1" != bicubic ] || printf 'model\t%s\tdistance\n' "$(head -n 1 <<<"$table")"
  printf '%s\t%s\t%s\n' "$1" "$(tail -n 1 <<<"$table")" "$distance"
}
for model in bicubic regression sr3; do row "$model"; done
sheet --beside --fit --labels "$dir/lr" "$dir/bicubic" "$dir/regression" "$dir/sr3" "$dir/hr/test" -o "$dir/sheet.png"
