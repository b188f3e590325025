# Conditioning augmentation over the residual: measured statistics, exact resuming, stages that get it after they were trained,
# and sampling at its levels.
for class in b a; do photos "things/$class" 3 40 36; done
new() { cdm-train -q --new 8,16 --preset tiny --no-history "$@"; }
train() { cdm-train -q --batch 4 --threads 1 --precision fp32 --no-history --preview-every 0 "$@"; }
value() { jq -r "$2" "$1.json"; }

new --augmentation gaussian things -o c.json
[ "$(value c-16 '.augmentation.statistics.deviation == 0')" = true ]
[ "$(value c-16 .diffusion.target)" = residual ]
train --steps 6 c.json things
[ "$(value c-16 '.augmentation.statistics.deviation > 0.05')" = true ]
[ "$(value c-16 '.augmentation.levels | .draw, .clean, .ramp' | xargs)" = "squared 0.15 0" ]
[ "$(value c-16 '.diffusion.residual_scale == 5')" = false ]

# In two runs: the same bytes, also when the first was killed before the stage was there.
new --augmentation gaussian things -o d.json
train --stage 1 --steps 6 d.json things
cp d-16.json untrained.json
train --stage 2 --steps 3 d.json things
cp untrained.json d-16.json
rm d-16.safetensors
train --steps 6 d.json things
same c-16.safetensors d-16.safetensors
[ "$(value d-16 .augmentation)" = "$(value c-16 .augmentation)" ]

# A cascade without augmentation gets it: the scale of its residual stays, and levels rise over a third of the examples.
new --augmentation none things -o plain.json
train --steps 4 plain.json things
new --augmentation gaussian things -o grown.json
train --steps 9 --init-from plain.json grown.json things
[ "$(value grown-16 .augmentation.levels.ramp)" = 12 ]
[ "$(value grown-16 '.diffusion.residual_scale == 5')" = true ]
new --augmentation gaussian things -o parts.json
train --steps 5 --stage 1 --init-from plain.json parts.json things
train --steps 5 --stage 2 --init-from plain.json parts.json things
[ "$(value parts-16 .augmentation.levels.ramp)" = 6 ]
new --augmentation gaussian --new 8,16,32 things -o longer.json
fails 2 "'plain.json' has no stage of 32 pixels" train --steps 2 --stage 3 --init-from plain.json longer.json things
fails 2 "--init-from is not for --distill" train --distill c.json --init-from plain.json things -o s.json

# Sampling: at no level as at any, and truncated.
for options in "" "--noise-level 0" "--noise-level 0.2" "--noise-level 0.2 --truncate"; do
  # shellcheck disable=SC2086
  cascade -q c.json -n 2 --class a --steps 3 $options -o "out$options/"
  [ "$(ls "out$options" | wc -l)" = 2 ]
done
not cmp -s "out--noise-level 0/0001.png" "out--noise-level 0.2/0001.png"
fails 2 "was trained with 0 to 0.25" cascade -q c.json -n 1 --class a --noise-level 0.3 -o x.png

# Guidance for the stage above.
new --augmentation blur --sr-label-dropout 0.5 things -o g.json
[ "$(value g-16 .diffusion.label_dropout)" = 0.5 ]
fails 2 "no classes for --label-dropout and --sr-label-dropout" new --unconditional --sr-label-dropout 0.1 -o u.json

# sr3-train: by an option; upscale is faithful unless it is given a level.
sr() { sr3-train -q --preset tiny --scale 2 --high-res 16 --batch 4 --threads 1 --no-history --preview-every 0 "$@" things; }
sr --steps 2 --augmentation gaussian -o noisy.json
head -n 1 <(ls things/a/*.ppm) | xargs -I{} cp {} in.ppm
upscale -q -m noisy.json --steps 3 in.ppm -o zero.png
upscale -q -m noisy.json --steps 3 --noise-level 0 in.ppm -o same.png
upscale -q -m noisy.json --steps 3 --noise-level 0.2 in.ppm -o noisy.png
same zero.png same.png
not cmp -s zero.png noisy.png
sr --steps 4 -o noisy.json
fails 2 "--max-noise-level 0.1 contradicts the 0.25" sr --steps 6 --max-noise-level 0.1 -o noisy.json
fails 2 "--max-noise-level is of --augmentation gaussian" sr --max-noise-level 0.1 -o other.json
fails 2 "--regression has no conditioning augmentation" sr --regression --augmentation blur -o other.json
sr --steps 2 --augmentation gaussian --residual-scale 3 -o scaled.json
[ "$(value scaled '.diffusion.residual_scale == 3')" = true ]
sr --steps 2 --augmentation blur -o blurred.json
[ "$(value blurred .augmentation.blur_high)" = 1.2 ]
