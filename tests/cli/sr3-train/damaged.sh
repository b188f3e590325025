# Images that cannot be read, and the training's own images, which are not data.
photos photos 6 40 36
program=(sr3-train -q --preset tiny --crop 32 --channels 8 --batch 1 --threads 1 --precision fp32 --no-history
  --journal-every 3 --preview-every 0)
train() { "${program[@]}" "$@"; }
step() { sed -n 's/^  "step": \([0-9]*\),/\1/p' "$1.state/progress.json"; }

# A damaged image ends each run, with everything saved.
"$CONVERT" photos/4.ppm photos/4.png
rm photos/4.ppm
head -c $(($(wc -c <photos/4.png) / 2)) photos/4.png >half
mv half photos/4.png
for _ in 1 2; do
  fails 1 "4.png': truncated" train --steps 6 photos -o a.json
  fails 1 "'a.state' has all up to step 4" train --steps 6 photos -o a.json
  [ "$(step a)" = 4 ]
  [ -s a.safetensors ]
  [ "$(wc -l <a.journal.jsonl)" = 1 ]
done
# With --keep-going another image replaces it, the same in one run and in many.
fails 3 "photos/4.png" train --steps 14 --keep-going photos -o a.json
[ "$(step a)" = 14 ]
fails 3 "it is replaced by another image" train --steps 14 --keep-going photos -o b.json
same a.safetensors b.safetensors
diff <(sed 's/,"images_per_second".*//' a.journal.jsonl) <(sed 's/,"images_per_second".*//' b.journal.jsonl)

# A damaged image that is only in the preview does not affect the training.
train --steps 1 --keep-going photos -o unseen.json
train --steps 1 --keep-going --preview-every 100 --preview-images 6 photos -o seen.json
same unseen.safetensors seen.safetensors

# An image that is removed during the training: everything is saved, and after it is restored the training continues.
photos more 5 40 36
"${program[@]}" --steps 100000 --cache 0 more -o c.json 2>said &
pid=$!
until [ -s c.journal.jsonl ]; do sleep 0.1; done
mv more/2.ppm away.ppm
status=0
wait $pid || status=$?
[ "$status" = 1 ]
grep -q "cannot open 'more/2.ppm'.*--keep-going.*'c.state' has all up to step $(step c)\$" said
[ "$(step c)" -ge 3 ]
[ -s c.safetensors ]
mv away.ppm more/2.ppm
train --steps $(($(step c) + 2)) more -o c.json

# The training's own preview and plot are not used as data.
photos own 4 72 68
cd own
own() { sr3-train -q --preset tiny --crop 32 --channels 8 --batch 2 --preview-images 1 "$@" . -o x.json; }
own --steps 2
[ -s x.preview.png ]
[ -s x.loss.png ]
own --steps 4
