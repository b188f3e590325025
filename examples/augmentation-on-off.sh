#!/usr/bin/env bash
# augmentation-on-off.sh DIGITS [DIR]: what conditioning augmentation does for a cascade (CDM's ablation), on digits: the one that
# ships beside the same stages trained without, all else equal, by the Frechet distance of N samples to held-out digits.
# DIGITS: as digits-8-16-32.sh takes them, with train/ and test/ inside. The base stage is the same in both; the two above it are
# trained without augmentation here, 20 minutes on one core. The features are those of fid(1), FID_FEATURES.
# Run again, it goes on where it stopped. N (2000) samples, the base stage's drawn once; LEVELS (0 0.1 0.2) of noise for the augmented
# stages.
#   FID_FEATURES=pt_inception-2015-12-05-6726825d.pth examples/augmentation-on-off.sh digits28.tar.xz
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: augmentation-on-off.sh DIGITS [DIR]" >&2; exit 2; }
digits=$1
dir=${2:-augmentation}
mkdir -p "$dir"

if [ ! -d "$digits" ]; then
  if [ ! -d "$dir/data" ]; then
    rm -rf "$dir/data.new"
    mkdir "$dir/data.new"
    tar xf "$digits" -C "$dir/data.new"
    mv "$dir/data.new" "$dir/data"
  fi
  digits=$dir/data
fi
train=$(find "$digits/" -type d -name train | head -n 1)
test=$(find "$digits/" -type d -name test | head -n 1)
[ -n "$train" ] && [ -n "$test" ] || { echo "augmentation-on-off.sh: no train/ and test/ in '$digits'" >&2; exit 1; }

[ -e "$dir/off.json" ] || {
  cdm-train -q --new 8,16,32 --preset small --grey --pad 32 --no-flip --augmentation none "$train" -o "$dir/off.json"
  for part in json safetensors; do cp "$here/digits-8.$part" "$dir/"; done
  # Without noise in the condition a new stage would diffuse the residual, by L1: not the same otherwise.
  sed -i 's/"target": "residual"/"target": "image"/; s/"loss": "l1"/"loss": "l2"/' "$dir"/off-{16,32}.json
  sed -i 's/"manifest": "off-8.json"/"manifest": "digits-8.json"/' "$dir/off.json"
}
for stage in 2 3; do cdm-train --stage $stage --weights-type fp16 "$dir/off.json" "$train"; done

# What the base stage draws, which is the same for all.
sample -q -m "$here/digits-8.json" -n "${N:-2000}" --class all --guidance 2 --skip-existing -o "$dir/base/"

# distance NAME CASCADE OPTION...: of what the other stages make of that; made once.
distance() {
  local name=$1 cascade=$2
  shift 2
  cascade -q "$cascade" --skip-existing "$@" "$dir/base" -o "$dir/$name/"
  [ -e "$dir/$name.npz" ] || fid stats -q "$dir/$name" -o "$dir/$name.npz"
  local found
  found=$(fid compare -q "$dir/$name.npz" "$dir/test.npz" | tail -n 1 | cut -f 2)
  printf '%s\t%s\n' "$name" "$found"
}
if [ ! -d "$dir/test" ]; then
  degrade -q --pad 32 -s 1 "$test" -o "$dir/test.new/"
  mv "$dir/test.new" "$dir/test"
fi
[ -e "$dir/test.npz" ] || fid stats -q "$dir/test" -o "$dir/test.npz"
printf 'augmentation\tdistance\n'
distance off "$dir/off.json"
for level in ${LEVELS:-0 0.1 0.2}; do distance "on-$level" "$here/digits.json" --noise-level "$level"; done
