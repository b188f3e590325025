#!/bin/bash
# The 98M-parameter 16->128 network of Janspiry's SR3, ours and PyTorch's, measured alternately. PEER_PYTHON names a Python with
# torch; without it nothing is measured. PEER_WAYS (eager channels-last compiled, and the same with -bf16) are the ways of PyTorch,
# ROUNDS (3) the runs. Ratios of bf16 are to the best PyTorch in bf16, all others to the best in fp32.
set -euo pipefail
[ -n "${PEER_PYTHON:-}" ] || { echo "PEER_PYTHON, a Python with torch, is not set"; exit 0; }
read -ra ways <<<"${PEER_WAYS:-eager channels-last compiled}"
for ((i = 0; i < ${ROUNDS:-3}; i++)); do
  "$BUILD/bin/bench-unet" 3 16-128 "$(nproc)" | awk -F'\t' 'NR > 1 { print "ours\t" $2 "\t" $3 "\t" $5 }'
  for way in "${ways[@]}"; do "$PEER_PYTHON" "$SOURCE/tests/bench/peer_unet.py" 3 "$(nproc)" "$way"; done
done | awk -F'\t' '
  function yardstick(pass, precision) { return pass "\t" (precision == "bf16" ? "bf16" : "fp32") }
  { key = $1 "\t" $2 "\t" $3; if (!(key in best) || $4 < best[key]) best[key] = $4
    of = yardstick($2, $3); if ($1 != "ours" && (!(of in peer) || $4 < peer[of])) peer[of] = $4 }
  END {
    print "whose\tpass\tprecision\tseconds\tof the best PyTorch"
    for (key in best) {
      split(key, part, "\t")
      of = yardstick(part[2], part[3])
      printf "%s\t%.3f\t%s\n", key, best[key], of in peer ? sprintf("%.2f", best[key] / peer[of]) : "-" | "sort -k2,2 -k4,4n"
    }
  }'
