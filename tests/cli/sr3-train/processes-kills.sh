# A training by 2 or 4 processes of which a random one is killed (SIGKILL) at a random moment, again and again: the others end in
# time and name it, and the next number of processes goes on. At its end it has the bytes of a straight run by one process. KILLS is
# how many kills, and the moments depend on SEED.
kills=${KILLS:-3}
RANDOM=${SEED:-1}
photos photos 8 40 36
program=(sr3-train --preset tiny --crop 32 --channels 8 --batch 8 --accumulate 4 --threads 1 --precision fp32 --no-history
  --journal-every 2 --preview-every 0 --save-every 3 photos)
port=$((10000 + RANDOM % 10000))
# start SIZE OPTION...   starts so many processes, by hand; their messages in said.RANK
start() {
  local rank size=$1
  shift
  rm -f said.*
  port=$((port + 1)) pids=()
  for ((rank = 0; rank < size; rank++)); do
    RANK=$rank WORLD_SIZE=$size MASTER_ADDR=127.0.0.1 MASTER_PORT=$port "${program[@]}" "$@" -o killed.json 2>"said.$rank" &
    pids+=($!)
  done
}
trains() { grep -qsE 'steps [0-9]+ to' said.0; }

resumed=0
for ((count = 1; count <= kills; count++)); do
  size=$((2 << RANDOM % 2))
  victim=$((RANDOM % size))
  start $size --steps 1000000 --timeout 20
  # One in five before the first step, while the processes start and meet; the others within a second, that is some saves, after it.
  if ((count % 5)); then
    until trains; do kill -0 "${pids[0]}" && sleep 0.02 || { cat said.* && exit 1; }; done
  fi
  sleep "0.$(printf %03d $((RANDOM % 1000)))"
  trained=no
  if trains; then trained=yes; fi
  kill -9 "${pids[victim]}"
  killed=$SECONDS
  for ((rank = 0; rank < size; rank++)); do
    status=0
    wait "${pids[rank]}" || status=$?
    wanted=1
    ((rank != victim)) || wanted=137
    [ "$status" = $wanted ] || { echo "process $rank of $size: status $status" && cat said.* && exit 1; }
    # Before the first step they may still be connecting, and say who did not come, or that it cannot be done.
    if [ "$wanted$trained" = 1yes ]; then grep -q "process $victim has ended without a word" "said.$rank"; fi
  done
  took=$((SECONDS - killed))
  echo "kill $count: process $victim of $size, training: $trained; the others ended in $took s"
  ((took <= 30))
  if grep -q 'resuming' said.0; then resumed=$((resumed + 1)); fi
done
((resumed > 0))

step=$(($(sed -n 's/^  "step": \([0-9]*\),/\1/p' killed.state/progress.json) + 2))
start 1 --steps "$step"
wait "${pids[0]}"
"${program[@]}" -q --steps "$step" -o straight.json
for stage in killed straight; do sed -i 's/,"images_per_second.*//' $stage.journal.jsonl; done # timings
same killed.safetensors straight.safetensors
same killed.journal.jsonl straight.journal.jsonl
for file in weights ema adam-m adam-v; do same killed.state/$file.safetensors straight.state/$file.safetensors; done
