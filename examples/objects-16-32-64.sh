#!/usr/bin/env bash
# objects-16-32-64.sh OBJECTS [DIR]: trains a class-conditional cascade of photographed objects, 16->32->64, and draws a sheet.
# OBJECTS: a folder or tar archive of photographs with a folder for each class, optionally inside train/, of 64 pixels or more.
# Takes some hours on 2 cores, with BATCH=16 half as long. Run again, it resumes where it stopped; HOURS (6) limits one run. The
# results are in DIR (objects).
# The conditions are blurred in training, whereas the paper adds noise at these sizes: a stage without noise in its condition
# diffuses only the residual over the condition, and after an hour of training this decides between images and coloured noise.
# PRESET and SIZES train other cascades; those of the CDM paper, for GPUs, from a folder of ImageNet classes:
#   PRESET=cdm SIZES=32,64,256 HOURS=1000 examples/objects-16-32-64.sh imagenet/
# Stages can be trained at the same time on different machines: cdm-train --stage 2 objects/objects.json DATA
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: objects-16-32-64.sh OBJECTS [DIR]" >&2; exit 2; }
objects=$1
dir=${2:-objects}
mkdir -p "$dir"

if [ ! -d "$objects" ]; then
  if [ ! -d "$dir/data" ]; then
    rm -rf "$dir/data.new"
    mkdir "$dir/data.new"
    tar xf "$objects" -C "$dir/data.new"
    mv "$dir/data.new" "$dir/data"
  fi
  objects=$dir/data
fi
train=$(find "$objects" -type d -name train | head -n 1)
train=${train:-$objects}

preset=${PRESET:-small}
[ -e "$dir/objects.json" ] || cdm-train --new "${SIZES:-16,32,64}" --preset "$preset" \
  --augmentation "$([ "$preset" = cdm ] && echo auto || echo blur)" \
  --description "photographed things, by class" --data-name "${DATA_NAME:-$(basename "$1")}" --attribution "${ATTRIBUTION:-}" \
  "$train" -o "$dir/objects.json"
cdm-train --time-limit "${HOURS:-6}h" ${BATCH:+--batch "$BATCH"} --weights-type fp16 "$dir/objects.json" "$train"

cascade "$dir/objects.json" -n 50 --class all --guidance "${GUIDANCE:-1.5}" | sheet --columns 10 -o "$dir/sheet.png"
