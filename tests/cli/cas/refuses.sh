# Inputs with which a score would be meaningless are refused before any training.
seed=0
for set in train test; do
  for class in a b; do
    mkdir -p $set/$class
    for i in 1 2 3; do image 12 12 $((seed += 1)) >$set/$class/$i.ppm; done
  done
done
ours=(cas --train train --test test --recipe digits --size 8 --epochs 1 --seeds 1)
"${ours[@]}" >table
[ "$(wc -l <table)" = 3 ]

# A test image that is also a training image, in another format.
cp -R train leak
pnmtopng test/b/2.ppm >leak/a/other.png
fails 1 "1 test images are among those of --train: 'test/b/2.ppm' is the same as 'leak/a/other.png'" cas --train leak --test test
fails 1 "among those of --real-train" "${ours[@]}" --real-train leak --unlike-classes

# Classes.
cp -R train more
cp -R train/a more/c
fails 1 "--train has 3 classes, --test 2" "${ours[@]}" --train more
mkdir -p third/c
image 12 12 77 >third/c/1.ppm
fails 1 "classes" cas --train third --test test
"${ours[@]}" --train third --unlike-classes 2>said >table
grep -q '^cas: .*3 classes\|^cas: --train has' said
mkdir few
cp -R train/a few/a
mkdir few/b
cp train/b/1.ppm few/b
fails 1 "--real-train has 4 images, --train 6" "${ours[@]}" --real-train few
fails 1 "has no class" cas --train train/a/1.ppm --test test

fails 1 "cannot open 'missing'" cas --train missing --test test
fails 2 "--train and --test are needed" cas --train train
fails 2 "'more' is unexpected" cas --train train --test test more
fails 2 "--shard needs -o DIR" "${ours[@]}" --shard 1/2
fails 2 "is not one of digits|small|resnet50" cas --train train --test test --recipe large
fails 2 "option '--seeds': '0' is not in the range >= 1" "${ours[@]}" --seeds 0
fails 2 "option '--epochs': '0' is not in the range >0 to 1000000" "${ours[@]}" --epochs 0
fails 2 "option '--epochs': '1e300' is not in the range >0 to 1000000" "${ours[@]}" --epochs 1e300
fails 2 "cas computes in fp32" "${ours[@]}" --precision bf16
mkdir damaged
cp -R train/* damaged
head -c 100 train/a/1.ppm >damaged/a/1.ppm
fails 1 "damaged/a/1.ppm" "${ours[@]}" --train damaged
"${ours[@]}" --train damaged 2>said || true
not grep -q keep-going said # which it does not have
