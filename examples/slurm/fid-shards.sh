#!/usr/bin/env bash
# fid-shards.sh [OPTION ...]: the statistics of a large set of images for fid(1). As a Slurm array each job computes those of its
# share; without an array the job merges them, and compares them with REFERENCE if that is set.
# Submit it from a folder that all nodes share, with the programs on PATH. OPTIONs are passed to fid stats.
#   export IMAGES=drawn REFERENCE=real.npz FID_FEATURES=pt_inception-2015-12-05-6726825d.pth SHARDS=8
#   array=$(sbatch --parsable --array 1-8 fid-shards.sh)
#   sbatch --dependency "afterok:$array" --kill-on-invalid-dep yes fid-shards.sh
# The merged file has the bytes of one job's, on machines of the same kind and with the same number of threads. A requeued job, or
# the same commands again, compute only the parts that are missing; after the images change remove STATS-parts/.
#SBATCH --job-name=fid-shards
#SBATCH --cpus-per-task=2
#SBATCH --time=4:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
images=${IMAGES:-drawn}                 # folders and archives, separated by spaces
stats=${STATS:-images.npz}              # the result
reference=${REFERENCE:-}                # statistics, or a folder
shards=${SHARDS:-${SLURM_ARRAY_TASK_COUNT:?is not set, and neither is SHARDS: submit this as an array first}}
threads=${SLURM_CPUS_PER_TASK:-1}
: "${FID_FEATURES:?is not set: the feature network, see fid(1)}"
part_of() { echo "$stats-parts/$1-of-$shards.npz"; }

if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
  part=$(part_of "$SLURM_ARRAY_TASK_ID")
  [ ! -e "$part" ] || exit 0
  mkdir -p "$stats-parts"
  # shellcheck disable=SC2086
  exec fid stats --shard "$SLURM_ARRAY_TASK_ID/$shards" --threads "$threads" "$@" $images -o "$part"
fi
parts=()
for ((i = 1; i <= shards; i++)); do parts+=("$(part_of "$i")"); done
fid merge "${parts[@]}" -o "$stats"
[ -z "$reference" ] || fid compare --threads "$threads" "$stats" "$reference"
