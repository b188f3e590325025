# --validate measures the stage on held-out images, and changes nothing about the training.
photos photos 6 40 36
photos held-out 5 32 32
feature_network net.pt
program=(sr3-train -q --preset tiny --crop 32 --channels 8 --batch 4 --threads 1 --precision fp32 --no-history
  --journal-every 2 --preview-every 0 --learning-rate 0.003 --warmup 0)
train() { "${program[@]}" photos "$@"; }
measured=(--validate held-out --validate-every 3 --validate-images 5)
scores() { jq -c 'select(.validation)' "$1.journal.jsonl"; }
lines() { sed 's/,"images_per_second".*//' "$1.journal.jsonl"; }
stages_agree() {
  for file in safetensors best.safetensors ema-0.5.safetensors step-3.safetensors step-6.safetensors step-9.safetensors; do
    same straight.$file "$1.$file"
  done
  for file in weights ema adam-m adam-v best ema-0.5; do same straight.state/$file.safetensors "$1.state/$file.safetensors"; done
  for file in json best.json ema-0.5.json; do diff <(sed 's/straight/X/' straight.$file) <(sed "s/$1/X/" "$1.$file"); done
  diff <(lines straight) <(lines "$1")
}

# The bytes of the training, the stage and the other lines of the journal are those without validation.
train --steps 10 -o plain.json
train --steps 10 "${measured[@]}" --features net.pt -o seen.json
same plain.safetensors seen.safetensors
for file in weights ema adam-m adam-v; do same plain.state/$file.safetensors seen.state/$file.safetensors; done
diff <(sed 's/plain/X/' plain.json) <(sed 's/seen/X/' seen.json)
diff <(lines plain) <(lines seen | grep -v validation)
[ "$(scores seen | jq -c '[.step, (.validation.loss_by_level | length)]' | xargs)" = "[3,4] [6,4] [9,4]" ]
scores seen | jq -e '.validation | (.psnr > 5) and (.frechet_distance > 0) and
  ((.loss_by_level | add / 4) - .loss | fabs < 1e-9)' >/dev/null
# It is not in the training's settings, and ends with the option.
[ "$(jq -c 'has("validated")' plain.state/progress.json)" = false ]
[ ! -e seen.best.json ]

# However a training is divided into runs, it has the same values and the same best stage.
all=("${measured[@]}" --keep-best psnr --keep-every 3 --ema 0.9 --ema 0.5)
train --steps 10 "${all[@]}" -o straight.json
for first in 2 3 5; do
  train --steps $first "${all[@]}" -o cut.json
  train --steps 10 "${all[@]}" -o cut.json
  stages_agree cut
  rm -r cut.*
done
# The options need not be repeated, also from another folder.
train --steps 4 "${all[@]}" -o cut.json
mkdir elsewhere
(cd elsewhere && sr3-train -q --threads 1 --steps 10 -o ../cut.json)
stages_agree cut
# After all steps another run changes nothing.
cp -R straight.state before
(train --steps 10 "${all[@]}" -o straight.json)
diff -r straight.state before

# The best stage is that of the step with the best value, and an average is that of a training with this --ema alone.
for metric in psnr loss frechet; do
  rm -rf best.*
  train --steps 10 "${measured[@]}" --features net.pt --keep-every 3 --keep-best $metric -o best.json
  case $metric in psnr) by='max_by(.validation.psnr)' ;; loss) by='min_by(.validation.loss)' ;;
    *) by='min_by(.validation.frechet_distance)' ;; esac
  step=$(scores best | jq -s "$by.step")
  [ "$(jq .training.steps best.best.json)" = "$step" ]
  same best.best.safetensors "best.step-$step.safetensors"
  [ "$(jq .training.steps "best.step-$step.json")" = "$step" ]
  upscale -q -m best.best.json --steps 2 held-out/1.ppm >/dev/null
done
train --steps 10 --ema 0.5 -o half.json
same half.safetensors straight.ema-0.5.safetensors
[ "$(jq -c '[.training.ema]' straight.json straight.ema-0.5.json | xargs)" = "[0.9] [0.5]" ]
upscale -q -m straight.ema-0.5 --steps 2 held-out/1.ppm >/dev/null
# One that is added later begins with the weights.
train --steps 4 --ema 0.9 -o added.json
train --steps 4 --ema 0.9 --ema 0.5 -o added.json
same added.state/weights.safetensors added.state/ema-0.5.safetensors

