#!/usr/bin/env bash
# cas-seeds.sh [OPTION ...]: the classification accuracy score, cas(1). As a Slurm array each job trains the classifiers of some of
# the seeds; without an array the job prints the table.
# Submit it from a folder that all nodes share, with the programs on PATH. OPTIONs are passed to cas, and must be the same for both.
#   export TRAIN=drawn REAL=train TEST=test SEEDS=3
#   array=$(sbatch --parsable --array 1-6 cas-seeds.sh --recipe small)
#   sbatch --dependency "afterok:$array" --kill-on-invalid-dep yes cas-seeds.sh --recipe small
# There are SEEDS runs on generated images, and with REAL as many on real ones: up to so many jobs of the array have work. A
# requeued job, or the same command again, goes on where it stopped, with what is saved once a minute and when Slurm ends it
# (SIGTERM).
#SBATCH --job-name=cas-seeds
#SBATCH --cpus-per-task=2
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
train=${TRAIN:-drawn}                   # generated images, with a folder for each class
real=${REAL:-}                          # real ones to learn from, for the best score to be expected
test=${TEST:-test}                      # real ones to test on
seeds=${SEEDS:-3}
runs=${RUNS:-runs}                      # a folder for the answers of each run, and for the state of those that are not done
threads=${SLURM_CPUS_PER_TASK:-1}

shard=()
[ -z "${SLURM_ARRAY_TASK_ID:-}" ] || shard=(--shard "$SLURM_ARRAY_TASK_ID/${SHARDS:-$SLURM_ARRAY_TASK_COUNT}")
exec cas --train "$train" ${real:+--real-train "$real"} --test "$test" --seeds "$seeds" --threads "$threads" "$@" -o "$runs" \
  "${shard[@]}"
