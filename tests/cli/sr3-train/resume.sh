# However a training is divided into runs, and however they end, the weights have the same bytes.
photos photos 8 40 36
program=(sr3-train -q --preset tiny --crop 32 --channels 8 --batch 4 --threads 1 --precision fp32 --no-history
  --journal-every 2 --preview-every 0)
train() { "${program[@]}" "$@"; }
weights_agree() {
  same straight.safetensors "$1.safetensors"
  for file in weights ema adam-m adam-v; do same straight.state/$file.safetensors "$1.state/$file.safetensors"; done
}
# The journal without its timings.
lines() { sed 's/,"images_per_second".*//' "$1.journal.jsonl"; }

train --steps 21 photos -o straight.json
# A line every two steps, and one for the rest at the end.
[ "$(wc -l <straight.journal.jsonl)" = 11 ]

# k + (n - k), stopped between two lines of the journal.
train --steps 5 photos -o cut.json
[ "$(sed -n '$s/.*"step":\([0-9]*\),.*/\1/p' cut.journal.jsonl)" = 5 ]
train --steps 21 photos -o cut.json
weights_agree cut
diff <(lines straight) <(lines cut)
# After all steps another run changes nothing.
cp cut.journal.jsonl before.jsonl
train --steps 21 photos -o cut.json
weights_agree cut
same before.jsonl cut.journal.jsonl
fails 2 "has done 21 already" train --steps 20 photos -o cut.json

# The manifest is the same except for the names in it.
diff <(sed 's/straight/X/' straight.json) <(sed 's/cut/X/' cut.json)

# Killed while the state was being written: before the swap, and between its two renames.
train --steps 5 photos -o killed.json
cp -R killed.state before
train --steps 9 photos -o killed.json
mv killed.state after
mv before killed.state
cp -R after killed.state.new
rm killed.state.new/index.json
train --steps 11 photos -o killed.json
mv killed.state killed.state.old
mv after killed.state.new
train --steps 21 photos -o killed.json
weights_agree killed
diff <(lines straight) <(lines killed)
[ ! -e killed.state.old ]
[ ! -e killed.state.new ]

# kill -9 at any moment, saving after each step: most of the time is spent in saving.
for delay in 0.31 0.17 0.23; do
  "${program[@]}" --steps 100000 --save-every 1 photos -o shot.json &
  pid=$!
  until [ -d shot.state ]; do sleep 0.1; done
  sleep "$delay"
  kill -9 $pid
  wait $pid 2>/dev/null || true
done
touch shot.json.123.tmp shot.safetensors.new shot.backup.tmp shot.v2.json.123.tmp shot.json.1a.tmp
counter='s/^  "step": \([0-9]*\),/\1/p'
step=$(sed -n "$counter" shot.state/progress.json 2>/dev/null || sed -n "$counter" shot.state.*/progress.json)
[ -n "$step" ]
[ "$step" -ge 1 ]
train --steps $((step + 3)) photos -o shot.json
train --steps $((step + 3)) photos -o whole.json
same shot.safetensors whole.safetensors
# Temporary files of killed runs are removed, and nothing else.
[ ! -e shot.json.123.tmp ]
[ ! -e shot.safetensors.new ]
[ -e shot.backup.tmp ]
[ -e shot.v2.json.123.tmp ]
[ -e shot.json.1a.tmp ]

# In parts the gradient is the same except for rounding; the first loss in the journal agrees to 5 digits.
train --steps 2 --accumulate 3 photos -o parts.json
loss() { sed -n '1s/.*"loss":\([0-9.]*\),.*/\1/p' "$1.journal.jsonl"; }
perl -e 'exit !(abs($ARGV[0] - $ARGV[1]) < 1e-5)' "$(loss parts)" "$(loss straight)"
