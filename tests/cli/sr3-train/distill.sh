# Distillation: students of half the steps in turn, exact however it is divided into runs, that sample in their steps.
photos photos 8 40 36
# key STAGE.json SECTION NAME   the value in the manifest
key() { sed -n "/^  \"$2\": {/,/}/s/.*\"$3\": \"\{0,1\}\([^\",]*\).*/\1/p" "$1"; }
common=(-q --threads 1 --precision fp32 --no-history --preview-every 0 --batch 2)
sr3-train "${common[@]}" --preset tiny --crop 32 --channels 8 --steps 3 photos -o teacher.json
distill() { sr3-train "${common[@]}" --distill teacher.json --sampling-steps 2 --teacher-steps 8 --crop 32 "$@"; }

distill --steps 4 photos -o straight.json
grep -q '"steps": "2"' straight.json
grep -q '"steps": "4"' straight.4.json
[ "$(key straight.4.json distillation teacher)" = "$(sha256sum <teacher.safetensors | cut -d' ' -f1)" ]
[ "$(key straight.json distillation teacher)" = "$(sha256sum <straight.4.safetensors | cut -d' ' -f1)" ]
[ "$(key straight.json distillation steps)" = 2 ]
not cmp -s straight.safetensors straight.4.safetensors

# The ground truth has a share in what the last student learns, and in no other.
distill --steps 4 --ground-truth 0.5 photos -o truth.json
same straight.4.safetensors truth.4.safetensors
not cmp -s straight.safetensors truth.safetensors

# In parts, the first of which ends within the first student.
distill --steps 4 --save-every 1 photos -o cut.json &
job=$!
while [ ! -e cut.4.json ]; do sleep 0.1; done
kill -INT $job 2>/dev/null || true
wait $job || true
distill --steps 4 photos -o cut.json
same straight.4.safetensors cut.4.safetensors
same straight.safetensors cut.safetensors
# Finished students are kept.
cp cut.safetensors before
distill --steps 4 photos -o cut.json
same before cut.safetensors

degrade -s 4 photos/1.ppm -o small.png
upscale -q -m straight.json small.png -o large.png
upscale -m straight.json --steps 3 small.png -o other.png 2>&1 | grep -q "was distilled for 2 trailing steps of ddim"
upscale -m straight.json small.png -o again.png 2>again
not grep -q distilled again
same large.png again.png

fails 2 "--sampling-steps: it is for --distill" sr3-train --preset tiny --sampling-steps 2 photos -o x.json
fails 2 "--channels: a student has its teacher's stage" sr3-train --distill teacher.json --channels 16 photos -o x.json
fails 2 "--preset is not for --distill" sr3-train --distill teacher.json --preset tiny photos -o x.json
fails 2 "cannot halve 8 sampling steps down to 3" distill --sampling-steps 3 photos -o x.json
fails 2 "needs an unconditional prediction" distill --guidance 2 photos -o x.json
fails 1 "cannot open 'nothing.json'" sr3-train --distill nothing.json photos -o x.json

# Contradictions to a student that has begun name options.
sr3-train "${common[@]}" --restart --seed 7 --preset tiny --crop 32 --channels 8 --steps 3 photos -o teacher.json
fails 2 "cannot resume 'truth.4.json': the teacher of --distill is not the one that it was started with" \
  distill --steps 6 photos -o truth.json
