#!/bin/bash
# The 98M-parameter 16->128 network of Janspiry's SR3, ours and PyTorch's, measured alternately. PEER_PYTHON names a Python with
# torch; without it nothing is measured. PEER_WAYS (eager channels-last compiled) are the ways of PyTorch, ROUNDS (3) the runs.
set -euo pipefail
[ -n "${PEER_PYTHON:-}" ] || { echo "PEER_PYTHON, a Python with torch, is not set"; exit 0; }
read -ra ways <<<"${PEER_WAYS:-eager channels-last compiled}"
for ((i = 0; i < ${ROUNDS:-3}; i++)); do
  "$BUILD/bin/bench-unet" 3 16-128 "$(nproc)" | awk -F'\t' 'NR > 1 { print "ours\t" $2 "\t" $3 "\t" $5 }'
  for way in "${ways[@]}"; do "$PEER_PYTHON" "$SOURCE/tests/bench/peer_unet.py" 3 "$(nproc)" "$way"; done
done | awk -F'\t' '
  { key = $1 "\t" $2 "\t" $3; if (!(key in best) || $4 < best[key]) best[key] = $4
    if ($1 != "ours" && (!($2 in peer) || $4 < peer[$2])) peer[$2] = $4 }
  END {
    print "whose\tpass\tprecision\tseconds\tof the best PyTorch"
    for (key in best) {
      split(key, part, "\t")
      printf "%s\t%.3f\t%.2f\n", key, best[key], best[key] / peer[part[2]] | "sort -k2,2 -k4,4n"
    }
  }'
