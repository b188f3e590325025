# examples/slurm/train.sh runs as it is, in a Slurm of one node that is started here: a training goes on after a warning of its
# end, a killed process, preemption and a requeue, and has the bytes of one process.
source "$SOURCE/tests/cli/slurm/cluster"
jobs=$SOURCE/examples/slurm

photos photos 8 40 36
options=(--crop 32 --channels 8 --batch 8 --precision fp32 --no-history --save-every 1000 --preview-every 0)
start_slurm

# said TEXT [COUNT]   the training's job has said so, once or COUNT times
said() { (($(grep -cF -e "$1" "slurm-$job.out") >= ${2:-1})); }
# trains COUNT   it has begun to train for the COUNT-th time, and has done some steps since
trains() {
  said 'sr3-train: steps ' "$1" || return 1
  [ x4.journal.jsonl -nt "begun.$1" ] || { [ -e "begun.$1" ] || touch "begun.$1"; return 1; }
}
job=$(PRESET=tiny STEPS=1000000 ACCUMULATE=4 submit -n 2 -c 1 "$jobs/train.sh" "${options[@]}" --journal-every 1)
until_true 60 trains 1
said "process 0 of 2, started by Slurm, meeting at localhost:"
# As at the end of --time: the training is warned, and the job requeues itself.
timeout 20 scancel --signal USR1 "$job"
until_true 60 said 'by SIGUSR1, all saved'
until_true 60 said "train.sh: requeueing job $job"
begins_again "$job"
until_true 60 trains 2
said "resuming 'x4.json' after step "
# A process is killed: the first one has time to save, and they start again at once, in the same job.
kill -9 "$(timeout 20 scontrol listpids "$job.0" | awk '$5 == 1 { print $1 }')"
until_true 60 said "'x4.state' has all up to step "
until_true 60 trains 3
said 'train.sh: the training ended with status 137'
said 'train.sh: requeueing' 1
# Preempted by another job that needs the node.
submit -p urgent -n 8 --wrap 'true' >/dev/null
until_true 60 said 'by SIGTERM, all saved'
until_true 60 said "train.sh: requeueing job $job" 2
begins_again "$job"
until_true 60 trains 4
# Requeued by the administrator; then cancelled, by which it ends.
timeout 20 scontrol requeue "$job"
begins_again "$job"
until_true 60 trains 5
timeout 20 scancel "$job"
done_with "$job" CANCELLED
said 'all saved; to go on' 4

# Some steps more by another number of processes; all together as in one process.
step=$(($(sed -n 's/^  "step": \([0-9]*\),/\1/p' x4.state/progress.json) + 2))
job=$(PRESET=tiny STEPS=$step ACCUMULATE=4 submit -n 4 -c 1 "$jobs/train.sh" "${options[@]}" --journal-every 1)
done_with "$job" COMPLETED
said "process 0 of 4, started by Slurm"
sr3-train -q --preset tiny --steps "$step" --accumulate 4 --threads 1 "${options[@]}" photos -o one.json
same x4.safetensors one.safetensors
for file in weights ema adam-m adam-v; do same x4.state/$file.safetensors one.state/$file.safetensors; done
