# What can be known is refused before the first computation. The stages here have damaged weights, which are found when they
# are loaded, the feature network fails on its first image, and trainings would take hours: a program that begins to work
# says something else, or takes more than a second of processor time beside that of its start.
tiny_stage x2.json
tiny_cascade c.json
for stage in x2 c-8 c-16; do
  printf 'xxxx' | dd of=$stage.safetensors bs=1 seek=$(($(stat -c %s $stage.safetensors) - 4)) conv=notrunc 2>/dev/null
done
feature_network good.pt
feature_network bad.pt
unzip -q bad.pt -d unpacked
perl -pi -e 's/r = f$/r = img/' unpacked/net/code/__torch__.py
rm bad.pt
(cd unpacked && zip -q -0 -r ../bad.pt net)
photos few 4 24 20
photos many 12 24 20
photos small 3 12 10
image 48 40 >big.ppm
image 48 40 2 >other.ppm
touch afile
mkdir -p folder.png folder.json folder.npz folder.svg empty taken
touch taken/16

# run COMMAND...   runs it with standard error in `said`; prints its exit status and its processor time in seconds. With
# CLOSED=1 its standard output is closed.
run() {
  perl -e '
    my $child = fork // die;
    if (!$child) {
      open STDERR, ">", "said" or die;
      $ENV{CLOSED} ? close STDOUT : open STDOUT, ">", "out";
      exec @ARGV or die;
    }
    waitpid $child, 0;
    my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    my @t = times;
    printf "%d %.2f\n", $status, $t[2] + $t[3]' "$@"
}

declare -A start
bad=0
# early STATUS TEXT PROGRAM ARGUMENT...   it ends with STATUS and says TEXT, before any work
early() {
  local status=$1 text=$2 got time ignored
  shift 2
  [ -n "${start[$1]:-}" ] || read -r ignored "start[$1]" < <(CLOSED= run "$1" --version)
  read -r got time < <(run "$@")
  if [ "$got" != "$status" ] || ! grep -qF -e "$text" said; then
    printf 'wanted exit status %s and "%s"\ngot exit status %s from: %s\n%s\n' "$status" "$text" "$got" "$*" "$(cat said)" >&2
    bad=1
  elif [ -z "${SANITIZED:-}" ] && perl -e 'exit !($ARGV[0] > $ARGV[1] + 1)' "$time" "${start[$1]}"; then
    echo "$time s of processor time, of which ${start[$1]} s for its start: $*" >&2
    bad=1
  fi
}

# Images: one rule for all programs that write them. A file's folder must exist, a folder is made.
image_outputs() {
  early 1 "cannot write 'none/x.png': No such file or directory: make the folder 'none/' first" "$@" -o none/x.png
  early 1 "cannot write 'afile/x.png'" "$@" -o afile/x.png
  early 1 "cannot create the folder 'afile/'" "$@" -o afile/
  early 1 "cannot create the folder 'afile/below/'" "$@" -o afile/below/
  early 1 "cannot write '/proc/" "$@" -o /proc/
  early 2 "names neither a folder (with a slash at its end) nor a .png, .jpg or .ppm file" "$@" -o x.gif
  early 2 "names neither a folder" "$@" -o ''
  CLOSED=1 early 1 "cannot write 'standard output': it is closed" "$@" -o -
}
image_outputs degrade -s 2 big.ppm
image_outputs upscale -m x2.json --steps 1000 big.ppm
image_outputs upscale --baseline bicubic -s 2 big.ppm
image_outputs sample -m c-8.json --steps 1000
image_outputs cascade c.json
image_outputs sheet big.ppm
[ ! -e none ]

# Several images for one file, missing operands, and inputs that would be overwritten.
for program in "upscale -m x2.json" "upscale --baseline bicubic -s 2"; do
  early 2 "'x.png' holds one image, but 2 will be written" $program big.ppm other.ppm -o x.png
  early 2 "'few/' is also an input" $program few -o few/
done
early 2 "'big.ppm' is also an input" upscale -m x2.json big.ppm -o big.ppm
early 2 "'x.png' holds one image, but 9 will be written" sample -m c-8.json -n 9 -o x.png
early 2 "'x.png' holds one image, but 9 will be written" cascade c.json -n 9 -o x.png
for program in "degrade -s 2" "upscale -m x2.json" "upscale --baseline bicubic -s 2" "cascade c.json" sheet; do
  early 1 "cannot open 'missing.ppm'" $program big.ppm missing.ppm -o made/
  early 1 "no images in 'empty'" $program few empty -o made/
  early 1 "cannot open 'missing'" $program @missing -o made/
