# Events that end a run early, with everything saved.
photos photos 8 40 36
program=(sr3-train --preset tiny --crop 32 --channels 8 --batch 4 --threads 1 --precision fp32
  --journal-every 1 --preview-every 0)
train() { "${program[@]}" "$@"; }
step() { sed -n 's/^  "step": \([0-9]*\),/\1/p' "$1.state/progress.json"; }

# Signals: the step is finished, everything is saved, and the status depends on the signal.
for signal in INT:130 TERM:143; do
  set -m # otherwise bash lets background jobs ignore SIGINT
  "${program[@]}" -q --steps 100000 photos -o "${signal%:*}.json" &
  pid=$!
  set +m
  until [ -s "${signal%:*}.journal.jsonl" ]; do sleep 0.1; done
  kill -"${signal%:*}" $pid
  status=0
  wait $pid || status=$?
  [ "$status" = "${signal#*:}" ]
  [ "$(step "${signal%:*}")" -ge 1 ]
  [ -s "${signal%:*}.safetensors" ]
done

# A signal that was ignored at the start stays ignored: ^C does not end a script's background job.
(trap '' INT; exec "${program[@]}" -q --steps 30 photos -o deaf.json) &
pid=$!
until [ -s deaf.journal.jsonl ]; do sleep 0.1; done
kill -INT $pid
wait $pid
[ "$(step deaf)" = 30 ]

# The time limit: no step at all, then some.
train --steps 100000 --time-limit 0 photos -o limit.json 2>said
grep -q 'stopped after step 0 of 100000, all saved; to go on: sr3-train -o limit.json' said
[ "$(step limit)" = 0 ]
train -q --steps 100000 --time-limit 10s photos -o limit.json
[ "$(step limit)" -ge 1 ]

# A learning rate with which the weights diverge: steps are skipped and reported, and ten in a row end the run.
fails 1 'step 4 skipped: its ' train --steps 100 --learning-rate 1e30 --warmup 0 photos -o wild.json
fails 1 "10 steps in a row had no finite loss" train --steps 100 --learning-rate 1e30 --warmup 0 --restart \
  photos -o wild.json
grep -q '"loss":null' wild.journal.jsonl
[ ! -e wild.json ]
[ ! -e wild.state ]
# The previous save of stage and state is kept.
train -q --steps 12 photos -o good.json
cp good.safetensors kept
cp -R good.state kept.state
fails 1 "10 steps in a row had no finite loss or gradient (a lower --learning-rate may help); 'good.state' has all up to step 12" \
  train --steps 60 --learning-rate 1e30 --clip-norm 0 photos -o good.json
same good.safetensors kept
diff -r good.state kept.state
train -q --steps 14 photos -o good.json

# If no step is left, there are no messages about changed settings.
train --steps 14 photos -o good.json --batch 2 --learning-rate 7 --ema 0.5 2>said
grep -q "'good.json' has done its 14 steps" said
grep -q '"batch": 4,' good.json
not grep -q '"learning_rate": 7' good.json

# Progress without a terminal, if requested: at least a line at the end. Without standard error the journal is unchanged.
train --steps 3 --progress always photos -o told.json 2>said
grep -qE '^sr3-train: 3/3 steps, .*, in [0-9]+s, loss ' said
train --steps 3 --progress always photos -o untold.json 2>&-
[ "$(sed 's/,"images_per_second.*//' told.journal.jsonl)" = "$(sed 's/,"images_per_second.*//' untold.journal.jsonl)" ]
[ "$(wc -l <untold.journal.jsonl)" = 3 ]

# Of two simultaneous runs the second is refused.
"${program[@]}" -q --steps 100000 photos -o limit.json &
pid=$!
last() { sed -n '$s/.*"step":\([0-9]*\),.*/\1/p' "$1.journal.jsonl"; }
until [ "$(last limit)" -gt "$(step limit)" ]; do sleep 0.1; done
fails 1 "'limit.json' is being trained by another process" train --steps 100000 photos -o limit.json
kill $pid
wait $pid || [ $? = 143 ]
