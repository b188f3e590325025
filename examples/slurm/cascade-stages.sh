#!/usr/bin/env bash
# cascade-stages.sh [OPTION ...]: a Slurm array that trains the stages of a cascade at the same time, one in each of its jobs.
# Submit it from a folder that all nodes share, with the programs on PATH, after making the cascade's manifests, which may then be
# edited. OPTIONs are passed to cdm-train.
#   cdm-train --new 16,32,64 objects -o c.json
#   CASCADE=c.json DATA=objects sbatch --array 1-3 cascade-stages.sh
# With more tasks (-n 4) each stage is trained by so many processes, with the same weights. A job that is warned of its end,
# preempted, or on a node that fails is requeued, alone, and goes on where it stopped; train.sh explains how. The same command goes
# on with all stages, and returns at once for those that are done.
#SBATCH --job-name=cascade-stages
#SBATCH --array=1-3
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=USR1@120
set -euo pipefail
cascade=${CASCADE:-c.json}
data=${DATA:-objects}                   # folders and archives with a folder for each class, separated by spaces
parts=${ACCUMULATE:-8}                  # of a step; the number of tasks divides it
threads=${SLURM_CPUS_PER_TASK:-1}       # of each process
stage=${SLURM_ARRAY_TASK_ID:?is not set: submit this as an array, sbatch --array 1-3 cascade-stages.sh}

status=0
# shellcheck disable=SC2086
srun --cpus-per-task="$threads" --kill-on-bad-exit=0 --wait=60 cdm-train --stage "$stage" --accumulate "$parts" \
  --threads "$threads" "$@" "$cascade" $data || status=$?
case $status in
  138 | 143) # by SIGUSR1 or SIGTERM, all saved. The job's own number may be that of the whole array
    echo "cascade-stages.sh: requeueing stage $stage, which goes on when it starts again" >&2
    exec scontrol requeue "${SLURM_ARRAY_JOB_ID}_$stage" ;;
esac
exit "$status"
