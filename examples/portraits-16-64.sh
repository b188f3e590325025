#!/usr/bin/env bash
# portraits-16-64.sh FACES [DIR]: SR3 against the regression baseline and bicubic, 16x16 to 64x64, as in SR3's Table 1.
# FACES: a folder or archive with train/ and test/ inside (any aligned faces; squares are resized to 64x64).
# Trains each network for HOURS (1); run again it goes on. Prints PSNR, SSIM and consistency, draws DIR/sheet.png.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$PATH
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
[ -d "$dir/lr" ] || degrade -s 4 "$dir/hr/test" -o "$dir/lr/"

common="--preset small --low-res 16 --high-res 64 --time-limit ${HOURS:-1}h --steps 1000000"
sr3-train $common "$dir/hr/train" -o "$dir/sr3.json"
sr3-train $common --regression "$dir/hr/train" -o "$dir/regression.json"

upscale --baseline bicubic -s 4 "$dir/lr" -o "$dir/bicubic/"
upscale -m "$dir/regression.json" "$dir/lr" -o "$dir/regression/"
upscale -m "$dir/sr3.json" "$dir/lr" -o "$dir/sr3/"
printf 'model\t'
sr-metrics --low-res "$dir/lr" "$dir/hr/test" "$dir/bicubic" | sed -n 1p
for model in bicubic regression sr3; do
  printf '%s\t' "$model"
  sr-metrics --low-res "$dir/lr" "$dir/hr/test" "$dir/$model" | tail -n 1
done
sheet --beside --fit --labels "$dir/lr" "$dir/bicubic" "$dir/regression" "$dir/sr3" "$dir/hr/test" -o "$dir/sheet.png"
