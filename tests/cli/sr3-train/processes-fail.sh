# What can go wrong between processes that train together: an error names it, soon, and the last save resumes exactly.
photos photos 8 40 36
program=(sr3-train --preset tiny --crop 32 --channels 8 --batch 8 --accumulate 4 --threads 1 --precision fp32 --no-history
  --journal-every 1 --preview-every 0 --timeout 20)
port=$((10000 + RANDOM % 10000))
as() {
  local rank=$1 size=$2
  shift 2
  RANK=$rank WORLD_SIZE=$size MASTER_ADDR=127.0.0.1 MASTER_PORT=$port exec "$@"
}
# pair STATUS TEXT COMMAND0 -- COMMAND1   two processes by hand: both end with the status, and their errors contain the text
pair() {
  local status=$1 text=$2 first=() got=0
  shift 2
  until [ "$1" = -- ]; do first+=("$1") && shift; done
  shift
  port=$((port + 1))
  (as 0 2 "${first[@]}") 2>said.0 &
  (as 1 2 "$@") 2>said.1 || got=$?
  [ "$got" = "$status" ]
  got=0
  wait $! || got=$?
  [ "$got" = "$status" ]
  for rank in 0 1; do grep -F -e "$text" "said.$rank" >/dev/null || { cat said.* >&2 && return 1; }; done
}

# Unlike command lines, data and numbers of processes.
pair 2 "process 0 was given --steps 3, but process 1 --steps 4: give all processes the same command line" \
  "${program[@]}" --steps 3 photos -o x.json -- "${program[@]}" --steps 4 photos -o x.json
pair 2 "process 0 was given no --restart, but process 1 --restart" \
  "${program[@]}" --steps 3 photos -o x.json -- "${program[@]}" --restart --steps 3 photos -o x.json
photos others 7 40 36
pair 2 "process 1 differs from process 0: the number of images 7, not 8" \
  "${program[@]}" --steps 3 photos -o x.json -- "${program[@]}" --steps 3 others -o x.json
photos others 8 40 35
pair 2 "process 1 differs from process 0: the sizes in bytes of its images are others" \
  "${program[@]}" --steps 3 photos -o x.json -- "${program[@]}" --steps 3 others -o x.json
mv others/8.ppm others/9.ppm
cp photos/8.ppm others/9.ppm
pair 2 "process 1 differs from process 0: the names of its images are others" \
  "${program[@]}" --steps 3 photos -o x.json -- "${program[@]}" --steps 3 others -o x.json
pair 2 "2 processes cannot share the 3 parts of a step's examples (--accumulate): start 1, or give --accumulate 2" \
  "${program[@]}" --accumulate 3 photos -o x.json -- "${program[@]}" --accumulate 3 photos -o x.json
pair 2 "--distill works in one process, but 2 were started" \
  "${program[@]}" --distill x.json -o y.json photos -- "${program[@]}" --distill x.json -o y.json photos
[ ! -e x.json ]
[ ! -e x.state ]

# The environment.
fails 2 "the environment has RANK but not WORLD_SIZE: set both" env RANK=0 "${program[@]}" photos -o x.json
fails 2 "set MASTER_ADDR to the host of process 0 and MASTER_PORT to a free port of it, the same for all" \
  env RANK=0 WORLD_SIZE=2 "${program[@]}" photos -o x.json
fails 2 "3 processes (RANK and WORLD_SIZE) cannot train together: start 1, 2, 4, 8, ..., a number that divides --accumulate" \
  as 0 3 "${program[@]}" photos -o x.json
fails 2 "process 0 of 2 by RANK and WORLD_SIZE, but of 1 of 2 by OMPI_COMM_WORLD_RANK" \
  env OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 RANK=0 WORLD_SIZE=2 "${program[@]}" photos -o x.json
