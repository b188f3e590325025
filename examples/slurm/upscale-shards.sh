#!/usr/bin/env bash
# upscale-shards.sh [OPTION ...]: a Slurm array that enlarges a set of images, each job its share of them.
# Submit it from a folder that all nodes share, with the programs on PATH. OPTIONs are passed to upscale.
#   STAGE=x4.json IMAGES=small OUT=large sbatch --array 1-8 upscale-shards.sh --keep-going
# The images are those of one job, whatever the number of shards. A requeued job, or the same command again, goes on with the images
# that are missing. After a failure some shards can be submitted alone, with SHARDS, their whole number:
#   SHARDS=8 ... sbatch --array 3,7 upscale-shards.sh ...
#SBATCH --job-name=upscale-shards
#SBATCH --array=1-8
#SBATCH --cpus-per-task=2
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
stages=${STAGE:-photo-x4-fast}          # several, separated by spaces, are applied in this order
images=${IMAGES:-small}                 # folders and archives, separated by spaces
out=${OUT:-large}
shard=${SLURM_ARRAY_TASK_ID:?is not set: submit this as an array, sbatch --array 1-8 upscale-shards.sh}
shards=${SHARDS:-$SLURM_ARRAY_TASK_COUNT}
threads=${SLURM_CPUS_PER_TASK:-1}

models=()
for stage in $stages; do models+=(-m "$stage"); done
# shellcheck disable=SC2086
exec upscale "${models[@]}" --shard "$shard/$shards" --skip-existing --threads "$threads" "$@" $images -o "$out/"
