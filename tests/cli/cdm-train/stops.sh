# What a later stage would fail at is refused before the first step; a signal between two stages is not lost.
for class in red blue; do
  photos things/$class 3 24 20
  photos tiny/$class 3 12 12
done
cdm-train -q --new 8,16 --preset tiny --no-history things -o c.json
options=(-q --batch 2 --threads 1 --precision fp32 --no-history)
train() { cdm-train "${options[@]}" "$@"; }
untouched() { [ ! -e c-8.state ] && [ ! -e c-8.safetensors ]; }
fails 1 "6 images are smaller than the 16x16 crop" train --steps 2 --validate tiny --preview-every 0 c.json things
untouched
fails 2 "--preview-images 4000: a sheet of so many would have more than 268435456 pixels" \
  train --steps 2 --preview-images 4000 c.json things
untouched
mkdir c-16.journal.jsonl
fails 1 "'c-16.journal.jsonl'" train --steps 2 --preview-every 0 c.json things
untouched
rmdir c-16.journal.jsonl
mkdir s.step-2.safetensors
fails 1 "'s.step-2.safetensors': it is a folder" sr3-train --preset tiny --crop 16 --steps 2 --keep-every 1 things -o s.json
[ ! -e s.state ]

# A signal that comes while the first stage draws its preview: the stage is there, and the second does not begin.
cdm-train "${options[@]}" --steps 2 --preview-images 400 c.json things &
pid=$!
until [ -s c-8.safetensors ]; do sleep 0.02; done
kill -TERM $pid
status=0
wait $pid || status=$?
[ $status = 143 ]
[ ! -e c-16.state ]
[ -s c-8.preview.png ]
train --steps 2 --preview-every 0 c.json things
cascade -q c.json --steps 1 -n 1 -o drawn.png

# Lost weights of a stage whose training is finished are written again by its state.
cp c-8.safetensors kept
rm c-8.safetensors
train c.json
same kept c-8.safetensors
rm -r c-8.safetensors c-8.state
fails 1 "its weights 'c-8.safetensors' do not exist" train c.json things

# The stage that a training began with may be gone when it goes on.
sr3-train -q --preset tiny --crop 16 --batch 2 --steps 1 --preview-every 0 things -o from.json
program=(sr3-train -q --preset tiny --crop 16 --batch 2 --preview-every 0 --init-from from things -o on.json)
"${program[@]}" --steps 1
rm -r from.*
"${program[@]}" --steps 2
fails 1 "cannot open 'from'" "${program[@]}" --restart --steps 2
# The images of a training that goes on, and its damaged state.
mv things moved
fails 1 "cannot open 'things', the images of the training that goes on: name them where they are now" sr3-train --steps 3 -o on.json
sr3-train -q --steps 3 -o on.json moved
rm on.state/ema.safetensors
fails 1 "; --restart trains anew" sr3-train --steps 4 -o on.json
