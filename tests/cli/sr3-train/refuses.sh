# Errors in the settings are reported before the first step.
photos photos 2 40 36
train() { sr3-train -q --preset tiny --crop 32 --channels 8 --batch 2 --preview-every 0 "$@"; }
fails 2 'no images to train on' train --steps 1 -o a.json
fails 2 '-o STAGE.json is missing' train --steps 1 photos
fails 2 "must end in .json" train --steps 1 photos -o a
fails 2 "unknown preset 'huge': the presets are tiny, small," train --preset huge --steps 1 photos -o a.json
fails 2 '--scale contradicts --low-res' train --steps 1 --scale 4 --low-res 8 photos -o a.json
fails 2 '--crop 32 contradicts --high-res 64' train --steps 1 --high-res 64 photos -o a.json
fails 2 '--accumulate 3 is more than the batch of 2' train --steps 1 --accumulate 3 photos -o a.json
fails 2 '--regression has no --predict' train --steps 1 --regression --predict v photos -o a.json
fails 2 '--precision fp16 cannot train' train --steps 1 --precision fp16 photos -o a.json
fails 2 "is not one of l1|l2" train --steps 1 --loss l3 photos -o a.json
fails 1 "smaller than the 64x64 crop" train --crop 64 --steps 1 photos -o a.json
fails 1 "cannot open 'nowhere'" train --steps 1 nowhere -o a.json
fails 1 "cannot write 'nowhere/" train --steps 1 photos -o nowhere/a.json
fails 2 "option '--batch': '1000000000' is not in the range 1 to 65536" train --batch 1000000000 --steps 1 photos -o a.json
fails 2 "option '--scale': '0' is not in the range >= 1" train --steps 1 --scale 0 photos -o a.json
fails 2 "restoration needs --recipe, --blur, --noise, --jpeg or --low-res-data" train --steps 1 --scale 1 photos -o a.json
fails 2 "option '--blocks': " train --steps 1 --blocks 1e300 photos -o a.json
fails 2 "option '--cache': '-5' is not in the range >= 0" train --steps 1 --cache=-5 photos -o a.json
fails 2 'multipliers' train --steps 1 --multipliers '' photos -o b.json
fails 2 "option '--groups': '0' is not in the range 1 to 16384" train --steps 1 --groups 0 photos -o b.json
fails 2 "option '--dropout': '1' is not in the range 0 to <1" train --steps 1 --dropout 1 photos -o b.json
[ ! -e b.journal.jsonl ]
mkdir empty
fails 1 "no images in 'empty'" train --steps 1 empty -o a.json
[ ! -e a.json ]

# A stage without its state is not overwritten.
train --steps 1 photos -o b.json
rm -r b.state
cp b.safetensors kept
fails 1 "(--restart begins anew, --init-from takes its weights)" train --steps 2 photos -o b.json
same kept b.safetensors
train --steps 2 --restart photos -o b.json

# --restart removes nothing before it has a replacement, including the journal.
cp -R b.state kept.state
cp b.journal.jsonl kept.journal
fails 1 "10 steps in a row had no finite loss" \
  train --steps 99 --restart --learning-rate 1e30 --warmup 0 --journal-every 1 photos -o b.json
same b.journal.jsonl kept.journal
diff -r b.state kept.state
fails 1 "cannot open 'typo.json'" train --steps 2 --restart --init-from typo.json photos -o b.json
diff -r b.state kept.state
same kept.state/weights.safetensors b.state/weights.safetensors
train --steps 2 photos -o b.json

# Weights that do not belong to a stage are not overwritten either.
cp kept u.safetensors
fails 1 "'u.safetensors' exists, but not the stage 'u.json'" train --steps 1 photos -o u.json
same kept u.safetensors
train --steps 1 --restart photos -o u.json

# A command that contradicts the training it would resume is an error with the option's name.
fails 2 "--channels 16 contradicts the 8 it was started with" train --channels 16 --steps 3 photos -o b.json
fails 2 "--predict eps contradicts the v" train --predict eps --steps 3 photos -o b.json
fails 2 "--seed 1 contradicts the 0" train --seed 1 --steps 3 photos -o b.json
fails 2 "--min-detail 1.0 contradicts the 0.0" train --min-detail 1 --steps 3 photos -o b.json
image 40 36 9 >photos/9.ppm
image 64 64 1 >large.ppm
sr3-train --preset tiny --crop 16 --batch 8 --threads 1 --steps 10 --min-detail 250 large.ppm -o detail.json 2>said
[ "$(grep -c 'warning: --min-detail 250: none of the first 64 examples has so much detail' said)" = 1 ]
fails 2 "the number of images 3 contradicts the 2" train --steps 3 photos -o b.json
rm photos/9.ppm
mv photos/2.ppm photos/3.ppm
fails 2 "the names of the images are not those" train --steps 3 photos -o b.json
mv photos/3.ppm photos/2.ppm
cp photos/2.ppm two
image 44 36 2 >photos/2.ppm
fails 2 "the sizes in bytes of the images are not those" train --steps 3 photos -o b.json
cp two photos/2.ppm
# The data are the same in another folder, and in an archive.
cp -R photos elsewhere
tar cf photos.tar photos/1.ppm photos/2.ppm
train --steps 2 elsewhere -o b.json
train --steps 2 photos.tar -o b.json
# The learning rate may change, which is reported.
sr3-train --preset tiny --crop 32 --channels 8 --batch 2 --preview-every 0 --steps 3 --learning-rate 1e-5 \
  photos -o b.json 2>said
grep -q -- '--learning-rate is now 1e-05, was 0.001' said

# A damaged state is an error with the file's name, and nothing is lost.
head -c 100 b.state/ema.safetensors >cut
cp b.state/ema.safetensors whole
cp cut b.state/ema.safetensors
fails 1 "cannot use 'b.state/ema.safetensors': it has 100 bytes, but the index states" train --steps 4 photos -o b.json
perl -e 'local $/; $_ = <>; substr($_, -1) ^= "\1"; print' whole >b.state/ema.safetensors
fails 1 "cannot use 'b.state/ema.safetensors': its digest differs from the one" train --steps 4 photos -o b.json
cp whole b.state/ema.safetensors
train --steps 4 photos -o b.json
