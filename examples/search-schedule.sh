#!/usr/bin/env bash
# search-schedule.sh STAGE.json HELD-OUT [DIR]: finds the best way to sample a super-resolution stage in few steps, like the
# SR3 paper's search for an inference schedule: by the Frechet distance to held-out images, for a given number of steps.
# HELD-OUT: a folder or archive of images that are not in the training data; their low-resolution images are made by this script.
# FID_FEATURES: the feature network for fid(1). Run again, it resumes where it stopped. BUDGETS of steps (10 25 50); OPTIONS for
# upscale, such as --noise-level 0.1 or --class cat; the results are in DIR. LEVELS are noise levels to try beside the
# timesteps of the training, for stages conditioned on the level (cosine linear:1e-4,0.3 linear:1e-4,0.6).
#   FID_FEATURES=pt_inception-2015-12-05-6726825d.pth examples/search-schedule.sh examples/photo-x4.json test/
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 2 ] || { echo "usage: search-schedule.sh STAGE.json HELD-OUT [DIR]" >&2; exit 2; }
stage=$1 held=$2 dir=${3:-schedules}
mkdir -p "$dir"
value() { sed -n "s/^ *\"$1\": \"*\([a-z0-9.]*\).*/\1/p" "$stage"; }
low=$(value low_res) high=$(value high_res)

# Images as in the training of the stage: squares of its size, and low-resolution images made by its recipe.
if [ ! -d "$dir/high" ]; then
  degrade -q --center-crop --size "${high}x$high" --kernel box "$held" -o "$dir/high.new/"
  mv "$dir/high.new" "$dir/high"
fi
if [ ! -d "$dir/low" ]; then
  degrade -q --size "${low}x$low" --kernel "$(value kernel)" --convention "$(value convention)" "$dir/high" -o "$dir/low.new/"
  mv "$dir/low.new" "$dir/low"
fi
[ -e "$dir/high.npz" ] || fid stats -q "$dir/high" -o "$dir/high.npz"

table=$dir/table
printf 'steps\tsampler\tspacing\tdistance\n'
: >"$table"
ways=(ddpm/uniform ddpm/log-snr ddim/uniform ddim/log-snr dpmpp-2m/uniform dpmpp-2m/log-snr)
if [ "$(sed -n '/"level": {/,/}/s/.*"input": "\([^"]*\).*/\1/p' "$stage")" != timestep ]; then
  for levels in ${LEVELS:-cosine linear:1e-4,0.3 linear:1e-4,0.6}; do ways+=("ddpm/$levels" "ddim/$levels"); done
fi
for steps in ${BUDGETS:-10 25 50}; do
  for how in "${ways[@]}"; do
    sampler=${how%%/*} spacing=${how#*/} out=$dir/$steps-${how/\//-}
    case $spacing in
      uniform | log-snr) option=--spacing ;;
      *) option=--levels ;;
    esac
    # shellcheck disable=SC2086
    if [ ! -e "$out.score" ]; then
      upscale -q -m "$stage" --steps "$steps" --sampler "$sampler" $option "$spacing" ${OPTIONS:-} \
        --skip-existing -o "$out/" "$dir/low"
      fid stats -q "$out" -o "$out.npz"
      fid compare -q "$out.npz" "$dir/high.npz" | tail -n1 | cut -f2 >"$out.score.new"
      mv "$out.score.new" "$out.score"
    fi
    printf '%s\t%s\t%s\t%s\n' "$steps" "$sampler" "$spacing" "$(cat "$out.score")" | tee -a "$table"
  done
done
echo "best: $(sort -t "$(printf '\t')" -g -k4,4 "$table" | head -n 1 | cut -f1-3 | tr '\t' ' ')" >&2
