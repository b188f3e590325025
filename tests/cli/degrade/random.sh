# Random recipes: named and from a file, reproducible in every way of passing the images, recorded, and refused with reasons.
photos photos 6 60 52

prints "real-esrgan" degrade --recipe list
for name in bicubic sr3-plus real-esrgan; do
  degrade --show-recipe $name >$name.json
  jq -e 'type == "array"' $name.json >/dev/null
  same $name.json <(degrade --show-recipe $name.json)
  degrade -s 4 --recipe $name --seed 3 photos >named
  same named <(degrade -s 4 --recipe $name.json --seed 3 photos)
  # Neither threads nor shards nor pipes change what is drawn.
  same named <(degrade -s 4 --recipe $name --seed 3 --threads 1 photos)
  degrade -s 4 --recipe $name --seed 3 --shard 1/2 photos -o shards/
  degrade -s 4 --recipe $name --seed 3 --shard 2/2 photos -o shards/
  degrade -s 4 --recipe $name --seed 3 photos -o whole/
  diff -r shards whole
  same named <(degrade -s 1 --crop-only photos | degrade -s 4 --recipe $name --seed 3)
  rm -r shards whole
done
same <(degrade -s 4 photos) <(degrade -s 4 --recipe bicubic photos)
not cmp -s <(degrade -s 4 --recipe sr3-plus photos) <(degrade -s 4 --recipe sr3-plus --seed 1 photos)
not cmp -s <(degrade -s 4 photos) <(degrade -s 4 --recipe sr3-plus photos)

# All sizes are those without a recipe.
degrade --size 20x9 --recipe real-esrgan photos/1.ppm -o sized.png
[ "$("$CONVERT" sized.png -format %wx%h info:)" = 20x9 ]
same <(degrade -s 4 --center-crop --crop-only photos) <(degrade -s 4 --center-crop --crop-only --recipe sr3-plus photos)
image 5 4 >tiny.ppm
[ "$(degrade -s 4 --recipe real-esrgan tiny.ppm | tail -n +5 | wc -c)" = 3 ]
[ "$(degrade -s 4 --recipe real-esrgan --depth 16 tiny.ppm | tail -n +5 | wc -c)" = 6 ]

# What was drawn is in the stream, and in PNG files; it stays beside what another program has written.
degrade -s 4 --recipe sr3-plus --record-steps photos >recorded
[ "$(grep -ac '^#sr .*"steps":"[a-z].*jpeg [0-9]' recorded)" = 6 ]
same <(grep -av '^#sr' recorded) <(degrade -s 4 --recipe sr3-plus photos | grep -av '^#sr')
degrade -s 4 --recipe sr3-plus --record-steps photos -o files/
steps=$(grep -ao '"steps":"[^"]*"' recorded | head -n1)
prints "$steps" grep -a -o '"steps":"[^"]*"' files/1.png
{ echo P6; echo '#sr {"key":"a","i":4,"camera":"x"}'; tail -n +2 photos/1.ppm; } >marked.ppm
prints '"camera":"x","steps":"resize result bicubic"' \
  degrade -s 4 --recipe bicubic --record-steps marked.ppm
echo '[{"do": "resize", "to": "result"}, {"do": "all", "repeat": 10, "operations": [{"do": "blur", "kernel": "plateau",
  "anisotropic": true, "sigma": [1, 2], "beta": [1, 2]}, {"do": "jpeg", "quality": [5, 9]}]}]' >long.json
fails 0 "the steps of an image do not fit into its #sr line, and are left out" \
  degrade -s 4 --recipe long.json --record-steps photos

# Errors.
fails 2 "--recipe and --blur exclude each other" degrade -s 4 --recipe bicubic --blur 2 photos
fails 2 "--recipe and --kernel exclude each other" degrade -s 4 --recipe bicubic --kernel bicubic photos
fails 2 "--record-steps is for --recipe" degrade -s 4 --record-steps photos
fails 2 "'sr3plus' is neither a file nor a recipe's name (did you mean 'sr3-plus'?)" degrade -s 4 --recipe sr3plus photos
fails 1 "cannot open 'none.json'" degrade -s 4 --recipe none.json photos
fails 2 "either --scale N or --size WxH is needed" degrade --recipe bicubic photos
printf '[\n  {"do": "blur", "sgima": 2},\n  {"do": "resize", "to": "result"}\n]\n' >typo.json
fails 1 "cannot use 'typo.json': line 2: unknown key 'sgima' of 'blur' (did you mean 'sigma'?)" \
  degrade -s 4 --recipe typo.json photos
fails 1 "cannot use 'typo.json': line 2: unknown key" degrade --show-recipe typo.json
printf '[\n  {"do": "blur", "sigma": 2}\n]\n' >no-end.json
fails 1 "line 2: the recipe does not always end at the result's size" degrade -s 4 --recipe no-end.json photos
head -n 4 real-esrgan.json | head -c -20 >cut.json
fails 1 "cannot use 'cut.json': line 4: it is not valid JSON" degrade -s 4 --recipe cut.json photos
echo '[{"do": "resize", "factor": 16}, {"do": "resize", "factor": 16}, {"do": "resize", "factor": 16},
  {"do": "resize", "to": "result"}]' >huge.json
fails 1 "cannot degrade 'photos/1.ppm': resized to" degrade -s 4 --recipe huge.json photos/1.ppm
fails 3 "cannot degrade 'photos/1.ppm': resized to" degrade -s 4 --recipe huge.json --keep-going photos/1.ppm