done

# Stages, and what they are asked for.
early 1 "cannot open 'missing.json'" upscale -m x2.json -m missing.json big.ppm -o made/
early 1 "it is a base stage" upscale -m x2.json -m c-8.json big.ppm -o made/
early 2 "has no classes" upscale -m x2.json --class 1 big.ppm -o made/
early 2 "has no class 7" cascade c.json --class 7 -o made/
early 2 "has no class 7" sample -m c-8.json --class 7 -o made/
early 2 "option '--class': it is empty" cascade c.json --class '' -o made/
early 2 "option '--class': it is empty" sample -m c-8.json --class= -o made/
early 2 "option '--class': it is empty" upscale -m x2.json --class= big.ppm -o made/
early 2 "--steps has 3 numbers, but the cascade 2 stages" cascade c.json --steps 1000,10,10 -o made/
early 2 "--keep-stages" cascade c.json --keep-stages kept --show-pipe
early 2 "-o: 'kept/16/' is where --keep-stages keeps" cascade c.json --keep-stages kept -o kept/16/
early 2 "-o: './kept/8' is where --keep-stages keeps" cascade c.json --keep-stages kept/ -o ./kept/8
mkdir -p was/16 was/7
early 2 "-o: 'was/16' is where --keep-stages keeps" cascade c.json --keep-stages was -o was/16
early 2 "-o: '$PWD/was/16/' is where --keep-stages keeps" cascade c.json --keep-stages ./was/ -o "$PWD/was/16/"
early 1 "its sha256 is" cascade c.json --keep-stages was -o was/7/
early 1 "its sha256 is" cascade c.json --keep-stages was -o was/16/below/
early 1 "cannot create the folder 'afile'" cascade c.json --keep-stages afile -o made/
early 1 "cannot create the folder 'afile'" cascade c.json big.ppm --keep-stages afile -o made/
early 1 "cannot create the folder 'taken/16/'" cascade c.json --keep-stages taken -o made/
CLOSED=1 early 1 "cannot write 'standard output'" upscale -m x2.json --measure-int8 big.ppm

# Metrics of pairs, and sheets of inputs beside each other.
early 2 "two inputs are needed" sr-metrics few
early 1 "cannot open 'missing'" sr-metrics few missing
early 1 "cannot open 'missing'" sr-metrics few few --low-res missing
early 1 "cannot pair 'many/10.ppm': no image '10' in 'few'" sr-metrics few many
early 1 "cannot pair 'many/10.ppm': no image '10' in 'few'" sheet --beside many few -o sheet.png
early 2 "--backbone and --linear are needed" lpips few few
early 1 "cannot open 'missing'" lpips --backbone missing --linear missing few few
early 2 "'--beside' needs two inputs" sheet --beside few -o sheet.png
CLOSED=1 early 1 "cannot write 'standard output'" sr-metrics few few

# fid: what a score needs is known from the files of statistics and from the numbers of images.
fid stats --features good.pt few -o sums.npz
fid stats --features good.pt --kid few -o kept.npz
export FID_FEATURES=bad.pt
early 1 "it returns a tensor that is not (N,D)" fid compare few many # as it would say if it began
early 2 "compare takes two sets" fid compare few
early 1 "cannot open 'missing'" fid compare few missing
early 1 "cannot open 'missing.npz'" fid compare few missing.npz
early 1 "no images in 'empty'" fid compare few empty
CLOSED=1 early 1 "cannot write 'standard output'" fid compare few many
early 1 "--isc: cannot compute an Inception score in 10 splits of 4 images" fid compare --isc few many
early 1 "--prc: precision and recall need more than 4 images" fid compare --prc --neighbours 4 many few
early 1 "--infinity: cannot extrapolate from 12 images: at least 30 are needed" fid compare --infinity many few
early 1 "the second set has 1 image, and a covariance needs at least 2" fid compare many big.ppm
early 1 "differ in features" fid compare many sums.npz
export FID_FEATURES=good.pt
for score in --kid --kid-full --prc; do
  early 1 "$score needs the features of the second images" fid compare $score many sums.npz
  early 1 "$score needs the features of the first images" fid compare $score sums.npz many
done
early 1 "--infinity needs the features of the first images" fid compare --infinity sums.npz many
early 1 "--isc needs the class probabilities of the first images" fid compare --isc kept.npz many
early 1 "--sfid needs spatial features of the second images" fid compare --sfid many sums.npz
early 1 "--ci needs the features of the first images" fid compare --ci sums.npz many
export FID_FEATURES=bad.pt
early 1 "cannot write 'none/x.npz'" fid stats few -o none/x.npz
early 1 "cannot write 'folder.npz': it names a folder" fid stats few -o folder.npz
early 2 "whose name ends in .npz" fid stats few -o x.dat
early 2 "-o FILE.npz" fid stats few
early 1 "cannot open 'missing'" fid stats few missing -o x.npz
early 1 "cannot write 'none/x.npz'" fid merge kept.npz sums.npz -o none/x.npz