fails 2 "is less than a second" "${program[@]}" --timeout 0 photos -o x.json
# One process opens no socket, whatever the environment.
RANK=0 WORLD_SIZE=1 MASTER_ADDR=nowhere.invalid MASTER_PORT=1 "${program[@]}" -q --steps 1 photos -o alone.json
if command -v strace >/dev/null; then
  strace -f -o calls -e trace=socket "${program[@]}" -q --steps 2 photos -o alone.json
  not grep -q 'AF_INET' calls
fi

# A port in use, a process that does not come, one too many, and another number of processes.
port=$((port + 1))
python3 -c '
import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()
print("listening", flush=True); time.sleep(60)' $port >listening &
pid=$!
until [ -s listening ]; do sleep 0.1; done
fails 1 "process 0 cannot listen at 127.0.0.1:$port, its address is in use or not of this machine: set another MASTER_PORT" \
  as 0 2 "${program[@]}" photos -o x.json
kill $pid
port=$((port + 1))
fails 1 "of 2 processes these did not come to 127.0.0.1:$port within 2 s: 1" as 0 2 "${program[@]}" --timeout 2 photos -o x.json
fails 1 "process 1 finds no process 0 at 127.0.0.1:$port" as 1 2 "${program[@]}" --timeout 2 photos -o x.json
port=$((port + 1))
(as 0 2 "${program[@]}" photos -o x.json) 2>said.0 &
fails 2 "process 1 was started as one of 4, but process 0 as one of 2: give all the same number" \
  as 1 4 "${program[@]}" photos -o x.json
not wait $!
grep -q "process 0 was started as one of 2, but process 1 as one of 4" said.0

# A late process is waited for.
port=$((port + 1))
(as 0 2 "${program[@]}" -q --steps 1 photos -o late.json) &
sleep 2
as 1 2 "${program[@]}" -q --steps 1 photos -o late.json &
wait %% && wait

# kill -9 of any process at any moment of the training: the others end in seconds, each naming it, and so does a process that hangs.
# With shards of the optimizer's state, too, when only the saves before can be resumed.
for victim in 3 0 2 1; do
  port=$((port + 1))
  share=
  if ((victim < 2)); then share=--shard-optimizer; fi
  touch -d yesterday shot.journal.jsonl
  for rank in 0 1 2 3; do
    (as "$rank" 4 "${program[@]}" $share --steps 100000 --save-every 2 photos -o shot.json) 2>"said.$rank" &
    pids[rank]=$!
  done
  until [ -n "$(find shot.journal.jsonl -newermt '-20 seconds')" ]; do sleep 0.1; done
  sleep "0.$((RANDOM % 10))"
  kill -9 "${pids[victim]}"
  killed=$SECONDS
  for rank in 0 1 2 3; do
    status=0
    wait "${pids[rank]}" || status=$?
    [ "$rank" = "$victim" ] && continue
    [ "$status" = 1 ]
    grep -q "process $victim has ended without a word: it was killed, or its machine or network failed" "said.$rank"
  done
  ((SECONDS - killed <= 15))
done
"${program[@]}" -q --steps 1 photos -o shot.json 2>/dev/null || true # completes a save that a kill interrupted
step=$(($(sed -n 's/^  "step": \([0-9]*\),/\1/p' shot.state/progress.json) + 2))
for stage in shot whole; do "${program[@]}" -q --steps "$step" photos -o $stage.json; done
same shot.safetensors whole.safetensors

port=$((port + 1))
rm -f hang.*
for rank in 0 1; do
  (as "$rank" 2 "${program[@]}" --timeout 3 --steps 100000 photos -o hang.json) 2>"said.$rank" &
  pids[rank]=$!
done
until [ -s hang.journal.jsonl ]; do sleep 0.1; done
kill -STOP "${pids[1]}"
status=0
wait "${pids[0]}" || status=$?
kill -9 "${pids[1]}"
[ "$status" = 1 ]
grep -qE "process 1 has not answered for 3 s \(--timeout\): .*; 'hang.state' has all up to step [0-9]+" said.0
