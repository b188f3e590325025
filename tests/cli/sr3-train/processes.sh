# Several processes that train together: whatever their number and launcher, the weights have the bytes of one process.
photos photos 8 40 36
program=(sr3-train --preset tiny --crop 32 --channels 8 --batch 8 --accumulate 4 --threads 1 --precision fp32 --no-history
  --journal-every 2 --preview-every 0 --timeout 60)
# A port that nobody listens at, of those below the system's own.
free_port() {
  python3 -c '
import random, socket
while True:
    port = random.randrange(10000, 20000)
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try: s.bind(("127.0.0.1", port))
        except OSError: continue
    print(port); break'
}
# as RANK SIZE COMMAND...   one process by hand; replaces the shell
as() {
  local rank=$1 size=$2
  shift 2
  RANK=$rank WORLD_SIZE=$size MASTER_ADDR=127.0.0.1 MASTER_PORT=$port exec "$@"
}
# together SIZE COMMAND...   all of them; their messages in said.RANK. The status of the first one that fails.
together() {
  local size=$1 rank status=0 pids=()
  shift
  port=$(free_port)
  for ((rank = 0; rank < size; rank++)); do
    (as "$rank" "$size" "$@") >/dev/null 2>"said.$rank" &
    pids+=($!)
  done
  for ((rank = 0; rank < size; rank++)); do wait "${pids[rank]}" || status=$((status == 0 ? $? : status)); done
  [ "$status" = 0 ] || cat said.* >&2
  return "$status"
}
agree() {
  same "$1.safetensors" "$2.safetensors"
  for file in weights ema adam-m adam-v; do same "$1.state/$file.safetensors" "$2.state/$file.safetensors"; done
  # The journal without its timings.
  diff <(sed 's/,"images_per_second.*//' "$1.journal.jsonl") <(sed 's/,"images_per_second.*//' "$2.journal.jsonl")
}

# By hand, with previews, which take other examples in between; and a batch that its parts do not divide.
for processes in 1 2 4; do
  together "$processes" "${program[@]}" --steps 6 --preview-every 3 --batch 10 photos -o "hand$processes.json"
done
grep -q 'process 0 of 4, started by RANK and WORLD_SIZE, meeting at 127.0.0.1:' said.0
not grep -q . said.1 # only the first one speaks
agree hand1 hand2
agree hand1 hand4
same hand1.preview.png hand4.preview.png
same <(sed 's/hand4/hand1/' hand4.json) hand1.json
# What processes cost each other is in the journal, of several only; images a second are of all.
grep -q '"communication":0' hand4.journal.jsonl
not grep -q communication hand1.journal.jsonl

# Dropout, blurred and noisy conditions, L2, weight decay and the classes of a cascade take the same path; other options of a step:
for options in "--dropout 0.2 --loss l2 --weight-decay 0.1" "--precision bf16 --clip-norm 0.01 --ema 0.5" \
  "--predict eps --target image --level-draw discrete" "--regression"; do
  for processes in 1 2; do
    together "$processes" "${program[@]}" $options --steps 3 photos --restart -o "options$processes.json"
  done
  agree options1 options2
done

# A part of a training by each number of processes; on one machine without a word about threads.
"${program[@]}" -q --steps 2 photos -o mixed.json
together 4 "${program[@]}" --steps 4 --resume -o mixed.json
grep -q "resuming 'mixed.json' after step 2" said.0
together 2 "${program[@]}" --steps 6 photos -o mixed.json
"${program[@]}" -q --steps 6 photos -o straight.json
agree straight mixed

# The other processes need nothing but the data: no file of the training, and no folder for it.
mkdir first second
cp -R photos second/
port=$(free_port)
(cd first && as 0 2 "${program[@]}" -q --steps 2 ../photos -o x.json) &
pid=$!
(cd second && chmod a-w . && as 1 2 "${program[@]}" -q --steps 2 photos -o x.json)
wait $pid
[ "$(ls second)" = photos ]
port=$(free_port)
(cd first && as 0 2 "${program[@]}" -q --steps 6 -o x.json) &
pid=$!
(cd second && as 1 2 "${program[@]}" -q --steps 6 -o x.json photos)
wait $pid
agree first/x straight
chmod u+w second

# Of a time limit and of a signal to any one of them all stop after the same step, and everything is saved.
step() { sed -n 's/^  "step": \([0-9]*\),/\1/p' "$1.state/progress.json"; }
port=$(free_port)
(as 0 2 "${program[@]}" --steps 100000 photos -o limit.json 2>said.0) &
pid=$!
as_second=$(as 1 2 "${program[@]}" --steps 100000 --time-limit 4s photos -o limit.json 2>&1)
wait $pid
grep -q 'stopped after step [0-9]* of 100000, all saved' said.0
[ -z "$as_second" ]
for signal in TERM:143 USR1:138; do
  port=$(free_port)
  for rank in 0 1; do
    (as "$rank" 2 "${program[@]}" --steps 100000 photos -o stop.json) 2>"said.$rank" &
    pids[rank]=$!
  done
  before=$(cat stop.journal.jsonl 2>/dev/null || true)
  until [ "$(cat stop.journal.jsonl 2>/dev/null)" != "$before" ]; do sleep 0.1; done
  kill -"${signal%:*}" "${pids[1]}"
  for rank in 0 1; do
    status=0
    wait "${pids[rank]}" || status=$?
    [ "$status" = "${signal#*:}" ]
  done
  grep -q "by SIG${signal%:*}, all saved; to go on: sr3-train -o stop.json" said.0
