#!/usr/bin/env bash
# augmentation-on-off.sh DIGITS [DIR]: the effect of conditioning augmentation on a cascade of digits (CDM's ablation): compares the
# included cascade with the same stages trained without augmentation, by the Frechet distance of N samples to held-out digits.
# DIGITS: as for digits-8-16-32.sh, with train/ and test/ inside. The base stage is the same in both; the two above it are
# trained without augmentation by this script, in 20 minutes on one core. FID_FEATURES: the feature network for fid(1).
# Run again, it resumes where it stopped. N (2000) samples, drawn once from the base stage; LEVELS (0 0.1 0.2) of noise for the augmented
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
  # Without noise in the condition a new stage would diffuse the residual with an L1 loss, which would be another difference.
  sed -i 's/"target": "residual"/"target": "image"/; s/"loss": "l1"/"loss": "l2"/' "$dir"/off-{16,32}.json
  sed -i 's/"manifest": "off-8.json"/"manifest": "digits-8.json"/' "$dir/off.json"
}
for stage in 2 3; do cdm-train --stage $stage --weights-type fp16 "$dir/off.json" "$train"; done

# The samples of the base stage, which are the same for all.
sample -q -m "$here/digits-8.json" -n "${N:-2000}" --class all --guidance 2 --skip-existing -o "$dir/base/"

# distance NAME CASCADE OPTION...: runs the other stages on these samples, once, and prints the distance.
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
