# A ResNet-50 whose weights are zeros but for a path of ones along the shortcuts, so that its answer is known: "red" if the mean of
# the red channel, as torchvision normalises it, is above 1, that is above 0.714 of white. Sets, pairs, class names; refusals.
python3 "$SOURCE/tests/cli/cas/resnet50.py" net.safetensors

# plain RED GREEN BLUE   an image of this colour
plain() { ppmmake "rgb:$1/$2/$3" 40 32; }
mkdir -p all/blue all/red
plain 00 ff ff >all/blue/1.ppm
plain b4 00 00 >all/blue/2.ppm # 0.706
plain 20 20 20 >all/blue/3.ppm
plain b9 00 ff >all/red/1.ppm # 0.725
plain ff ff ff >all/red/2.ppm
cp -R all some
plain 10 10 10 >some/red/1.ppm
cas --size 64 --classifier net.safetensors all some >table
[ "$(cut -f 1-3,6,9,12 table)" = "$(printf '%s\t%s\t%s\t%s\t%s\t%s\n' set images top1 top5 difference p \
  all 5 1.000000 1.000000 - - some 5 0.800000 1.000000 -0.200000 1)" ]
# Wilson's interval of 4 of 5.
[ "$(sed -n 3p table | cut -f 4,5)" = "$(printf '0.375535\t0.963776')" ]
cas --size 64 --json --classifier net.safetensors some >table.json
[ "$(jq -c '[.set, .images, .top1, .difference]' table.json)" = '["some",5,0.8,null]' ]
cas --size 64 --per-class --classifier net.safetensors all some >classes
[ "$(cut -f 1-4 classes)" = "$(printf '%s\t%s\t%s\t%s\n' set class images top1 \
  all blue 3 1.000000 all red 2 1.000000 some blue 3 1.000000 some red 2 0.500000)" ]

# The names of the outputs, in another order, and with one class only among the images.
printf 'red\nblue\n' >names
cas --size 64 --classifier net.safetensors --class-names names all >table
[ "$(sed -n 2p table | cut -f 3)" = 0.000000 ]
mkdir one
cp -R all/red one/
fails 1 "'net.safetensors' has 2 classes, and 'one' 1: --class-names FILE" cas --classifier net.safetensors one
printf 'blue\nred\n' >names
cas --size 64 --classifier net.safetensors --class-names names one >table
[ "$(sed -n 2p table | cut -f 2,3)" = "$(printf '2\t1.000000')" ]

# Sets of other images.
cp -R all other
mv other/red/2.ppm other/red/3.ppm
fails 1 "cannot compare: 'other' has 'red/3' where 'all' has 'red/2' (--unlike-classes" cas --classifier net.safetensors all other
rm other/red/3.ppm
fails 1 "cannot compare: 'all' has 5 images, 'other' 4" cas --classifier net.safetensors all other
cas -q --size 64 --unlike-classes --classifier net.safetensors all other >table
[ "$(sed -n 3p table | cut -f 2,3,9)" = "$(printf '4\t1.000000\t-')" ]

mkdir -p third/green
cp all/red/1.ppm third/green
fails 1 "'third/green/1.ppm' has the unknown class 'green'" cas --classifier net.safetensors --class-names names third
echo green >>names
fails 1 "cannot use 'names': it has 3 names, the network 2 classes" cas --classifier net.safetensors --class-names names all
head -c 1000000 net.safetensors >short
fails 1 "cannot read 'short'" cas --classifier short all
fails 1 "it has not the weights of torchvision's ResNet-50" cas --classifier "$SOURCE/examples/digits-8.safetensors" all
fails 1 "cannot open 'missing'" cas --classifier net.safetensors all missing
fails 1 "cannot open 'none.pth'" cas --classifier none.pth all
fails 2 "a set of images is needed" cas --classifier net.safetensors
fails 2 "--train: --classifier FILE trains nothing" cas --classifier net.safetensors --train all
fails 2 "--epochs: --classifier FILE trains nothing" cas --classifier net.safetensors --epochs 3 all
fails 2 "--class-names needs --classifier" cas --class-names names --train all --test some
fails 2 "option '--precision': cas computes in fp32" cas --classifier net.safetensors --precision bf16 all
