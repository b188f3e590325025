# --low-res-data: pairs of photographs, as they are.
photos photos 5 50 41
degrade -s 2 photos -o low/
train() { sr3-train -q --preset tiny --scale 2 --crop 16 --patch 2 --channels 8 --batch 4 --threads 1 --precision fp32 \
  --no-history --preview-every 0 "$@"; }

# Where the size of the crop is that of the images there is nothing to choose: the same as if the recipe had made them.
photos whole 4 16 16
degrade -s 2 whole -o whole-low/
train --no-flip --steps 6 whole -o made.json
train --no-flip --steps 6 --low-res-data whole-low whole -o given.json
same made.safetensors given.safetensors
# Sizes that the scale does not divide are cut; unused images do not matter; order and folders are those of keys.
cp -R low more && cp low/1.png more/other.png
train --steps 4 --low-res-data low photos -o a.json
train --steps 4 --low-res-data more photos -o b.json
not cmp -s a.safetensors made.safetensors
diff <(jq .training.loss a.json) <(jq .training.loss b.json)

# The manifest does not claim that a kernel made them.
[ "$(jq -r .low_res.recipe.kernel a.json)" = given ]
fails 2 "--consistency: 'a.json' learned from given low-resolution images" upscale -q -m a.json --consistency low/1.png
own=(sr3-train -q --crop 16 --steps 1 --batch 2 --preview-every 0 --init-from a.json photos)
fails 2 "the stage learned from given low-resolution images" "${own[@]}" -o x.json
"${own[@]}" --kernel box -o boxed.json
[ "$(jq -r .low_res.recipe.kernel boxed.json)" = box ]

# It resumes, from any folder, and not with others.
train --steps 2 --low-res-data low photos -o c.json
mkdir elsewhere
(cd elsewhere && sr3-train -q --threads 1 --steps 4 -o ../c.json)
same a.safetensors c.safetensors
degrade -s 2 --blur 1 photos -o blurred/
fails 2 "the sizes in bytes of the images are not those" train --steps 6 --low-res-data blurred -o c.json

# Restoration of real pairs, and validation.
degrade -s 1 --noise 9 photos -o noisy/
sr3-train -q --preset tiny --scale 1 --crop 16 --channels 8 --batch 2 --steps 2 --preview-every 0 --low-res-data noisy \
  --validate photos --validate-every 2 --validate-images 4 photos -o clean.json 2>/dev/null
prints "50 by 41" pamfile <(upscale -q -m clean noisy/1.png)
grep -q '"validation"' clean.journal.jsonl

fails 2 "--low-res-data excludes --recipe, --kernel" train --steps 1 --low-res-data low --jpeg 50 photos -o x.json
fails 2 "it excludes --pad" train --steps 1 --low-res-data low --pad 64 photos -o x.json
fails 2 "needs --preprocess crop" train --steps 1 --low-res-data low --preprocess resize photos -o x.json
fails 1 "cannot open 'none'" train --steps 1 --low-res-data none photos -o x.json
fails 1 "cannot pair 'photos/1.ppm' with 'photos/1.ppm': sides of 50 and 41 pixels are not 2 times those of 50 and 41" \
  train --steps 1 --low-res-data photos photos -o x.json
rm more/3.png
fails 1 "cannot pair 'photos/3.ppm': no low-resolution image '3' in 'more'" train --steps 1 --low-res-data more photos -o x.json
# A damaged image is replaced, with the pair that it belongs to.
head -c 300 low/2.png >low/broken && mv low/broken low/2.png
fails 1 "2.png" train --steps 8 --low-res-data low photos -o x.json
rm -rf x.*
status=0
train --steps 8 --keep-going --low-res-data low photos -o kept.json 2>said || status=$?
[ $status = 3 ]
grep -q "2.png.*it is replaced by another image" said