done
"${program[@]}" -q --steps "$(step stop)" photos -o whole.json
same stop.safetensors whole.safetensors

# A loss that is not finite: all skip the step.
fails 1 "10 steps in a row had no finite loss" together 2 "${program[@]}" --steps 100 --learning-rate 1e30 --warmup 0 \
  photos -o wild.json
grep -q 'step 4 skipped: its ' said.0
diff <(tail -n1 said.0 | sed 's/; nothing is saved$//') <(tail -n1 said.1 | sed 's/\[1\]//') >&2

# Damaged images: replaced alike, by whichever process meets them, and all end with that status.
cp -R photos damaged
head -c 300 photos/3.ppm >damaged/3.ppm
for processes in 1 2; do
  status=0
  together "$processes" "${program[@]}" --steps 4 --keep-going damaged -o "kept$processes.json" 2>said || status=$?
  [ "$status" = 3 ]
done
agree kept1 kept2
fails 1 "'damaged/3.ppm'" together 2 "${program[@]}" --steps 4 damaged -o broken.json
# The process that does not read it names the one that does.
grep -qE 'process [01] failed: .*damaged/3.ppm' said.0 said.1

# Open MPI, and torchrun where a libtorch of PyPI brings it.
if command -v mpirun >/dev/null; then
  for processes in 2 4; do
    mpirun --allow-run-as-root --oversubscribe -n "$processes" "${program[@]}" --steps 6 photos -o "mpi$processes.json" 2>said
    grep -q "process 0 of $processes, started by Open MPI, meeting at 127.0.0.1:" said
    agree straight "mpi$processes"
  done
fi
torch=$(sed -n 's/^TORCH:PATH=//p' "$BUILD/CMakeCache.txt")
torchrun=$(command -v torchrun "$torch/../../../../bin/torchrun" | head -n1 || true)
if [ -n "${torch:+$torchrun}" ]; then
  "$torchrun" --no-python --nproc-per-node 2 --master-port "$(free_port)" "${program[@]}" --steps 6 photos -o run.json 2>said
  grep -q "process 0 of 2, started by torchrun" said
  agree straight run
else
  echo "left out: torchrun, which is not here"
fi

# What a training measures of its data when it begins, and a stage that it starts from: the same for all.
noisy=("${program[@]}" --steps 4 --augmentation gaussian)
"${noisy[@]}" -q photos -o one.json
together 2 "${noisy[@]}" photos -o two.json
agree one two
"${program[@]}" -q --steps 2 photos -o plain.json
"${noisy[@]}" -q --init-from plain.json photos -o grown-one.json
together 4 "${noisy[@]}" --init-from plain.json photos -o grown-four.json
agree grown-one grown-four

# With a share of the optimizer's state in each: the same bytes, from the previews to the state, by any number of processes in turn.
sharded=("${program[@]}" --shard-optimizer)
for processes in 1 2 4; do
  together "$processes" "${sharded[@]}" --steps 6 --preview-every 3 --save-every 2 --batch 10 photos -o "shard$processes.json"
  agree hand1 "shard$processes"
done
same hand1.preview.png shard4.preview.png
same <(sed 's/shard4/hand1/' shard4.json) hand1.json
"${program[@]}" -q --steps 2 photos -o turns.json
together 4 "${sharded[@]}" --steps 3 --resume -o turns.json
together 2 "${sharded[@]}" --steps 4 photos -o turns.json
together 4 "${program[@]}" --steps 5 photos -o turns.json
"${program[@]}" -q --steps 6 photos -o turns.json
agree straight turns
together 2 "${sharded[@]}" --steps 4 --augmentation gaussian --init-from plain.json photos -o grown-shards.json
agree grown-one grown-shards
# Validation, the best stage, snapshots and further averages.
photos held-out 3 40 36
beside=("${program[@]}" --steps 6 --save-every 2 --ema 0.9 --ema 0.99 --validate held-out --validate-every 2 --validate-images 4
  --keep-best psnr --keep-every 3)
"${beside[@]}" -q photos -o beside1.json
together 2 "${beside[@]}" photos -o beside2.json
together 4 "${beside[@]}" --shard-optimizer photos -o beside4.json
for other in beside2 beside4; do
  agree beside1 $other
  for stage in best ema-0.99 step-3 step-6; do same beside1.$stage.safetensors $other.$stage.safetensors; done
  for file in best ema-0.99; do same beside1.state/$file.safetensors $other.state/$file.safetensors; done
done
# The plan shows the smaller share.
plan() { WORLD_SIZE=4 "${program[@]}" "$@" --plan | awk -F '\t' '$1 == "adam_bytes" { print $2 }'; }
(($(plan) >= 4 * $(plan --shard-optimizer) - 32))
