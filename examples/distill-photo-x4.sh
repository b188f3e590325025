#!/usr/bin/env bash
# distill-photo-x4.sh [DIR [OPTION ...]]: trains examples/photo-x4-fast.json, a student of examples/photo-x4.json that samples in
# 1 step (progressive distillation, Salimans and Ho 2022). OPTIONs are passed to sr3-train.
# Run again, it resumes where it stopped. The results are in DIR (photo-x4): students for 8 steps, for 4, for 2, and for 1.
# STEPS (900) is the number of training steps of each; SAMPLING_STEPS (1) is where it ends: 1, 2, 4 or 8.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
dir=${1:-photo-x4}

"$here/training-photos.sh" "$dir"

sr3-train --distill "$here/photo-x4.json" --teacher-steps 16 --sampling-steps "${SAMPLING_STEPS:-1}" --steps "${STEPS:-900}" \
  --weights-type fp16 --min-detail 6 --preview-every 0 --description "x4 super-resolution of photographs in few steps" \
  --data-name "32 photographs of Debian's lomiri-wallpapers-16.04 and -20.04, mate-backgrounds, plasma-workspace-wallpapers" \
  --attribution "photographers and licences: copyright files of these packages (CC BY, CC BY-SA, CC0, GPL-2+, LGPL-3)" \
  "${@:2}" "$dir/train" -o "$dir/photo-x4-fast.json"
