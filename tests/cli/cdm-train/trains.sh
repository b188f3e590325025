# A cascade from folders of classes: manifests first, then each stage separately, or all in turn; each resumes exactly.
for class in b a; do photos "things/$class" 3 24 20; done
new() { cdm-train -q --new 8,16 --preset tiny --no-history "$@"; }
train() { cdm-train -q --batch 4 --threads 1 --precision fp32 --no-history --journal-every 2 --preview-every 0 "$@"; }

new things -o c.json
[ "$(ls | xargs)" = "c-16.json c-8.json c.json things" ]
grep -q '"classes": \["a", "b"\]' c-8.json
grep -q '"kind": "gaussian"' c-16.json
train --steps 7 c.json things
for size in 8 16; do
  [ -s c-$size.safetensors ]
  [ "$(wc -l <c-$size.journal.jsonl)" = 4 ]
done

# In parts, the second stage first, from an archive and from a list: the same bytes.
new things -o d.json
tar cf things.tar things/*/*.ppm
for f in things/*/*.ppm; do printf '%s\t%s\n' "$f" "$(basename "$(dirname "$f")")"; done >list
train --stage 2 --steps 3 d.json things.tar
train --stage 2 --steps 7 d.json things.tar
train --stage 1 --steps 4 d.json @list
train --steps 7 d.json things
same c-8.safetensors d-8.safetensors
same c-16.safetensors d-16.safetensors
diff <(sed 's/"d-/"c-/; s/"data": .*//' d-8.json) <(sed 's/"data": .*//' c-8.json)

# Complete stages are skipped.
touch -d 2001-01-01 c-8.safetensors c-16.safetensors
train --steps 7 c.json things
train --steps 3 c.json things
[ "$(date -r c-8.safetensors +%Y)" = 2001 ]

# Learned variance: the journal contains the bound; two runs give the same as one.
new --learned-variance --augmentation blur things -o v.json
new --learned-variance --augmentation blur things -o w.json
train --steps 6 v.json things
train --steps 3 w.json things
train --steps 6 w.json things
same v-8.safetensors w-8.safetensors
same v-16.safetensors w-16.safetensors
diff <(sed 's/,"images_per_second".*//' v-8.journal.jsonl) <(sed 's/,"images_per_second".*//' w-8.journal.jsonl)
[ "$(grep -c '"bits_per_dimension":[0-9]' v-8.journal.jsonl)" = 3 ]
not grep -q bits_per_dimension v-16.journal.jsonl

# Grey and unconditional, padded; a preview of each kind of stage.
new --grey --unconditional --pad 32 --no-flip things -o g.json
cdm-train -q --steps 2 --batch 2 --preview-every 2 g.json things
[ -s g-8.preview.png ]
[ -s g-16.preview.png ]
grep -q '"channels": 1' g-8.json

# Presets make valid stages, also for the paper's sizes.
for preset in small medium cdm; do new --preset $preset --unconditional --new 32,64,256 -o p-$preset.json; done
grep -q '"kind": "blur"' p-cdm-256.json
new --sr-only --new 16,32 --unconditional -o sr.json
[ ! -e sr-16.json ]
[ -e sr-32.json ]

# A damaged image: each stage continues with another one, and all stages are trained. No stage uses the
# previews of another one as data.
"$CONVERT" things/a/2.ppm whole.png
head -c $(($(wc -c <whole.png) / 2)) whole.png >half.png
mkdir -p damaged/a damaged/b
cp half.png damaged/a/2.png
cp things/a/1.ppm damaged/a
cp things/b/*.ppm damaged/b
cd damaged
new . -o k.json
fails 1 "--keep-going" train --steps 6 k.json .
for steps in 6 7; do
  fails 3 "it is replaced by another image" cdm-train -q --steps $steps --batch 4 --preview-every 3 --keep-going k.json .
  [ -s k-8.preview.png ]
  [ -s k-16.safetensors ]
done
fails 2 "option '--cache': '-1' is not in the range >= 0" train --cache=-1 k.json .
