# The class of an image is the first folder below the operand, and its name may have any encoding.
seed=0
put() { mkdir -p "$(dirname "$1")" && image 12 12 $((seed += 1)) >"$1"; }
for i in 1 2 3; do
  for class in n1 n2; do
    put train/$class/images/$i.ppm
    put test/$class/images/$i.ppm
  done
done
short=(--recipe digits --size 8 --epochs 1 --seeds 1 --threads 1)

# Tiny-ImageNet's layout: n1 and n2 are the classes, not images; what was found is printed before the training.
cas --train train --test test "${short[@]}" --per-class 2>said | cut -f1-3 >table
[ "$(tail -n +2 table)" = "$(printf 'generated\tn1\t3\ngenerated\tn2\t3')" ]
grep -qF "training on 6 generated images, seed 0; 2 classes: n1 (3), n2 (3)" said
# The same from archives, which contain the folder itself, and from their members' folder.
tar cf train.tar train
(cd test && zip -q -r ../test.zip n1 n2)
cas -q --train train.tar --test test.zip "${short[@]}" --per-class | cut -f1-3 >again
same table again

# One class, or the parts of a data set, cannot be told apart.
mkdir photos
mv train test photos
for i in 1 2; do put other/train/$i.ppm; put other/test/$i.ppm; done
fails 2 "the classes would be 'test', 'train', which are parts of a data set" cas --train photos --test other "${short[@]}"
# The parts in longer names, too; but classes may be kinds of trains.
mkdir -p years/train2017 years/val2017
photos big 2 24 20
mv big/1.ppm years/train2017/
mv big/2.ppm years/val2017/
new=(cdm-train -q --new 8,16 --preset tiny years -o y.json)
fails 2 "the classes would be 'train2017', 'val2017', which are parts of a data set" "${new[@]}"
mv years/train2017 years/train_steam
mv years/val2017 years/train_electric
"${new[@]}"
for i in 1 2 3; do put one/cats/$i.ppm; put two/cats/$i.ppm; done
fails 2 "--train and --test: the only class would be 'cats'; classes are the folders directly below an operand" \
  cas --train one --test two "${short[@]}"

# Names that are not UTF-8 are written as \xHH into JSON, and are the same names when they are read again.
cafe=$'caf\xe9'
for set in learn score; do
  for i in 1 2 3; do
    put "$set/$cafe/$i.ppm"
    put "$set/caf\\xE9/$i.ppm"
    put "$set/été/$i.ppm"
  done
done
cas -q --train learn --test score "${short[@]}" -o runs --per-class --json >lines
grep -qF '"class":"caf\\xE9","images":3' lines
grep -qF '"class":"caf\\x5CxE9","images":3' lines
grep -qF '"class":"été","images":3' lines
tar --sort=name -cf learn.tar learn
(cd score && find . -type f | LC_ALL=C sort | zip -q ../score.zip -@)
cas --train learn.tar --test score.zip "${short[@]}" -o runs --per-class --json >again 2>said
same lines again
[ ! -s said ] # nothing was trained again
cas -q --train learn --test score "${short[@]}" -o runs --per-class | LC_ALL=C grep -aqP "^generated\tcaf\xe9\t3\t"
