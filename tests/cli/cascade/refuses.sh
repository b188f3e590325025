# Requests that a cascade does not support are errors before any weights are read.
tiny_cascade c.json
fails 2 "no cascade given" cascade
fails 1 "cannot open 'missing.json'" cascade missing.json
fails 1 "it is a single stage, not a cascade" cascade c-8.json
fails 1 "it is a cascade of stages, not a single stage" sample -m c.json
fails 2 "has 2 levels, but 1 stages take one" cascade c.json --noise-level 0.1,0.2
fails 2 "option '--noise-level': 'x' is not a number" cascade c.json --noise-level x
fails 2 "was trained with 0 to 0.25" cascade c.json --noise-level 0.6
fails 2 "--truncate: no stage after another takes a noise level above 0" cascade c.json --truncate --noise-level 0
fails 2 "is not one of 8bit|float" cascade c.json --between half
fails 2 "has no class 'green'" cascade c.json --class green
fails 2 "option '--number': '0' is not in the range >= 1" cascade c.json -n 0
fails 2 "-n: it starts from images" cascade c.json -n 4 c-8.preview.png
fails 2 "--by-class: it starts from images" cascade c.json --by-class x.ppm
fails 2 "holds one image, but 3 will be written" cascade c.json -n 3 -o x.png
fails 2 "--class none: 'c-16.json' was trained with a class always" cascade c.json --class none
fails 2 "--show-pipe: no pipe keeps" cascade c.json --show-pipe --keep-stages kept
fails 1 "it is not a base stage but a super-resolution stage, which needs images" sample -m c-16.json
fails 2 "--skip-existing needs a folder" cascade c.json --skip-existing
fails 2 "option '--seed': '-1' is not in the range >= 0" cascade c.json --seed=-1

digits=$SOURCE/examples/digits
fails 2 "choose its level" cascade -m "$digits-8.json" -m "$digits-16.json"
fails 1 "cannot join these stages: 'c-8.json' is a base stage, but not the first" \
  cascade -m c-16.json -m c-8.json --noise-level 0
fails 1 "cannot open 'none.json'" cascade -m none.json
fails 2 "'c.json': either a cascade, or stages by -m" cascade -m c-8.json c.json
fails 1 "it is a cascade of stages, not a single stage" cascade -m c.json

# A stage with augmentation that diffuses the image requires a noise level, others refuse it, also in pipes.
image 8 8 >a.ppm
fails 2 "was trained with noise in its condition: choose its level, --noise-level 0 to 0.5" \
  upscale -m "$digits-16.json" --class 0 a.ppm
upscale -m c-16.json --class 0 --noise-level 0 --steps 2 a.ppm >/dev/null
tiny_cascade n.json --augmentation none
fails 2 "was trained without noise in its condition" upscale -m n-16.json --class 0 --noise-level 0.1 a.ppm
fails 2 "no stage was trained with noise in its condition" cascade n.json --noise-level 0.1
fails 2 "--truncate: no stage" cascade n.json --truncate
upscale -m n-16.json --class 0 --steps 2 a.ppm >/dev/null
fails 2 "without label dropout" upscale -m n-16.json --class 0 --guidance 2 a.ppm
# In a chain each stage uses the options that it supports.
upscale -m n-16.json -m c-16.json --class 0 --noise-level 0 --steps 2 a.ppm | pamfile - | grep -q '32 by 32'
tiny_cascade u.json --unconditional
fails 2 "--guidance: no stage has an unconditional prediction" cascade u.json --guidance 2
fails 2 "has no classes" cascade u.json --class 1
fails 1 "which needs a class: 'u-8.json' has no classes" cascade -m u-8.json -m c-16.json --noise-level 0

# Weights that are missing, or wrong.
rm c-16.safetensors
fails 1 "c-16.safetensors' do not exist" cascade c.json
cp u-16.safetensors c-16.safetensors
fails 1 "its sha256 is" cascade c.json --steps 2
cdm-train -q --new 8 --preset tiny things -o fresh.json
fails 1 "it has no weights; train it first" cascade fresh.json
fails 1 "it has only a base stage" cascade fresh.json a.ppm
fails 2 "'digits': either a cascade, or stages by -m" cascade digits -m c-8.json
