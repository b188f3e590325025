# A stage of scale 1 restores images without enlarging them.
photos photos 2 48 40
train() { sr3-train -q --preset tiny --scale 1 --high-res 16 --channels 8 --multipliers 1,2 --blocks 1 --groups 4 --batch 2 \
  --learning-rate 0.01 --warmup 0 "$@"; }
for kind in "" --regression "--augmentation gaussian"; do
  rm -rf clean*
  # shellcheck disable=SC2086
  train $kind --jpeg 20 --steps 3 photos -o clean.json
  [ -s clean.preview.png ]
  [ "$(jq -c '[.image.low_res, .image.high_res]' clean.json)" = "[16,16]" ]
  prints "(x1)" info clean
  upscale -q -m clean photos/1.ppm >restored.ppm
  prints "48 by 40" pamfile restored.ppm
  not cmp -s <(tail -c 5760 restored.ppm) <(tail -c 5760 photos/1.ppm)
  # In tiles, and to another size.
  prints "48 by 40" pamfile <(upscale -q -m clean --tile 32 photos/1.ppm)
  prints "30 by 25" pamfile <(upscale -q -m clean --size 30x photos/1.ppm)
done

# With a random recipe and its surroundings.
train --recipe real-esrgan --steps 1 photos -o wild.json
prints "48 by 40" pamfile <(upscale -q -m wild photos/1.ppm)

fails 2 "--consistency: 'clean.json' does not enlarge" upscale -m clean.json --consistency photos/1.ppm
fails 2 "restoration needs --recipe, --blur, --noise, --jpeg or --low-res-data" train --steps 1 photos -o none.json
[ ! -e none.json ]
