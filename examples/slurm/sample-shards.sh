#!/usr/bin/env bash
# sample-shards.sh [OPTION ...]: a Slurm array that draws images from a cascade, or from a base stage, each job its share of them.
# Submit it from a folder that all nodes share, with the programs on PATH. OPTIONs are passed to cascade or sample.
#   CASCADE=c.json NUMBER=50000 OUT=drawn sbatch --array 1-8 sample-shards.sh --guidance 1.5 --by-class
#   STAGE=c-16.json NUMBER=50000 OUT=drawn-16 sbatch --array 1-8 sample-shards.sh
# The images are those of one job, whatever the number of shards. A requeued job, or the same command again, goes on with the images
# that are missing. After a failure some shards can be submitted alone, with SHARDS, their whole number:
#   SHARDS=8 ... sbatch --array 3,7 sample-shards.sh ...
#SBATCH --job-name=sample-shards
#SBATCH --array=1-8
#SBATCH --cpus-per-task=2
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
cascade=${CASCADE:-}                    # a cascade; without it
stage=${STAGE:-}                        # a base stage
number=${NUMBER:-1000}                  # of images, of all shards together
class=${CLASS-all}                      # empty for models without classes
out=${OUT:-drawn}
shard=${SLURM_ARRAY_TASK_ID:?is not set: submit this as an array, sbatch --array 1-8 sample-shards.sh}
shards=${SHARDS:-$SLURM_ARRAY_TASK_COUNT}
threads=${SLURM_CPUS_PER_TASK:-1}

if [ -n "$cascade" ]; then draw=(cascade "$cascade"); else draw=(sample -m "${stage:?is not set, and neither is CASCADE}"); fi
exec "${draw[@]}" -n "$number" ${class:+--class "$class"} --shard "$shard/$shards" --skip-existing --threads "$threads" "$@" \
  -o "$out/"
