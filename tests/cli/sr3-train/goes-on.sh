# A training that resumes takes what is not given from its state, and the last message of a run is the command for that.
photos photos 4 40 36
begin=(sr3-train --preset tiny --crop 32 --channels 8 --blocks 2 --batch 2 --seed 3 --learning-rate 2e-3 --no-flip
  --clip-norm 0.5 --threads 1 --precision fp32 --journal-every 1 --preview-every 0 --weights-type fp16)
"${begin[@]}" -q --steps 6 photos -o whole.json
"${begin[@]}" --steps 6 --time-limit 0 photos -o part.json 2>said
grep -qF "stopped after step 0 of 6, all saved; to go on: sr3-train -o part.json" said
sr3-train -q --steps 3 -o part.json
[ "$(wc -l <part.journal.jsonl)" = 3 ]
sr3-train --steps 6 --resume -o part.json 2>said
grep -qF "resuming 'part.json' after step 3" said
not grep -qF "is now" said
same whole.safetensors part.safetensors
same whole.state/weights.safetensors part.state/weights.safetensors
# The steps are taken, too: there is nothing left to do.
sr3-train -o part.json 2>said
grep -qF "'part.json' has done its 6 steps; with more --steps it goes on" said

# From another folder, with data that were named relative to the first one, in a list too.
printf '%s\n' "$PWD"/photos/*.ppm >list
"${begin[@]}" -q --steps 2 @list -o below.json
mkdir below
(cd below && sr3-train -q --steps 4 -o ../below.json)
sr3-train -q --steps 6 -o below.json
same whole.state/weights.safetensors below.state/weights.safetensors

# What is given again counts from then on.
sr3-train --steps 7 --learning-rate 1e-3 -o part.json 2>said
grep -qF -- "--learning-rate is now 0.001, was 0.002" said
sr3-train --steps 8 -o part.json 2>said
not grep -qF "is now" said

# A contradiction names an option that was given.
refused() { fails 2 "cannot resume 'part.json': $1" sr3-train "${@:2}" -o part.json; }
refused "--preset small makes 'network.blocks' [2,2,2], which contradicts the [2,2] it was" --preset small --steps 9
refused "--channels 16 contradicts the 8 it was started with" --channels 16
refused "--crop 24 makes 'image.high_res' 24, which contradicts the 32 it was started with" --crop 24
refused "--low-res 4 makes 'image.high_res' 16, which contradicts the 32" --low-res 4
refused "--scale 2 makes 'image.low_res' 16, which contradicts the 8" --scale 2
refused "--seed 4 contradicts the 3" --seed 4
refused "--kernel box contradicts the bicubic" --kernel box
refused "--min-detail 2.0 contradicts the 0.0" --min-detail 2
refused "--diffusion-steps 50 contradicts the 1000" --diffusion-steps 50
# What agrees may be repeated in other words.
sr3-train -q --blocks 2,2 --steps 8 -o part.json
sr3-train -q --low-res 8 --steps 8 -o part.json

# Without a training there is nothing to take.
fails 2 "no images to train on" sr3-train -o none.json
fails 2 "--resume: 'none.json' has no training to resume" sr3-train --resume photos -o none.json
fails 2 "--resume and --restart exclude each other" sr3-train --resume --restart -o part.json
fails 2 "no images to train on" sr3-train --restart -o part.json
[ ! -e none.state ]
# Nor from a damaged state.
cp part.state/progress.json kept
head -c 99 kept >part.state/progress.json
fails 1 "part.state/progress.json" sr3-train -o part.json
cp kept part.state/progress.json

# Ctrl-C tells how far it came. A name that the shell would split is quoted.
set -m # otherwise bash lets background jobs ignore SIGINT
sr3-train --preset tiny --crop 32 --channels 8 --batch 2 --journal-every 1 --preview-every 0 --steps 100000 photos \
  -o 'my stage.json' 2>said &
pid=$!
set +m
until grep -q '"step":9' 'my stage.journal.jsonl' 2>/dev/null; do sleep 0.1; done
kill -INT $pid
wait $pid || [ $? = 130 ]
grep -qE "stopped after step [0-9]+ of 100000 by SIGINT, all saved; to go on: sr3-train -o 'my stage.json'$" said
# Before its first step it said what it would do, and after some how long that takes.
grep -q "4 images, of which examples are random crops: 32x32 pixels from 8x8" said
grep -qE "a network of [0-9]+ weights, in (fp32|bf16) on cpu, [0-9]+ threads?$" said
grep -q "steps 1 to 100000, each of 2 examples, at a learning rate of 0.001" said
grep -qE "about .* for the other [0-9]+ steps$" said

# The regression baseline, and a stage that starts from another one: network, sizes and objective are that stage's.
sr3-train -q --preset tiny --regression --crop 32 --channels 8 --batch 2 --steps 2 --preview-every 0 photos -o mean.json
sr3-train -q --steps 3 -o mean.json
grep -q '"kind": "regression"' mean.json
sr3-train -q --init-from part.json --steps 2 --batch 2 --preview-every 1 photos -o child.json
network() { sed -n '/"network": {/,/^  }/p; /"diffusion": {/,/^  }/p; /"image": {/,/}/p' "$1"; }
diff <(network part.json) <(network child.json)
[ -s child.preview.png ]
fails 2 "cannot start from 'part.json': its 'network" \
  sr3-train -q --preset tiny --init-from part.json --crop 32 --steps 2 photos -o other.json
# It resumes without the stage that it came from.
rm part.json
sr3-train -q --steps 3 -o child.json

# A preview has four columns of 256 pixels: the low-resolution image, its bicubic enlargement, the result, the truth.
[ "$($CONVERT child.preview.png -format '%[fx:int(w/256)]' info:)" = 4 ]
