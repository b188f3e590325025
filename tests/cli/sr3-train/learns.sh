# A short training on 8 images: the loss falls, every file is there, another training can begin from it.
photos photos 8 64 48
train() {
  sr3-train -q --preset tiny --crop 32 --channels 8 --batch 4 --learning-rate 2e-3 --warmup 2 --target image "$@"
}
train --predict x0 --steps 60 --journal-every 10 --preview-every 30 --preview-images 2 photos -o a.json
perl -ne 'push @l, $1 if /"loss":([0-9.]+)/; END { exit !(@l == 6 && $l[5] < 0.75 * $l[0]) }' a.journal.jsonl
for file in a.json a.safetensors a.state/progress.json a.preview.png a.loss.png; do [ -s "$file" ]; done
# Rows of low-res, result and truth at 8 times 32 pixels.
pngtopnm a.preview.png >sheet.ppm
pamfile sheet.ppm | grep '784 by 53[0-9]'
grep -q '"program": "sr3-train"' a.json
[ "$(grep -c '"program"' a.json)" = 1 ]

# Running the same command again adds nothing to the history, another one does.
train --predict x0 --steps 60 --journal-every 10 --preview-every 30 --preview-images 2 photos -o a.json
[ "$(grep -c '"program"' a.json)" = 1 ]
train --predict x0 --steps 61 photos -o a.json
[ "$(grep -c '"program"' a.json)" = 2 ]

# fp16 weights are half as large.
train --steps 1 --weights-type fp16 --no-history photos -o half.json
[ "$(wc -c <half.safetensors)" -lt $(($(wc -c <a.safetensors) * 6 / 10)) ]
grep -q '"history": \[\]' half.json

# From a trained stage: lower from the first line on than from scratch. Another network is refused, with what differs.
train --predict x0 --steps 10 --journal-every 10 --init-from a.json photos -o from.json
first_loss() { sed -n '1s/.*"loss":\([0-9.]*\),.*/\1/p' "$1.journal.jsonl"; }
perl -e 'exit !($ARGV[0] < 0.9 * $ARGV[1])' "$(first_loss from)" "$(first_loss a)"
fails 1 "' is (" train --steps 1 --channels 16 --init-from a.json photos -o other.json
fails 1 "' is missing" train --steps 1 --blocks 2 --init-from a.json photos -o another.json

# Regression learns too, with the image and the residual as its target.
for target in image residual; do
  train --regression --target $target --steps 60 --journal-every 10 --preview-every 30 photos -o "r-$target.json"
  perl -ne 'push @l, $1 if /"loss":([0-9.e-]+)/; END { exit !($l[5] < 0.9 * $l[0]) }' "r-$target.journal.jsonl"
  grep -q '"kind": "regression"' "r-$target.json"
  [ -s "r-$target.preview.png" ]
done
