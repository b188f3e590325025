#!/usr/bin/env bash
# train-photo-x4-wild.sh FACES [DIR [OPTION ...]]: trains examples/photo-x4-wild.json, the x4 stage for compressed, blurred and
# small photographs, as SR3+ is trained (Sahak et al. 2023): random degradations, and noise conditioning augmentation.
# FACES: a folder of portraits, of which the first 64 by name are used; those of the included stage are official portraits of the
# US Congress at 256x256 (CivilServiceUSA/us-house and us-senate). The rest is from Debian packages (500 MB; unzip is needed).
# FACES_FROM: where they are from, and on what terms, for the manifest.
# OPTIONs are passed to sr3-train. Run again, it resumes where it stopped; HOURS limits one run. The results are in DIR
# (photo-x4-wild). In a new DIR it starts from the included stage if there is one, or else from photo-x4.
#   HOURS=6 STEPS=50000 examples/train-photo-x4-wild.sh portraits/train
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: train-photo-x4-wild.sh FACES [DIR [OPTION ...]]" >&2; exit 2; }
faces=$1
dir=${2:-photo-x4-wild}

"$here/training-photos.sh" "$dir"
if [ ! -d "$dir/train/textures" ]; then
  "$here/photos.sh" "$dir/textures" ufoai-textures
  degrade -q -s 2 "$dir/textures/train" -o "$dir/tmp-textures/"
  mv "$dir/tmp-textures" "$dir/train/textures"
fi
if [ ! -d "$dir/train/faces" ]; then
  mkdir -p "$dir/tmp-faces"
  find "$faces" -type f | LC_ALL=C sort | awk 'NR <= 64' | while read -r file; do cp "$file" "$dir/tmp-faces"; done
  mv "$dir/tmp-faces" "$dir/train/faces"
fi

from=$here/photo-x4-wild.json
[ -e "$from" ] || from=$here/photo-x4.json
start=(--init-from "$from")
[ ! -e "$dir/photo-x4-wild.json" ] || start=()
sr3-train --preset photo-x4 "${start[@]}" --recipe sr3-plus --augmentation gaussian --crop 96 --batch 8 --ema 0.998 \
  --decay cosine --steps "${STEPS:-9600}" --time-limit "${HOURS:-6}h" --weights-type fp16 --min-detail 6 --preview-every 1600 \
  --description "x4 super-resolution of photographs as they are: compressed, blurred, small" \
  --data-name "32 photographs of Debian's lomiri-wallpapers-16.04 and -20.04, mate-backgrounds, plasma-workspace-wallpapers;\
 64 portraits (${FACES_FROM:-$(basename "$faces")}); textures of Debian's ufoai-textures in the public domain" \
  --attribution "photographers and licences: copyright files of these packages (CC BY, CC BY-SA, CC0, GPL-2+, LGPL-3);\
 portraits: ${FACES_FROM:-see their folder, $(basename "$faces")}" \
  "${@:3}" "$dir/train" -o "$dir/photo-x4-wild.json"
