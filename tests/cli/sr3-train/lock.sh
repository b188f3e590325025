# Two writers of one output: a stage has one at a time, whatever they are; other files are replaced as a whole.
photos photos 4 40 36
program=(sr3-train -q --preset tiny --crop 32 --channels 8 --batch 4 --threads 1 --precision fp32
  --journal-every 1 --preview-every 0)
"${program[@]}" --steps 100000 --save-every 1 photos -o a.json &
pid=$!
until [ -s a.json ]; do sleep 0.1; done
busy="is being trained by another process (pid $pid)"
fails 1 "'a.json' $busy" "${program[@]}" --steps 9 photos -o a.json
fails 1 "'./a.json' $busy" "${program[@]}" --steps 9 --restart photos -o ./a.json
ln -s a.json link.json
fails 1 "'link.json' $busy" "${program[@]}" --steps 9 photos -o link.json
# Nor after its journal was removed.
rm a.journal.jsonl
fails 1 "$busy" "${program[@]}" --steps 9 photos -o a.json
kill -9 $pid
wait $pid 2>/dev/null || true
counter='s/^  "step": \([0-9]*\),/\1/p'
step=$(sed -n "$counter" a.state/progress.json 2>/dev/null || sed -n "$counter" a.state.*/progress.json)
"${program[@]}" --steps $((step + 1)) photos -o a.json
[ ! -e a.lock ]
# Others that write a stage respect the lock, too.
tiny_stage x.json
flock x.lock sleep 100 &
until [ -e x.lock ] && ! flock -n x.lock true; do sleep 0.1; done
busy="is being written by another process"
fails 1 "'x.json' $busy" upscale -q -m x.json --measure-int8 photos/1.ppm
perl "$SOURCE/tests/cli/import-weights/checkpoint.pl" adm base.pt out=6 classes=4 updown=1 container=legacy
fails 1 "'x.json' $busy" import-weights adm base.pt -o x.json --flags "--image_size 16 --channel_mult 1,2 --num_channels 32 \
  --num_res_blocks 1 --attention_resolutions 8 --class_cond True --learn_sigma True --resblock_updown True"
photos things/red 1 24 20
photos things/blue 1 24 20
fails 1 "'x.json' $busy" cdm-train --new 8,16 --preset tiny things -o x.json
kill $!

# The stages of a cascade can be trained at the same time, and all in turn only once.
tiny_cascade c.json
cdm-train -q --steps 100000 --batch 4 --preview-every 0 c.json things &
pid=$!
until [ -s c.lock ]; do sleep 0.1; done
fails 1 "'c.json' is being trained by another process (pid $pid)" cdm-train -q --steps 9 c.json things
until [ -s c-8.lock ]; do sleep 0.1; done
fails 1 "'c-8.json' is being trained by another process (pid $pid)" cdm-train -q --stage 1 --steps 9 c.json things
cdm-train -q --stage 2 --steps 4 --batch 4 --preview-every 0 c.json things
kill $pid
wait $pid || [ $? = 143 ]

# Two programs in one folder write complete files; of one of the same name either is the result.
for i in 1 2 3; do
  upscale -q --baseline bicubic -s 2 -o both/ photos &
  upscale -q --baseline bicubic -s 2 -o both/ photos
  wait $!
done
upscale -q --baseline bicubic -s 2 -o one/ photos
diff -r one both

# Statistics that are being written are read as they were, or as they will be.
feature_network net.pt
export FID_FEATURES=net.pt
fid stats -q -o old.npz photos/1.ppm photos/2.ppm
fid stats -q -o new.npz photos/3.ppm photos/4.ppm
fid merge -q -o merged-old.npz old.npz
fid merge -q -o merged-new.npz new.npz
cp old.npz part.npz
for i in 1 2 3; do
  fid stats -q -o part.npz photos/3.ppm photos/4.ppm &
  fid merge -q -o merged.npz part.npz
  cmp -s merged.npz merged-old.npz || same merged.npz merged-new.npz
  wait $!
  cp old.npz fresh.npz
  mv fresh.npz part.npz
done
