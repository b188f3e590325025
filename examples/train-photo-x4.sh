#!/usr/bin/env bash
# train-photo-x4.sh [DIR [OPTION ...]]: trains examples/photo-x4.json, the x4 stage that is included, on Debian's
# photographs. OPTIONs are passed to sr3-train.
# Run again, it resumes where it stopped; HOURS limits one run. The results are in DIR (photo-x4). In a new DIR it starts
# from the included stage, or with SCRATCH=1 from random weights.
#   HOURS=6 STEPS=200000 examples/train-photo-x4.sh
# To finish a training, let the learning rate decrease to zero over the remaining steps:
#   STEPS=50000 examples/train-photo-x4.sh photo-x4 --decay cosine
# If the machine has other work, use one thread less than there are cores (--threads 1): otherwise threads wait for each other.
# The recipe: v-prediction of the residual over the bicubic enlargement, so that colours are right from the first step on;
# space to depth by 2, so that the network runs at half the size; L1 loss; bf16 if the CPU supports it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
dir=${1:-photo-x4}

"$here/training-photos.sh" "$dir"

from=()
[ -n "${SCRATCH:-}" ] || [ ! -e "$here/photo-x4.json" ] || [ -e "$dir/photo-x4.json" ] || from=(--init-from "$here/photo-x4.json")
sr3-train --preset photo-x4 "${from[@]}" --steps "${STEPS:-200000}" --time-limit "${HOURS:-6}h" --weights-type fp16 \
  --min-detail 6 --preview-every 1000 --description "x4 super-resolution of photographs" \
  --data-name "32 photographs of Debian's lomiri-wallpapers-16.04 and -20.04, mate-backgrounds, plasma-workspace-wallpapers" \
  --attribution "photographers and licences: copyright files of these packages (CC BY, CC BY-SA, CC0, GPL-2+, LGPL-3)" \
  "${@:2}" "$dir/train" -o "$dir/photo-x4.json"
