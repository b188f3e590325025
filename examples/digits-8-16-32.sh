#!/usr/bin/env bash
# digits-8-16-32.sh DIGITS [DIR]: trains a class-conditional cascade of handwritten digits, 8->16->32, and draws a sheet of them.
# DIGITS: a folder or tar archive of 28x28 digits (MNIST) with a folder for each class, optionally inside train/.
# About 40 minutes on one core. Run again, it resumes where it stopped; HOURS limits one run. The results are in DIR
# (digits): digits.json with its stages, and sheet.png. PRESET and SIZES train other cascades from other folders of classes.
#   examples/digits-8-16-32.sh digits28.tar.xz
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: digits-8-16-32.sh DIGITS [DIR]" >&2; exit 2; }
digits=$1
dir=${2:-digits}
mkdir -p "$dir"

# If there is a folder train/, it is the training data.
digits=$("$here/unpacked.sh" "$digits" "$dir")
train=$(find "$digits" -type d -name train | head -n 1)
train=${train:-$digits}

# 28x28 in the middle of 32x32; mirrored digits are not digits.
[ -e "$dir/digits.json" ] || cdm-train --new "${SIZES:-8,16,32}" --preset "${PRESET:-small}" --grey --pad 32 --no-flip \
  --description "handwritten digits, by class" --data-name "MNIST, 1,000 images a class" \
  --attribution "MNIST, Y. LeCun, C. Cortes and C. J. C. Burges, CC BY-SA 3.0" "$train" -o "$dir/digits.json"
cdm-train --time-limit "${HOURS:-2}h" --weights-type fp16 "$dir/digits.json" "$train"

# Ten columns, one for each class.
cascade "$dir/digits.json" -n 100 --class all --guidance 2 | sheet --columns 10 -o "$dir/sheet.png"
