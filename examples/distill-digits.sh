#!/usr/bin/env bash
# distill-digits.sh DIGITS [DIR [OPTION ...]]: trains students of examples/digits.json that sample in few steps (progressive
# distillation, Salimans and Ho 2022), with the guidance scale included. OPTIONs are passed to cdm-train.
# DIGITS: as for digits-8-16-32.sh, whose DIR is used for unpacking. Run again, it resumes where it stopped.
# The results are in DIR (digits): digits-fast.json with its stages. STEPS (400) is the number of training steps of each
# student, SAMPLING_STEPS (8,4,4) those of sampling in each stage. The included examples/digits-fast.json has the base stage of
# such a training, and above it the stages of digits.json in fewer steps (see the README).
#   examples/distill-digits.sh digits28.tar.xz                      all stages
#   examples/distill-digits.sh digits28.tar.xz digits --stage 1     the base stage only
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: distill-digits.sh DIGITS [DIR [OPTION ...]]" >&2; exit 2; }
digits=$1
dir=${2:-digits}
mkdir -p "$dir"

digits=$("$here/unpacked.sh" "$digits" "$dir")
train=$(find "$digits" -type d -name train | head -n 1)

cdm-train --distill "$here/digits.json" --sampling-steps "${SAMPLING_STEPS:-8,4,4}" \
  --steps "${STEPS:-400}" --weights-type fp16 --preview-every 0 "${@:3}" "${train:-$digits}" -o "$dir/digits-fast.json"
[ ! -e "$dir/digits-fast-32.json" ] ||
  cascade "$dir/digits-fast.json" -n 100 --class all | sheet --columns 10 -o "$dir/sheet-fast.png"
