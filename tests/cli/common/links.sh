# A symbolic link to a manifest stands for it: its files are beside its target, which may not exist yet.
photos photos 2 40 36
photos things/a 2 24 20
photos things/b 2 24 20
mkdir runs
program=(sr3-train -q --preset tiny --crop 32 --channels 8 --batch 2 --threads 1 --precision fp32 --preview-every 0)
ln -s runs/first.json current.json
"${program[@]}" --steps 1 photos -o current.json
[ "$(ls runs | xargs)" = "first.journal.jsonl first.json first.loss.png first.safetensors first.state" ]
[ "$(ls -d current* | xargs)" = current.json ]
upscale -q -m current --steps 1 photos/1.ppm >a.ppm
upscale -q -m runs/first.json --steps 1 photos/1.ppm >b.ppm
same a.ppm b.ppm
"${program[@]}" --steps 2 photos -o current.json
prints '"step": 2' cat runs/first.state/progress.json
not grep -q "do not exist" <(info current.json 2>&1)
# Two trainings of one stage, of which one has its name by a link to what does not exist yet.
ln -s new.json link.json
"${program[@]}" --steps 100000 photos -o new.json &
pid=$!
until [ -s new.lock ]; do sleep 0.1; done
fails 1 "'link.json' is being trained by another process (pid $pid)" "${program[@]}" --steps 9 photos -o link.json
kill $pid
wait $pid || [ $? = 143 ]
# A cascade, begun, trained and used through a link; a stage that is a link.
ln -s runs/c.json c.json
cdm-train -q --new 8,16 --preset tiny things -o c.json
[ -e runs/c-8.json ]
cdm-train -q --steps 1 --batch 2 --preview-every 0 c.json things
cascade -q c.json --steps 1 -n 1 -o drawn.png
ln -s runs/c-8.json base.json
sample -q -m base --steps 1 -n 1 -o drawn.png

# What a manifest calls its weights is a file, and is not read to its end when it is no such file.
tiny_stage x2.json
weights() { sed "s#\"file\": \"[^\"]*\"#\"file\": \"$1\"#" x2.json >odd.json; }
mkfifo pipe.safetensors
truncate -s 300G large.safetensors
mkdir folder.safetensors
weights pipe.safetensors
fails 1 "its weights 'pipe.safetensors' are not a regular file" timeout 20 upscale -m odd.json photos/1.ppm
fails 1 "its weights 'pipe.safetensors' are not a regular file" timeout 20 sr3-train --init-from odd.json photos -o new2.json
weights folder.safetensors
fails 1 "its weights 'folder.safetensors' are not a regular file" upscale -m odd.json photos/1.ppm
weights large.safetensors
fails 1 "large.safetensors" timeout 20 upscale -m odd.json photos/1.ppm
weights "$(printf '../%.0s' {1..30})dev/zero"
fails 1 "are not a regular file" timeout 20 upscale -m odd.json photos/1.ppm
mkfifo pipe.json
fails 1 "cannot use 'pipe.json' as a stage: it is a pipe" timeout 20 upscale -m pipe.json photos/1.ppm

# An output that is standard input, or a list, is an input.
image 24 16 3 >a.ppm
cp a.ppm kept.ppm
fails 2 "'a.ppm' is also an input" bash -c 'degrade -s 2 <a.ppm -o a.ppm'
fails 2 "'a.ppm' is also an input" bash -c 'degrade -s 2 - <a.ppm -o a.ppm'
fails 2 "'a.ppm' is also an input" bash -c 'sheet <a.ppm -o a.ppm'
same a.ppm kept.ppm
mkdir in
pnmtopng a.ppm >in/000000.png 2>err
fails 1 "'in/000000.png': it is the file that is standard input" bash -c 'degrade -s 2 <in/000000.png -o in/'
prints "24 by 16" pamfile <(degrade -s 1 in/000000.png)
echo kept.ppm >list
ln list list.png
fails 2 "'list.png' is also an input" degrade -s 2 @list -o list.png
