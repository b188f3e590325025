#!/usr/bin/env bash
# cascade-quality.sh CASCADE IMAGES [DIR]: how good the images of a class-conditional cascade are, as tables:
#   the Frechet distance of N samples to held-out images, with its 95% interval, and that of training images to them beside it
#   recognised: how many samples a classifier recognises that was trained on real images
#   cas: how many held-out images classifiers recognise that were trained on samples, and on real images (CDM's second table), of
#   which there may be another number
#   nearest: how many samples are copies of training images, and how many held-out images would be called so
# CASCADE: its manifest. IMAGES: a folder or tar archive with train/ and test/ inside, and in both a folder for each class.
# Environment: N (1000) samples; GUIDANCE (the manifest's) and STEPS, for --guidance and --steps; SEED (0); PREPARE (--center-crop;
# for digits of 28x28 "--pad 32"); FLIP=no for digits and letters; SEEDS (3) classifiers of each kind, trained by RECIPE (digits).
# FID_FEATURES: the feature network for fid(1). Run again, it resumes where it stopped; the results are in DIR (quality).
#   FID_FEATURES=pt_inception-2015-12-05-6726825d.pth examples/cascade-quality.sh objects.json objects.tar
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 2 ] || { echo "usage: cascade-quality.sh CASCADE IMAGES [DIR]" >&2; exit 2; }
cascade=$1
images=$2
dir=${3:-quality}
n=${N:-1000}
flip=()
[ "${FLIP:-yes}" = yes ] || flip=(--no-flip)
mkdir -p "$dir"

images=$("$here/unpacked.sh" "$images" "$dir")

cascade -q "$cascade" -n "$n" --class all --by-class ${GUIDANCE:+--guidance "$GUIDANCE"} ${STEPS:+--steps "$STEPS"} \
  --seed "${SEED:-0}" --skip-existing -o "$dir/drawn/"

# The real images in the size of the samples, as cdm-train prepares them.
first=$(find "$dir/drawn" -name '*.png' | sort | sed -n 1p)
size=$(degrade -q -s 1 "$first" | pamfile | sed 's/.*, \([0-9]*\) by \([0-9]*\) .*/\1x\2/')
for part in train test; do
  [ -d "$dir/$part" ] && continue
  folder=$(find "$images/" -type d -name $part | head -n 1)
  [ -n "$folder" ] || { echo "cascade-quality.sh: no $part/ in '$images'" >&2; exit 1; }
  degrade -q ${PREPARE:---center-crop} --size "$size" --kernel box "$folder" -o "$dir/$part.new/"
  mv "$dir/$part.new" "$dir/$part"
done

for set in drawn train test; do
  [ -e "$dir/$set.npz" ] || fid stats -q --groups 20 "$dir/$set" -o "$dir/$set.npz"
done
echo "Frechet distance to the held-out images:"
fid compare -q --ci "$dir/drawn.npz" "$dir/train.npz" "$dir/test.npz" || true # few images have a distance, but no interval
echo "recognised, by a classifier of real images:"
cas -q --unlike-classes --train "$dir/train" --test "$dir/drawn" --recipe "${RECIPE:-digits}" --seeds 1 -o "$dir/recognised"
echo "cas:"
cas -q --unlike-classes --train "$dir/drawn" --real-train "$dir/train" --test "$dir/test" --recipe "${RECIPE:-digits}" \
  --seeds "${SEEDS:-3}" -o "$dir/cas"
echo "nearest training images:"
nearest -q "${flip[@]}" --held-out "$dir/test" -o "$dir/nearest" "$dir/drawn" "$dir/train"

# Thirty samples beside their nearest training images, evenly spaced by name.
rm -rf "$dir/pairs"
find "$dir/drawn" -name '*.png' | sort |
  awk '{ name[NR] = $0 } END { for (i = 0; i < 30 && i < NR; ++i) print name[int(i * NR / 30) + 1] }' | while read -r file; do
    key=${file#"$dir/drawn/"}
    mkdir -p "$dir/pairs/drawn/$(dirname "$key")" "$dir/pairs/nearest/$(dirname "$key")"
    cp "$file" "$dir/pairs/drawn/$key"
    cp "$dir/nearest/$key" "$dir/pairs/nearest/$key"
  done
sheet -q --beside --columns 10 "$dir/pairs/drawn" "$dir/pairs/nearest" -o "$dir/nearest.png"
