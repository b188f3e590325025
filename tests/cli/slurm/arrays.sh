# The arrays of examples/slurm/ run as they are, in a Slurm of one node that is started here, and their jobs together make the
# bytes of a single one: the stages of a cascade, samples, enlarged images, statistics and their merge, classifiers and their table.
source "$SOURCE/tests/cli/slurm/cluster"
jobs=$SOURCE/examples/slurm
photos photos 7 40 36
tiny_cascade c.json --no-history
tiny_stage x2.json --no-history
feature_network features.pt
seed=0
for set in generated real test; do
  for class in a b; do
    mkdir -p $set/$class
    for i in 1 2 3; do image 28 28 $((seed += 1)) >$set/$class/$i.ppm; done
  done
done
mkdir stages whole
cdm-train -q --new 8,16 --preset tiny --no-history things -o stages/c.json
cp stages/* whole/
cp -R photos damaged
head -c 300 photos/2.ppm >damaged/2.ppm # of the second shard
start_slurm

# All at once.
export FID_FEATURES=$PWD/features.pt
training=(--steps 4 --batch 4 --preview-every 0 --precision fp32 --no-history)
trained=$(CASCADE=stages/c.json DATA=things ACCUMULATE=2 submit --array 1-2 -n 2 -c 1 "$jobs/cascade-stages.sh" "${training[@]}")
drawn=$(CASCADE=c.json NUMBER=5 OUT=drawn submit --array 1-2 -c 1 "$jobs/sample-shards.sh" --steps 2 --by-class)
base=$(STAGE=c-8.json NUMBER=5 OUT=drawn-8 submit --array 1-2 -c 1 "$jobs/sample-shards.sh" --steps 2)
enlarged=$(STAGE=x2.json IMAGES=damaged OUT=large submit --array 1-3 -c 1 "$jobs/upscale-shards.sh" --steps 2)
export IMAGES=photos STATS=photos.npz REFERENCE=things SHARDS=3
parts=$(submit --array 1-3 -c 1 "$jobs/fid-shards.sh")
merged=$(submit --dependency "afterok:$parts" --kill-on-invalid-dep yes -c 1 "$jobs/fid-shards.sh")
unset IMAGES STATS REFERENCE SHARDS
export TRAIN=generated REAL=real TEST=test SEEDS=1
runs=$(submit --array 1-2 -c 1 "$jobs/cas-seeds.sh" --recipe digits --epochs 1)
table=$(submit --dependency "afterok:$runs" --kill-on-invalid-dep yes -c 1 "$jobs/cas-seeds.sh" --recipe digits --epochs 1)

# Meanwhile the same by single commands.
cdm-train -q --accumulate 2 --threads 1 "${training[@]}" whole/c.json things
cascade -q c.json -n 5 --class all --by-class --steps 2 --threads 1 -o one-drawn/
sample -q -m c-8.json -n 5 --class all --steps 2 --threads 1 -o one-drawn-8/
upscale -q -m x2.json --steps 2 --threads 1 photos -o one-large/
fid stats -q --threads 1 photos -o one.npz
cas -q --train generated --real-train real --test test --seeds 1 --recipe digits --epochs 1 --threads 1 -o one-runs >one.tsv

done_with "$trained" "COMPLETED COMPLETED"
for stage in 8 16; do same stages/c-$stage.safetensors whole/c-$stage.safetensors; done
grep -q "process 0 of 2, started by Slurm" "slurm-${trained}_1.out"
grep -q "process 0 of 2, started by Slurm" "slurm-${trained}_2.out"
done_with "$drawn" "COMPLETED COMPLETED"
diff -r drawn one-drawn
done_with "$base" "COMPLETED COMPLETED"
diff -r drawn-8 one-drawn-8
done_with "$merged" COMPLETED
same photos.npz one.npz
fid compare -q --threads 1 one.npz things >one.txt
tail -n 1 one.txt | grep -qFf - "slurm-$merged.out"
done_with "$table" COMPLETED
while read -r line; do grep -qF -e "$line" "slurm-$table.out"; done <one.tsv
[ "$(ls runs)" = $'generated-0.json\nreal-0.json' ]

# A damaged image fails its shard alone, which is submitted again when the image is repaired.
until_true 120 has_ended "$enlarged"
[ "$(states "$enlarged" | tr ' ' '\n' | sort | xargs)" = "COMPLETED COMPLETED FAILED" ]
grep -q "damaged/2.ppm" "slurm-${enlarged}_2.out"
[ -e large/1.png ]
[ ! -e large/2.png ]
cp photos/2.ppm damaged/
again=$(SHARDS=3 STAGE=x2.json IMAGES=damaged OUT=large submit --array 2 -c 1 "$jobs/upscale-shards.sh" --steps 2)
done_with "$again" COMPLETED
diff -r large one-large

# Of an array that trains for long one job is warned of its end: it alone is requeued, also if Slurm gives its number to the array.
long=$(CASCADE=stages/c.json DATA=things ACCUMULATE=2 submit --array 1-2 -c 1 "$jobs/cascade-stages.sh" --steps 1000000 \
  --batch 4 --preview-every 0 --journal-every 1)
for each in 1 2; do until_true 60 grep -q 'steps [0-9]* to' "slurm-${long}_$each.out"; done
task=$(timeout 20 squeue -h -j "$long" -o '%A %K' | awk -v job="$long" '$1 == job && NF == 2 { print $2; exit }')
timeout 20 scancel --signal USR1 "${long}_$task"
until_true 60 grep -q "requeueing stage $task" "slurm-${long}_$task.out"
not grep -q requeueing "slurm-${long}_$((3 - task)).out"
[ "$(states "${long}_$((3 - task))")" = RUNNING ]
begins_again "${long}_$task"
until_true 60 eval '[ "$(states "${long}_$task")" = RUNNING ]'
timeout 20 scancel "$long"

# Without an array, or without what they need, they say how they are submitted.
fails 1 "submit this as an array, sbatch --array 1-8 sample-shards.sh" "$jobs/sample-shards.sh"
fails 1 "submit this as an array, sbatch --array 1-8 upscale-shards.sh" "$jobs/upscale-shards.sh"
fails 1 "submit this as an array, sbatch --array 1-3 cascade-stages.sh" "$jobs/cascade-stages.sh"
fails 1 "neither is SHARDS: submit this as an array first" "$jobs/fid-shards.sh"
fails 1 "neither is CASCADE" env SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=1 "$jobs/sample-shards.sh"
