# --checkpoint-activations changes no byte of a training, whatever the network, and whenever it is given.
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