# A regression makes no noise: its values are those of the other programs for the same images.
train --steps 4 --regression --validate held-out --validate-every 4 --validate-images 5 --features net.pt -o reg.json
degrade -s 4 held-out -o small/
upscale -q -m reg.json --precision fp32 --threads 1 small -o large/
near() { # WHAT VALUE WANTED
  awk -v a="$2" -v b="$3" 'BEGIN { exit !(b > 0 && (a - b) ^ 2 <= 1e-8 * b * b) }' || { echo "$1: $2, not $3"; exit 1; }
}
near psnr "$(scores reg | jq .validation.psnr)" "$(sr-metrics held-out large --json | jq 'select(.name == "mean") | .psnr')"
near distance "$(scores reg | jq .validation.frechet_distance)" \
  "$(fid compare --features net.pt --json large held-out | jq .frechet_distance)"
[ "$(scores reg | jq -c '.validation.loss_by_level | length')" = 1 ]

# Of two processes the first validates, and the bytes are those of one.
train --accumulate 2 --steps 10 "${all[@]}" -o one.json
port=$((12000 + $$ % 4000))
for rank in 0 1; do
  RANK=$rank WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port "${program[@]}" photos --accumulate 2 --steps 10 "${all[@]}" \
    --timeout 60 -o two.json &
done
wait -n
wait -n
for file in safetensors best.safetensors ema-0.5.safetensors step-9.safetensors; do same one.$file two.$file; done
diff <(lines one) <(lines two)

# Killed at any moment.
for delay in 0.4 0.9; do
  "${program[@]}" photos --steps 100000 --save-every 2 "${all[@]}" -o shot.json &
  pid=$!
  until [ -d shot.state ]; do sleep 0.1; done
  sleep $delay
  kill -9 $pid
  wait $pid 2>/dev/null || true
done
step=$(jq .step shot.state/progress.json)
train --steps $((step + 7)) "${all[@]}" -o shot.json
train --steps $((step + 7)) "${all[@]}" -o whole.json
diff <(lines whole) <(lines shot)
same whole.best.safetensors shot.best.safetensors

# A signal during a validation ends it; the next run makes up for it.
"${program[@]}" photos --steps 10 --validate held-out --validate-every 3 --validate-images 4000 -o slow.json &
pid=$!
until grep -q '"step":2,' slow.journal.jsonl 2>/dev/null; do sleep 0.1; done
sleep 2
kill -TERM $pid
status=0
wait $pid || status=$?
[ $status = 143 ]
[ "$(jq .step slow.state/progress.json)" = 3 ]
not grep -q validation slow.journal.jsonl
train --steps 10 "${measured[@]}" -o slow.json
diff <(scores slow | sed 's/"frechet[^}]*//') <(scores seen | sed 's/,"frechet[^}]*//')

# Another validation begins with no best stage.
train --steps 4 "${measured[@]}" --keep-best loss -o other.json
"${program[@]}" --threads 1 photos --steps 6 "${measured[@]}" --validate-images 3 --keep-best loss -o other.json
[ "$(jq .best.step other.state/progress.json)" = 6 ]

# Its images in the training are warned of.
sr3-train --preset tiny --crop 32 --channels 8 --steps 1 --batch 2 --validate photos --preview-every 0 photos -o same.json 2>said
grep -q 'these are the images of the training' said
grep -q 'is more than the 1 steps' said

fails 2 "--features is for --validate" train --steps 1 --features net.pt -o x.json
fails 2 "--validate-every is for --validate" train --steps 1 --validate-every 5 -o x.json
fails 2 "--validate-images is for --validate" train --steps 1 --validate-images 5 -o x.json
fails 2 "--keep-best is for --validate" train --steps 1 --keep-best loss -o x.json
fails 2 "--keep-best frechet needs --features" train --steps 1 --keep-best frechet "${measured[@]}" -o x.json
fails 2 "option '--validate-images': '1' is not in the range 2 to" train --steps 1 --validate-images 1 -o x.json
fails 2 "option '--ema': '1' is not in the range 0 to <1" train --steps 1 --ema 0.5 --ema 1 -o x.json
fails 1 "--validate: cannot open 'nowhere'" train --steps 1 --validate nowhere -o x.json
fails 1 "cannot open 'none.pt'" train --steps 1 "${measured[@]}" --features none.pt -o x.json
fails 2 "--validate: a student learns from its teacher" sr3-train --distill plain.json --validate held-out photos -o x.json
[ ! -e x.journal.jsonl ]
touch y.best.json
fails 1 "'y.best.json' exists, of a training whose state is missing" train --steps 1 "${measured[@]}" --keep-best loss -o y.json
