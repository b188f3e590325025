#!/usr/bin/env bash
# objects-16-32-64.sh OBJECTS [DIR]: trains a class-conditional cascade of photographed objects, 16->32->64, and draws a sheet.
# OBJECTS: a folder or tar archive of photographs of 64 pixels or more with a folder for each class, optionally inside train/;
# images inside test/ are then for validation. Takes two hours on one core. Run again, it resumes where it stopped; HOURS (6)
# limits one run. The results are in DIR (objects). In a new DIR it starts from the included cascade, which was trained so, unless
# FROM names another, or is empty.
# The conditions are blurred in training, whereas the paper adds noise at these sizes: above a good base stage that costs less
# (augmentation.sh). The base stage has dropout, because it sees each of a few images some hundred times (nearest(1) looks for
# copies).
# STEPS (9000 5000 3500) and BATCH (64 32 32) are those of each stage; PRESET and SIZES train other cascades, with their own steps
# unless these are set; those of the CDM paper, for GPUs, from a folder of ImageNet classes:
#   PRESET=cdm SIZES=32,64,256 HOURS=1000 examples/objects-16-32-64.sh imagenet/
# Stages can be trained at the same time on different machines: cdm-train --stage 2 objects/objects.json DATA
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: objects-16-32-64.sh OBJECTS [DIR]" >&2; exit 2; }
objects=$1
dir=${2:-objects}
preset=${PRESET:-small} sizes=${SIZES:-16,32,64}
if [ "$preset $sizes" = "small 16,32,64" ]; then
  STEPS=${STEPS:-9000 5000 3500} BATCH=${BATCH:-64 32 32}
  [ ! -e "$here/objects.json" ] || FROM=${FROM-$here/objects.json}
fi
read -ra steps <<<"${STEPS:-}"
read -ra batch <<<"${BATCH:-}"
mkdir -p "$dir"

objects=$("$here/unpacked.sh" "$objects" "$dir")
train=$(find "$objects" -type d -name train | head -n 1)
test=$(find "$objects" -type d -name test | head -n 1)
train=${train:-$objects}

if [ ! -e "$dir/objects.json" ]; then
  cdm-train --new "$sizes" --preset "$preset" --augmentation "$([ "$preset" = cdm ] && echo auto || echo blur)" \
    --description "photographed things, by class" --data-name "${DATA_NAME:-$(basename "$1")}" \
    --attribution "${ATTRIBUTION:-}" "$train" -o "$dir/objects.json"
  [ "$preset" != small ] || sed -i 's/"dropout": 0.0/"dropout": 0.1/' "$dir/objects-${sizes%%,*}.json"
  # A guidance scale for the first stage: those above it have no label dropout.
  sed -i '0,/"guidance": 1.0/s//"guidance": 1.5/' "$dir/objects.json"
fi
for ((i = 0; i <= $(tr -cd , <<<"$sizes" | wc -c); ++i)); do
  cdm-train --stage $((i + 1)) --time-limit "${HOURS:-6}h" ${steps[i]:+--steps "${steps[i]}"} ${batch[i]:+--batch "${batch[i]}"} \
    ${FROM:+--init-from "$FROM"} ${test:+--validate "$test" --validate-every 1000} --weights-type fp16 "$dir/objects.json" "$train"
done

cascade "$dir/objects.json" -n 50 --class all ${GUIDANCE:+--guidance "$GUIDANCE"} | sheet --columns 10 -o "$dir/sheet.png"
