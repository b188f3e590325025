# Classes are the first folders below the operands; names of classes and of outputs that are not UTF-8 survive the manifests.
cafe=$'caf\xe9'
photos "things/$cafe/images" 3 24 20
photos things/thé/images 3 24 20
train() { cdm-train -q --batch 4 --threads 1 --precision fp32 --preview-every 0 --steps 2 "$@"; }

cdm-train --new 8,16 --preset tiny things -o $'\xe0.json' 2>said
grep -aqF "6 images, 2 classes: $cafe (3), thé (3)" said
grep -qF '"classes": ["caf\\xE9", "thé"]' $'\xe0-8.json'
grep -qF '"manifest": "\\xE0-8.json"' $'\xe0.json'
grep -qF '"arguments": ["--new", "8,16", "--preset", "tiny", "things", "-o", "\\xE0.json"]' $'\xe0.json'
train $'\xe0.json' things
grep -qF '"file": "\\xE0-8.safetensors"' $'\xe0-8.json'
cascade -q -n 1 --class "$cafe" $'\xe0.json' -o one.ppm
sample -q -m $'\xe0-8.json' -n 2 --class all --by-class -o drawn/
[ "$(find drawn -type f | wc -l)" = 2 ]
# The same classes in archives and lists.
tar cf things.tar things
(cd things && zip -q -r ../things.zip .)
for f in things/*/*/*.ppm; do printf '%s\t%s\n' "$f" "$(cut -d/ -f2 <<<"$f")"; done >list
for data in things.tar things.zip @list; do
  cdm-train -q --new 8,16 --preset tiny --no-history "$data" -o c.json
  grep -qF '"classes": ["caf\\xE9", "thé"]' c-8.json
  train c.json things
  rm -r c.* c-*
done

# A super-resolution stage alone, with such a name for its data and itself.
mv things $'thing\xe9s'
tiny_stage $'\xe9.json'
sr3-train -q --preset tiny --low-res 8 --high-res 16 --patch 2 --channels 8 --multipliers 1,2 --blocks 1 --groups 4 --steps 1 \
  --batch 2 --preview-every 0 $'thing\xe9s' -o $'\xe8.json'
grep -qF '"data": "thing\\xE9s"' $'\xe8.json'
image 8 8 | upscale -q -m $'\xe8.json' -o two.ppm

# What is not a choice of classes is refused, or asked for.
mkdir -p photos
cp -R $'thing\xe9s/thé' photos/train
fails 2 "--new: the classes would be 'train', which are parts of a data set" cdm-train --new 8,16 --preset tiny photos -o p.json
cp -R photos/train photos/test
fails 2 "the classes would be 'test', 'train', which are parts of a data set" cdm-train --new 8,16 --preset tiny photos -o p.json
cdm-train -q --new 8,16 --preset tiny --unconditional photos -o p.json
rm p.json p-*.json
mv photos/test photos/cats
rm -r photos/train
fails 2 "--new: the only class would be 'cats'; classes are the folders directly below an operand: name the folder above those of \
the classes, use a list, or say --unconditional" cdm-train --new 8,16 --preset tiny photos -o p.json
[ ! -e p.json ]
