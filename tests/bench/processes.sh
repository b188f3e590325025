#!/bin/bash
# Training by many processes: images a second of two processes of one thread against one process of two threads, and the share of
# the time that processes spend in exchanging gradients, and waiting for each other, by the size of a message: all gradients of a
# step. All on this machine, over the loopback.
# ROUNDS (3): runs of each, of which the fastest counts. STEPS (6): steps of one run after the first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir photos
for i in 1 2 3 4; do
  { printf 'P6\n96 96\n255\n' && dd if="$BUILD/bin/upscale" bs=$((96 * 96 * 3)) skip="$i" count=1 status=none; } >photos/$i.ppm
done
echo "CPU: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) threads"

# measure PROCESSES THREADS OPTION...   sets rate to the images a second and share to that of the communication, of the fastest run
measure() {
  local processes=$1 threads=$2 round rank port line
  shift 2
  rate=0 share=0
  for ((round = 0; round < ${ROUNDS:-3}; round++)); do
    rm -rf x.*
    port=$((10000 + RANDOM % 10000))
    for ((rank = 0; rank < processes; rank++)); do
      RANK=$rank WORLD_SIZE=$processes MASTER_ADDR=127.0.0.1 MASTER_PORT=$port sr3-train -q --preset small --accumulate 4 \
        --steps $((${STEPS:-6} + 1)) --threads "$threads" --journal-every 1 --preview-every 0 --precision fp32 "$@" photos \
        -o x.json 2>log.$rank &
    done
    wait
    # Without the first step, in which libraries prepare themselves.
    line=$(tail -n +2 x.journal.jsonl |
      jq -rs '[length / (map(1 / .images_per_second) | add), (map(.communication // 0) | add) / length] | @tsv')
    if awk -v a="${line%%$'\t'*}" -v b="$rate" 'BEGIN { exit !(a > b) }'; then rate=${line%%$'\t'*} share=${line##*$'\t'}; fi
  done
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

network=(--crop 64 --batch 8 --channels 64)
measure 1 1 "${network[@]}" && one=$rate
measure 1 2 "${network[@]}" && threads=$rate
measure 2 1 "${network[@]}" && processes=$rate
printf 'one process, one thread %27.3f images/s\n' "$one"
printf 'one process, two threads %26.3f images/s, %s of twice as many\n' "$threads" "$(ratio "$threads" "$(ratio "$one" 0.5)")"
printf 'two processes, one thread each %20.3f images/s, %s of twice as many; of one process with two threads %s\n' "$processes" \
  "$(ratio "$processes" "$(ratio "$one" 0.5)")" "$(ratio "$processes" "$threads")"
printf 'weights\tMB of a message\tshare of communication, two processes\n'
for channels in 16 32 64 96; do
  measure 2 1 --crop 32 --batch 4 --channels $channels
  weights=$(info x.json --json | jq -r .network | grep -oE '^[0-9]+')
  awk -v n="$weights" -v share="$share" 'BEGIN { printf "%d\t%.1f\t%.3f\n", n, 4 * n / 1e6, share }'
done
