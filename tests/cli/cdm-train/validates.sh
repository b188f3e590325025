# --validate measures every stage on held-out images, and changes nothing about the trainings.
for class in a b; do
  photos "things/$class" 4 24 20
  photos "held-out/$class" 3 26 22
done
feature_network net.pt
train() {
  cdm-train -q --batch 4 --threads 1 --precision fp32 --no-history --journal-every 2 --preview-every 0 --steps 6 "$@" c.json things
}
cdm-train -q --new 8,16 --preset tiny --no-history --augmentation gaussian things -o c.json
mkdir new plain
cp c*.json new
train
mv c-*.safetensors c-*.state c-*.jsonl c-*.png plain
cp new/c*.json .
train --validate held-out --validate-every 3 --validate-images 5 --features net.pt --keep-best loss
for size in 8 16; do
  same plain/c-$size.safetensors c-$size.safetensors
  scores=$(jq -c 'select(.validation)' c-$size.journal.jsonl)
  [ "$(jq -c '[.step, (.validation.loss_by_level | length)]' <<<"$scores" | xargs)" = "[3,4] [6,4]" ]
  jq -e '.validation.frechet_distance > 0' <<<"$scores" >/dev/null
  step=$(jq -s 'min_by(.validation.loss).step' <<<"$scores")
  [ "$(jq .training.steps c-$size.best.json)" = "$step" ]
done
# Samples of a base stage have no image to be compared with.
[ "$(jq -s 'map(select(.validation).validation | has("psnr")) | any' c-8.journal.jsonl)" = false ]
[ "$(jq -s 'map(select(.validation).validation.psnr > 3) | all' c-16.journal.jsonl)" = true ]
fails 2 "a base stage draws images of its own, which have no PSNR" \
  cdm-train --restart --steps 6 --validate held-out --keep-best psnr c.json things
fails 2 "only writes manifests" cdm-train --new 8,16 --validate held-out things -o e.json
sample -q -m c-8.best -n 1 --steps 2 -o one.png