# cas: a run with other settings among the later ones, too.
sets=(--train things --test others)
for class in red blue; do photos others/$class 3 20 24; done
early 1 "cannot open 'missing'" cas --train missing --test others
early 1 "cannot open 'missing'" cas "${sets[@]}" --real-train missing
early 2 "--train and --test are needed" cas --train things
early 1 "cannot create the folder 'afile'" cas "${sets[@]}" -o afile
early 1 "cannot write '/proc/" cas "${sets[@]}" -o /proc
CLOSED=1 early 1 "cannot write 'standard output'" cas "${sets[@]}"
cas -q "${sets[@]}" --recipe digits --epochs 0.1 --seeds 1 --seed 1 -o runs >out
early 2 "'runs/generated-1.json' was made from other images or settings" cas "${sets[@]}" --seeds 2 -o runs

# Trainings: files that only the first save or preview would write, and the data of all stages of a cascade.
train=(sr3-train --preset tiny --crop 16 --steps 100000)
early 2 "no images to train on" "${train[@]}" -o t.json
early 1 "cannot open 'missing'" "${train[@]}" few missing -o t.json
early 1 "cannot write 'none/t." "${train[@]}" few -o none/t.json
early 1 "cannot write 'folder.json': it names a folder" "${train[@]}" few -o folder.json
for kind in safetensors preview.png loss.png; do
  mkdir -p "t.$kind"
  early 1 "cannot write 't.$kind': it names a folder" "${train[@]}" few -o t.json
  rmdir "t.$kind"
done
early 1 "cannot open 'missing.json'" "${train[@]}" --init-from missing.json few -o t.json
early 1 "smaller than the 16x16 crop" "${train[@]}" small -o t.json
[ ! -e t.state ]
cdm-train -q --new 8,16 --preset tiny --unconditional -o n.json
early 1 "smaller than the 16x16 crop" cdm-train --steps 100000 n.json small
mkdir n-16.preview.png
early 1 "cannot write 'n-16.preview.png'" cdm-train --steps 100000 n.json few
rmdir n-16.preview.png
cdm-train -q --stage 2 --steps 1 --batch 2 --preview-every 0 --seed 3 n.json few
early 2 "cannot resume 'n-16.json': --seed 4 contradicts the 3" cdm-train --seed 4 --steps 100000 n.json few
[ ! -e n-8.state ]

# Studies and imported stages.
mkdir -p one/real one/made
cp few/*.ppm one/real
for i in 1 2 3 4; do image 24 20 $((i + 30)) >one/made/$i.ppm; done
confusion-eval plan -q --raters 2 --trials 2 --practice 0 --controls 0 --repeats 0 one/real one/made -o study
early 2 "it is a file, not a folder" confusion-eval plan one/real one/made -o afile
early 1 "cannot pair" confusion-eval plan many one/made -o other-study
[ ! -e other-study ]
early 1 "cannot write 'none/x.jsonl'" confusion-eval rate study --rater detector -o none/x.jsonl
confusion-eval rate study --rater synthetic
early 1 "cannot write 'none/x.svg'" confusion-eval score study --plot none/x.svg
early 1 "cannot write 'folder.svg': it names a folder" confusion-eval score study --plot folder.svg
perl "$SOURCE/tests/cli/import-weights/checkpoint.pl" adm base.pt out=6 classes=4 updown=1 container=legacy
import=(import-weights adm --flags "--image_size 16 --channel_mult 1,2 --num_channels 32 --num_res_blocks 1
  --attention_resolutions 8 --class_cond True --learn_sigma True --resblock_updown True")
early 1 "cannot open 'missing.pt'" "${import[@]}" missing.pt -o i.json
early 1 "cannot write 'none/i." "${import[@]}" base.pt -o none/i.json
early 1 "cannot write 'folder.json': it names a folder" "${import[@]}" base.pt -o folder.json
early 2 "must end in .json" "${import[@]}" base.pt -o i.safetensors
early 2 "-o" "${import[@]}" base.pt
mkdir i.safetensors
early 1 "cannot write 'i.safetensors': it names a folder" "${import[@]}" base.pt -o i.json
[ ! -e i.json ]
exit $bad
