# --checkpoint-activations changes no byte of a training, whatever the network, and whenever it is given; and it needs less memory.
photos photos 8 70 66
program=(sr3-train -q --preset tiny --crop 32 --channels 8 --batch 4 --threads 1 --no-history --preview-every 0)
agree() {
  same "$1.safetensors" "$2.safetensors"
  for file in weights ema adam-m adam-v; do same "$1.state/$file.safetensors" "$2.state/$file.safetensors"; done
}
for options in "--precision fp32 --dropout 0.2" "--precision bf16 --dropout 0.2 --blocks 2,2 --attention 1" \
  "--precision fp32 --regression" "--precision fp32 --attention 0,1 --accumulate 2 --augmentation gaussian"; do
  "${program[@]}" $options --steps 3 photos --restart -o plain.json
  "${program[@]}" $options --steps 3 --checkpoint-activations photos --restart -o again.json
  agree plain again
done
# In the middle of a training, and remembered from there on.
program+=(--precision fp32)
"${program[@]}" --steps 6 photos -o straight.json
"${program[@]}" --steps 2 photos -o mixed.json
"${program[@]}" --steps 4 --checkpoint-activations photos -o mixed.json
sr3-train -q --steps 6 -o mixed.json
agree straight mixed
grep -q '"checkpoint-activations": ""' mixed.state/progress.json
# Students, and the stages of a cascade.
for given in "" --checkpoint-activations; do
  sr3-train -q --distill straight.json --sampling-steps 2 --teacher-steps 4 --steps 2 --precision fp32 --no-history \
    --preview-every 0 $given photos -o "student$given.json"
  tiny_cascade "c$given.json"
  cdm-train -q --steps 5 --batch 4 --preview-every 0 $given "c$given.json" things
done
agree student student--checkpoint-activations
for side in 8 16; do agree "c-$side" "c--checkpoint-activations-$side"; done

# The memory of the whole process, at its peak; how much less it is, the plan has told.
peak() {
  python3 -c '
import os, sys
child = os.fork()
if child == 0: os.execvp(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
assert status == 0
print(used.ru_maxrss * 1024)' "$@"
}
photos large 2 140 130
large=(sr3-train -q --preset tiny --blocks 6 --high-res 128 --steps 1 --batch 12 --threads 1 --precision fp32 --preview-every 0)
planned() { "${large[@]}" "$@" --plan | awk -F '\t' '$1 == "activations_bytes" { print $2 }'; }
plain=$(peak "${large[@]}" large -o large.json)
less=$(peak "${large[@]}" --checkpoint-activations large -o less.json)
expected=$(($(planned) - $(planned --checkpoint-activations)))
((expected > 300000000))
[ "${SANITIZED:-}" = 1 ] || ((plain - less > expected / 2))
agree large less
