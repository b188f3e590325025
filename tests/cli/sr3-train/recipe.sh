# Trainings on a random recipe: it is kept in the stage and in the state, so that resuming needs no file, and gives the same bytes.
photos photos 4 60 52
degrade --show-recipe real-esrgan | sed 's/"quality": .30, 95./"quality": [60, 95]/' >mild.json
train() {
  sr3-train -q --preset tiny --crop 32 --channels 8 --batch 4 --threads 1 --precision fp32 --no-history --preview-every 0 "$@"
}
prints "sr3-plus" sr3-train --recipe list

train --recipe mild.json --steps 6 photos -o straight.json
train --recipe mild.json --steps 3 photos -o cut.json
# The manifest has the text of the recipe, from which it can be made again.
jq '.low_res.recipe.operations' straight.json >kept.json
same <(degrade --show-recipe kept.json) mild.json
prints "null" jq '.low_res.recipe.operations' "$SOURCE/examples/photo-x4.json"
# Without the file, also from another folder; the file may have changed, too.
rm mild.json
mkdir elsewhere
(cd elsewhere && sr3-train -q --no-history --steps 4 -o ../cut.json)
echo '[]' >mild.json
sr3-train -q --no-history --steps 6 -o cut.json
same straight.safetensors cut.safetensors
# Named anew it must be the same.
train --recipe kept.json --steps 7 photos -o cut.json
fails 2 "cannot resume 'cut.json': --recipe is not the one that it was started with" \
  train --recipe sr3-plus --steps 8 photos -o cut.json
fails 1 "cannot use 'mild.json': line 1: a recipe is a list of operations" train --recipe mild.json --steps 8 photos -o cut.json
train --steps 2 photos -o plain.json
fails 2 "cannot resume 'plain.json': --recipe contradicts that it was started without one" \
  train --recipe bicubic --steps 3 photos -o plain.json
fails 2 "--recipe excludes --kernel, --convention, --blur, --noise and --jpeg" \
  train --recipe sr3-plus --blur 1 --steps 3 photos -o new.json
train --recipe sr3-plus --steps 2 photos -o other.json
not cmp -s plain.safetensors other.safetensors

# Consistency is for stages whose images were only shrunk.
degrade -s 4 photos/1.ppm -o low.png
fails 2 "--consistency: 'straight.json' learned to undo a random recipe" upscale -q -m straight.json --consistency low.png -o x.png
upscale -q -m straight.json --steps 2 low.png -o x.png
train --recipe bicubic --steps 2 photos -o bicubic.json
upscale -q -m bicubic.json --steps 2 --consistency low.png -o y.png
# A student has its teacher's recipe.
sr3-train -q --distill straight.json --teacher-steps 8 --sampling-steps 4 --steps 1 --batch 2 --preview-every 0 photos \
  -o student.json
same <(jq .low_res straight.json) <(jq .low_res student.json)
fails 2 "--recipe: a student has its teacher's stage" \
  sr3-train -q --distill straight.json --recipe bicubic --steps 1 photos -o other-student.json
