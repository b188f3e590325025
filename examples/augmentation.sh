#!/usr/bin/env bash
# augmentation.sh IMAGES [DIR]: what conditioning augmentation does for a cascade (CDM, Ho et al. 2021, table 4), as a table of
# Frechet distances of N samples to held-out images, with 95% intervals.
# IMAGES: a folder or tar archive with train/ and test/ inside, and in both a folder for each class.
# For each seed the stages above the base are trained without augmentation, and from there on three times alike: without, with
# blur, and with Gaussian noise. All have the same base stage, of two qualities: after BASE_STEPS steps, a few and many. The last
# rows have real low-resolution images as input, which shows what augmentation could bring back at most. "truncated": the
# hand-over of the noisy image at the level, where the stages take the steps that their manifests say.
# Run again, it resumes where it stopped; the results are in DIR (augmentation): table.tsv. FID_FEATURES: the feature network for
# fid(1).
#   FID_FEATURES=pt_inception-2015-12-05-6726825d.pth examples/augmentation.sh digits28.tar.xz
# Environment, with the values for digits: SIZES (8,16,32), NEW (--grey --pad 32 --no-flip), PAD (32), SEEDS (0 1 2), BASE_STEPS
# (500 4000), STEPS (3000) without augmentation and MORE (1500) of each kind, BATCH (the preset's), N (5000), GUIDANCE (2), LEVELS
# (0 0.02 0.05 0.1 0.2), TRUNCATED (0.1), SAMPLING_STEPS (25) and BASE_SAMPLING_STEPS (100) of the base stage.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: augmentation.sh IMAGES [DIR]" >&2; exit 2; }
images=$1
dir=${2:-augmentation}
sizes=${SIZES:-8,16,32}
base=${sizes%%,*} top=${sizes##*,}
stages=$(tr ',' '\n' <<<"$sizes" | wc -l)
read -ra new <<<"${NEW---grey --pad 32 --no-flip}"
pad=${PAD-32}
n=${N:-5000} steps=${STEPS:-3000} more=${MORE:-1500}
training=(--preview-every 0 ${BATCH:+--batch "$BATCH"})
mkdir -p "$dir"

images=$("$here/unpacked.sh" "$images" "$dir")
train=$(find "$images/" -type d -name train | head -n 1)
test=$(find "$images/" -type d -name test | head -n 1)
[ -n "$train" ] && [ -n "$test" ] || { echo "augmentation.sh: no train/ and test/ in '$images'" >&2; exit 1; }

# cascade_of NAME AUGMENTATION: the manifests of a cascade, unless they are there.
cascade_of() {
  [ -e "$1.json" ] && return
  cdm-train -q --new "$sizes" --preset small "${new[@]}" --augmentation "$2" "$train" -o "$1.json"
  for side in ${sizes//,/ }; do
    sampling=${SAMPLING_STEPS:-25}
    [ "$side" != "$base" ] || sampling=${BASE_SAMPLING_STEPS:-100}
    sed -i "s/\"steps\": \"[0-9]*\"/\"steps\": \"$sampling\"/" "$1-$side.json"
  done
}

# A base stage of each quality, in a cascade of its own.
for steps_of in ${BASE_STEPS:-500 4000}; do
  mkdir -p "$dir/base-$steps_of"
  cascade_of "$dir/base-$steps_of/c" none
  cdm-train --stage 1 --steps "$steps_of" "${training[@]}" "$dir/base-$steps_of/c.json" "$train"
done

# The stages above it, by seed and kind.
for seed in ${SEEDS:-0 1 2}; do
  mkdir -p "$dir/$seed"
  cascade_of "$dir/$seed/start" none
  for ((stage = 2; stage <= stages; ++stage)); do
    cdm-train --stage $stage --steps "$steps" --seed "$seed" "${training[@]}" "$dir/$seed/start.json" "$train"
    for kind in none blur gaussian; do
      cascade_of "$dir/$seed/$kind" $kind
      cdm-train --stage $stage --steps "$more" --seed "$seed" "${training[@]}" --init-from "$dir/$seed/start.json" \
        "$dir/$seed/$kind.json" "$train"
    done
  done
done

# The held-out images, at the size of the result and at that of the base stage.
padding=${pad:+--pad $pad}
for side in "$top" "$base"; do
  [ -d "$dir/test-$side" ] && continue
  # shellcheck disable=SC2086
  for class in "$test"/*/; do
    degrade -q $padding --center-crop --size "${side}x$side" --kernel box "$class" -o "$dir/test-$side.new/$(basename "$class")/"
  done
  mv "$dir/test-$side.new" "$dir/test-$side"
done
[ -e "$dir/test.npz" ] || fid stats -q --groups 20 "$dir/test-$top" -o "$dir/test.npz"

# row NAME LABELS: the distance of the images in DIR/NAME/ as a row of the table, once.
row() {
  local stats=$dir/stats/$1.npz found
  mkdir -p "$(dirname "$stats")"
  [ -e "$stats" ] || fid stats -q --groups 20 "$dir/$1" -o "$stats"
  found=$(fid compare -q --ci "$stats" "$dir/test.npz" | tail -n 1 | cut -f 2,5,6)
  printf '%s\t%s\n' "$2" "$found" | tee -a "$dir/table.tsv"
}

# The samples of a base stage by its cascade, at a size: the same for all that follows.
printf 'seed\tbase\tguidance\taugmentation\tlevel\tdistance\tlow\thigh\n' >"$dir/table.tsv"
for count in ${BASE_STEPS:-500 4000}; do
  for guidance in ${GUIDANCE:-2}; do
    set_of=$dir/samples/$count-$guidance
    sample -q -m "$dir/base-$count/c-$base.json" -n "$n" --class all --guidance "$guidance" --skip-existing -o "$set_of/"
    for seed in ${SEEDS:-0 1 2}; do
      # apply KIND LEVEL OPTION...: the other stages on these samples.
      apply() {
        local name=$seed/$count-$guidance/$1-$2
        cascade -q "$dir/$seed/$1.json" --skip-existing "${@:3}" "$set_of" -o "$dir/made/$name/"
        row "made/$name" "$seed"$'\t'"$count"$'\t'"$guidance"$'\t'"$1"$'\t'"$2"
      }
      apply none -
      apply blur -
      for level in ${LEVELS:-0 0.02 0.05 0.1 0.2}; do apply gaussian "$level" --noise-level "$level"; done
      # The base stage stops early, at the level, and its noisy image is the condition: another run of the whole cascade.
      for level in ${TRUNCATED-0.1}; do
        models=(-m "$dir/base-$count/c-$base.json")
        for side in $(tr ',' ' ' <<<"${sizes#*,}"); do models+=(-m "$dir/$seed/gaussian-$side.json"); done
        name=$seed/$count-$guidance/truncated-$level
        cascade -q "${models[@]}" -n "$n" --class all --guidance "$guidance" --noise-level "$level" --truncate --skip-existing \
          -o "$dir/made/$name/"
        row "made/$name" "$seed"$'\t'"$count"$'\t'"$guidance"$'\ttruncated\t'"$level"
      done
    done
  done
done
for seed in ${SEEDS:-0 1 2}; do
  for kind in none blur gaussian; do
    level=()
    [ $kind = gaussian ] && level=(--noise-level 0)
    for class in "$dir/test-$base"/*/; do
      name=$(basename "$class")
      cascade -q "$dir/$seed/$kind.json" --class "$name" "${level[@]}" --skip-existing "$class" \
        -o "$dir/made/$seed/real/$kind/$name/"
    done
    row "made/$seed/real/$kind" "$seed"$'\t'real$'\t'-$'\t'"$kind"$'\t'"${level[1]:--}"
  done
done

# Of each row of the table the mean over the seeds, and of its differences from the row without augmentation, seed by seed, the
# mean and its standard error.
awk -F'\t' -v OFS='\t' '
  NR == 1 { print $2, $3, $4, $5, $6, "difference", "se"; next }
  {
    row = $2 OFS $3 OFS $4 OFS $5
    if (!(row in sum)) order[++rows] = row
    sum[row] += $6; ++count[row]; of[row, $1] = $6; from[row] = $2 OFS $3 OFS "none" OFS "-"; seeds[$1]
  }
  END {
    for (i = 1; i <= rows; ++i) {
      row = order[i]; n = d1 = d2 = 0
      for (seed in seeds) if ((row, seed) in of && (from[row], seed) in of) {
        d = of[row, seed] - of[from[row], seed]; ++n; d1 += d; d2 += d * d
      }
      se = n > 1 ? sqrt((d2 - d1 * d1 / n) / (n - 1) / n) : "-"
      print row, sum[row] / count[row], n ? d1 / n : "-", se
    }
  }' "$dir/table.tsv"
