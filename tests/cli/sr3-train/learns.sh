# A short training on 8 images: the loss decreases, every file exists, and another training can start from it.
photos photos 8 64 48
train() {
  sr3-train -q --preset tiny --crop 32 --channels 8 --batch 4 --learning-rate 2e-3 --warmup 2 --target image "$@"
}
train --predict x0 --steps 60 --journal-every 10 --preview-every 30 --preview-images 2 photos -o a.json
perl -ne 'push @l, $1 if /"loss":([0-9.]+)/; END { exit !(@l == 6 && $l[5] < 0.75 * $l[0]) }' a.journal.jsonl
for file in a.json a.safetensors a.state/progress.json a.preview.png a.loss.png; do [ -s "$file" ]; done
# Rows of low-res, bicubic, result and truth at 8 times 32 pixels.
pngtopnm a.preview.png >sheet.ppm
pamfile sheet.ppm | grep '1044 by 53[0-9]'
grep -q '"program": "sr3-train"' a.json
[ "$(grep -c '"program"' a.json)" = 1 ]

# The same command adds nothing to the history, another command does.
train --predict x0 --steps 60 --journal-every 10 --preview-every 30 --preview-images 2 photos -o a.json
[ "$(grep -c '"program"' a.json)" = 1 ]
train --predict x0 --steps 61 photos -o a.json
[ "$(grep -c '"program"' a.json)" = 2 ]

# fp16 weights are half as large.
train --steps 1 --weights-type fp16 --no-history photos -o half.json
[ "$(wc -c <half.safetensors)" -lt $(($(wc -c <a.safetensors) * 6 / 10)) ]
grep -q '"history": \[\]' half.json

# From a trained stage the loss is lower from the first line on. Another network is refused, with the differences.
train --predict x0 --steps 10 --journal-every 10 --init-from a.json photos -o from.json
first_loss() { sed -n '1s/.*"loss":\([0-9.]*\),.*/\1/p' "$1.journal.jsonl"; }
perl -e 'exit !($ARGV[0] < 0.9 * $ARGV[1])' "$(first_loss from)" "$(first_loss a)"
fails 2 "cannot start from 'a.json': its 'network.channels' is 8, not 16" \
  train --steps 1 --channels 16 --init-from a.json photos -o other.json
# With more blocks it starts as the same function, with the same loss in the first step. Fewer blocks are refused.
for blocks in 1,1 2,3; do
  train --predict x0 --steps 1 --journal-every 1 --blocks $blocks --init-from a.json photos -o "blocks$blocks.json"
done
perl -e 'exit !(abs($ARGV[0] - $ARGV[1]) < 1e-5 * $ARGV[1])' "$(first_loss blocks2,3)" "$(first_loss blocks1,1)"
fails 2 "its 'network.blocks' is [1,1], not [2,2], 'network.channels' is 8, not 16" \
  train --steps 1 --channels 16 --blocks 2 --init-from a.json photos -o other.json
# Groups do not appear in any shape, but would change every block.
groups=$(sed -n 's/.*"groups": \([0-9]*\).*/\1/p' a.json)
fails 2 "its 'network.groups' is $groups, not 4 (--groups $groups)" train --steps 1 --groups 4 --init-from a.json photos -o g.json
[ ! -e g.journal.jsonl ]
fails 2 "its 'network.blocks' is [2,3], not [1,1]" train --steps 1 --init-from blocks2,3.json photos -o fewer.json
# Differences in what the weights were trained for are reported; other inputs are refused, and a stage without weights.
begin() { sr3-train --preset tiny --crop 32 --channels 8 --batch 2 --preview-every 0 --steps 1 --init-from a.json "$@"; }
begin --target image --predict x0 photos -o alike.json 2>said
not grep -q 'was trained with' said
begin --scale 2 --predict v --target residual --schedule linear photos -o apart.json 2>said
for word in "'scale' 4, but this stage has 2" "predict' x0, but this stage has v" "target' image, but this stage has residual" \
  "schedule.kind' cosine, but this stage has linear"; do
  grep -qF "$word" said
done
sed 's/"input": "log-snr"/"input": "alpha-bar"/' a.json >told.json
fails 2 "its 'network.level.input' is 'alpha-bar', not 'log-snr'" train --steps 1 --init-from told.json photos -o other.json
sed 's/"file": "[^"]*"/"file": ""/; s/"sha256": "[^"]*"/"sha256": ""/' a.json >bare.json
fails 1 "cannot start from 'bare.json': it has no weights yet" train --steps 1 --init-from bare.json photos -o other.json

# A short training has a journal and a plot; a description is kept; another number of threads is reported.
short() { sr3-train --preset tiny --crop 32 --channels 8 --batch 2 --preview-every 0 "$@" -o short.json; }
train --steps 1 photos/ photos/1.ppm -o slash.json
grep -q '"data": "photos, 1"' slash.json
short --steps 2 --threads 1 --description moors --attribution nobody --data-name pictures photos
[ "$(wc -l <short.journal.jsonl)" = 1 ]
[ -s short.loss.png ]
short --steps 3 --threads 2 photos 2>said
[ "$(wc -l <short.journal.jsonl)" = 1 ]
grep -q -- '--threads is now 2, was 1' said
for word in moors nobody pictures; do grep -qF "\"$word\"" short.json; done

# A schedule of few steps: its end is kept, and sampling and previews have at most as many steps.
train --steps 1 --diffusion-steps 5 --preview-every 1 --preview-images 1 photos -o few.json
grep -q '"steps": "5"' few.json
[ -s few.preview.png ]
short --steps 1 --restart --schedule linear --diffusion-steps 100 photos 2>said
grep -q 'with 100 diffusion steps beta_end is 0.1[89]' said
not grep -q 'ends at alpha_bar .*: this network' said

# Regression also learns, with the image and with the residual as its target.
for target in image residual; do
  train --regression --target $target --steps 60 --journal-every 10 --preview-every 30 photos -o "r-$target.json"
  perl -ne 'push @l, $1 if /"loss":([0-9.e-]+)/; END { exit !($l[5] < 0.9 * $l[0]) }' "r-$target.journal.jsonl"
  grep -q '"kind": "regression"' "r-$target.json"
  [ -s "r-$target.preview.png" ]
done
