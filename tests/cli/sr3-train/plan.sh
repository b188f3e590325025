# --plan counts what a training needs, without training and without data.
value() { awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$2"; }
# The bytes of the tensors in a folder's files, without their headers.
tensor_bytes() {
  python3 -c '
import os, sys
folder, total = sys.argv[1], 0
for name in os.listdir(folder):
    if not name.endswith(".safetensors"): continue
    path = os.path.join(folder, name)
    with open(path, "rb") as file: total += os.path.getsize(path) - 8 - int.from_bytes(file.read(8), "little")
print(total)' "$1"
}
photos photos 2 70 66
for preset in tiny small photo-x4; do
  sr3-train --preset $preset --threads 2 --plan >plan 2>said
  not grep -q . said
  sr3-train --preset $preset --steps 1 --batch 1 --preview-every 0 photos -o $preset.json 2>said
  grep -q "a network of $(value weights plan) weights" said
  [ "$(value state_bytes plan)" = "$(tensor_bytes $preset.state)" ]
  (($(value total_bytes plan) == 5 * $(value weights_bytes plan) + $(value activations_bytes plan)))
  for name in step_flops step_seconds training_seconds; do [ -n "$(value $name plan)" ]; done
done
[ ! -e .lock ]

# The training of -o, as it is resumed, with options given over its own; nothing is changed.
sr3-train -q --preset tiny --channels 16 --crop 32 --steps 2 --batch 3 --preview-every 0 photos -o own.json
cp -R own.state before
sr3-train -o own.json --steps 9 --accumulate 3 --plan >plan
[ "$(value steps plan) $(value batch plan)" = "9 3" ]
[ "$(value state_bytes plan)" = "$(tensor_bytes own.state)" ]
diff -r before own.state
# Of an --init-from, too.
sr3-train --init-from own.json --plan | awk -F '\t' '$1 == "weights"' >from
grep -qF "$(value weights plan)" from

# A network of 36 GB: the numbers, in a small part of them, which the largest level takes that is measured.
within 2500 sr3-train --preset sr3-64-256 --accumulate 256 --plan >plan
(($(value weights plan) > 600000000 && $(value weights plan) < 650000000))
(($(value total_bytes plan) > 20000000000))

# Many processes share the parts; only the first one prints.
WORLD_SIZE=4 sr3-train --preset tiny --accumulate 4 --plan >plan
[ "$(value processes plan)" = 4 ]
RANK=1 WORLD_SIZE=4 sr3-train --preset tiny --accumulate 4 --plan >plan
not grep -q . plan
fails 2 "4 processes cannot share the 1 part" env WORLD_SIZE=4 sr3-train --preset tiny --plan
fails 2 "--plan is not for --distill" sr3-train --distill tiny.json --plan
fails 2 "--accumulate 9 is more than the batch of 8" sr3-train --preset tiny --accumulate 9 --plan
fails 2 "fp16 cannot train" sr3-train --precision fp16 --plan
fails 2 "has no training to resume" sr3-train --resume -o none.json --plan
