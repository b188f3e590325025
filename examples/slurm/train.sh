#!/usr/bin/env bash
# train.sh [OPTION ...]: a Slurm job that trains a super-resolution stage by as many processes as it has tasks, 1, 2, 4, ...
# Submit it from a folder that all nodes share, with the programs on PATH. OPTIONs are passed to sr3-train.
#   DATA=photos STAGE=x4.json sbatch -n 4 train.sh --batch 32
#   DATA=faces STAGE=faces.json PRESET=sr3-16-128 sbatch -N 8 -n 64 --gpus-per-task=1 train.sh --accumulate 64 --batch 256
# How it goes on:
# - Two minutes before the end of --time Slurm warns the training by SIGUSR1. It saves and ends, and the job requeues itself.
# - A job that is preempted (SIGTERM) goes on in the same way, and one whose node fails from the last save: --requeue.
# - A process that is killed, out of memory for instance, ends the others, which save; the training starts again at once,
#   RESTARTS times. A wrong command line ends the job.
# - The number of tasks does not change the weights, so it can be submitted again with another one.
# Where jobs cannot be requeued, let a chain of them share the work, each of which stops in time by itself; those that come after
# the last step end at once:
#   for i in 1 2 3; do TIME_LIMIT=11h sbatch --time 12:00:00 --dependency singleton train.sh; done
# scancel ends the job; what it saved last remains.
#SBATCH --job-name=sr3-train
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=USR1@120
set -euo pipefail
data=${DATA:-photos}                    # folders and archives of photographs, separated by spaces
stage=${STAGE:-x4.json}                 # the result
preset=${PRESET:-small}                 # sr3-train --preset list
steps=${STEPS:-100000}                  # of the whole training
parts=${ACCUMULATE:-8}                  # of a step; the number of tasks divides it. Other parts are other weights
time_limit=${TIME_LIMIT:-}              # of one run; without it a run lasts until Slurm's warning
restarts=${RESTARTS:-3}                 # after a failure, within one run of the job
threads=${SLURM_CPUS_PER_TASK:-1}       # of each process

for ((restart = 0; restart <= restarts; restart++)); do
  status=0
  # srun does not take the number of CPUs from the job. After one task fails the others have a minute to save.
  # shellcheck disable=SC2086
  srun --cpus-per-task="$threads" --kill-on-bad-exit=0 --wait=60 sr3-train --preset "$preset" --steps "$steps" \
    --accumulate "$parts" --threads "$threads" ${time_limit:+--time-limit "$time_limit"} "$@" $data -o "$stage" || status=$?
  case $status in
    0 | 2 | 3) exit "$status" ;; # done; a wrong command line; done with damaged images replaced (--keep-going)
    138 | 143) # by SIGUSR1 or SIGTERM, all saved
      echo "train.sh: requeueing job $SLURM_JOB_ID, which goes on when it starts again" >&2
      exec scontrol requeue "$SLURM_JOB_ID" ;;
  esac
  echo "train.sh: the training ended with status $status" >&2
done
exit "$status"
