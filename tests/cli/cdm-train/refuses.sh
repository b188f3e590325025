# Errors in the settings are reported before the first step.
for class in b a; do photos "things/$class" 2 24 20; done
new() { cdm-train -q --new 8,16 --preset tiny "$@"; }
fails 2 "no cascade to train" cdm-train
fails 2 "-o CASCADE.json is missing" new things
fails 2 "must end in .json" new things -o c
fails 2 "unknown preset 'huge': the presets are tiny, small, medium, cdm" cdm-train --new 8 --preset huge things -o c.json
fails 2 "16 is not a multiple of 10" cdm-train --new 10,16 things -o c.json
fails 2 "8 is not more than 16, the size before it" cdm-train --new 16,8 things -o c.json
fails 2 "option '--new': '0' is not in the range 1 to 65536" cdm-train --new 0,16 --sr-only things -o c.json
fails 2 "'x' is not" cdm-train --new 16,x things -o c.json
fails 2 "no images to find the classes in" new -o c.json
cp things/a/"$(ls things/a | sed -n 1p)" things/stray.ppm
fails 1 "'things/stray.ppm' is in no folder that could be its class, as other images are" cdm-train --new 8 things -o c2.json
rm things/stray.ppm
fails 2 "in no folders" bash -c 'cd things/a && cdm-train --new 8 . -o ../../c.json'
fails 1 "smaller than the 32x32 crop" cdm-train --new 16,32 things -o c.json
fails 1 "cannot open 'nowhere'" new nowhere -o c.json
fails 1 "make the folder 'none/' first" new things -o none/c.json
fails 2 "is not one of auto|none|gaussian|blur" new --augmentation fog things -o c.json
fails 2 "'w' is not one of eps|x0|v" new --predict w things -o c.json
fails 2 "option '--label-dropout': '2' is not in the range 0 to 1" new --label-dropout 2 things -o c.json
fails 2 "--new: " cdm-train -q --new 11,33 --unconditional -o c.json
fails 2 "option '--pad': '-5' is not in the range 0 to 65536" new --pad=-5 things -o c.json
fails 2 "--sr-only leaves out the base stage" new --sr-only --predict eps things -o c.json
fails 2 "there are no classes for --label-dropout" new --unconditional --label-dropout 0.2 things -o c.json
# Options that would be ignored are refused.
for option in "--stage 1" "--steps 7" "--seed 3" "--time-limit 1h" --restart "--weights-type fp16"; do
  fails 2 "it applies to a training, and --new only writes manifests" new $option things -o c.json
done
[ -z "$(ls | grep json)" ]
[ ! -e c.json ]

new things -o c.json
# The manifest of an untrained stage is not overwritten.
cp c-16.json before.json
fails 1 "'c-16.json' exists and is a different, untrained stage" \
  sr3-train -q --preset tiny --crop 16 --steps 1 things -o c-16.json
same c-16.json before.json
fails 1 "'c.json' is there already" new things -o c.json
fails 2 "-o is for --new" cdm-train c.json things -o d.json
for option in --no-flip "--preset cdm" --sr-only "--description hello" "--pad 0"; do
  fails 2 "it is for --new" cdm-train c.json things $option
done
fails 2 "no images to train on" cdm-train c.json
fails 2 "has stages 1 to 2" cdm-train c.json things --stage 3
fails 2 "--precision fp16 cannot train" cdm-train --precision fp16 c.json things
fails 1 "it is a single stage, not a cascade" cdm-train c-8.json things
photos other/c 1 24 20
fails 1 "has the class 'c', which is not a class of the stage" cdm-train c.json other

# A manifest that was edited.
change() { sed "$1" c.json >changed.json; }
change 's/"steps"/"stepz"/'
fails 1 "unknown key 'stages[0].sampling.stepz'" cdm-train changed.json things
change '/"flip"/d; s/"pad": 0,/"pad": 0/'
fails 1 "missing key 'data.flip'" cdm-train changed.json things
change '/c-16.json/,$s/"noise_level": 0.0/"noise_level": 0.6/'
fails 1 "with noise levels up to 0.25, but its noise_level is 0.6" cdm-train changed.json things
change '0,/"noise_level": 0.0/s//"noise_level": 0.1/'
fails 1 "was trained without noise in its condition" cdm-train changed.json things
change 's/"truncate": false/"truncate": true/'
fails 1 "'stages[0].sampling.truncate' needs a stage before it" cdm-train changed.json things
change 's/c-16.json/c-8.json/'
fails 1 "is a base stage, but not the first" cdm-train changed.json things
sed 's/"low_res": 8/"low_res": 4/' c-16.json >c-4-16.json
change 's/c-16.json/c-4-16.json/'
fails 1 "takes images of 4 pixels, but the previous stage makes 8" cdm-train changed.json things
sed 's/\["a", "b"\]/["b", "a"]/' c-16.json >c-ba.json
change 's/c-16.json/c-ba.json/'
fails 1 "has different classes from the previous stage" cdm-train changed.json things
# ... although a stage without classes is between them.
sed 's/"low_res": 16/"low_res": 32/; s/"high_res": 16/"high_res": 32/; s/"low_res": 8/"low_res": 16/; s/\["a", "b"\]/["b", "a"]/' \
  c-16.json >c-ba-32.json
cdm-train -q --new 8,16 --preset tiny --unconditional -o n.json
third() { perl -0pe 's/c-16.json/n-16.json/; s/(\{\s*"manifest": "n-16.json".*?\n    \})/$1,\n    THIRD/s' c.json |
  perl -0pe 's/(\{\s*"manifest": ")n-16.json(".*?\n    \}),\n    THIRD/${1}n-16.json$2,\n    ${1}c-ba-32.json$2/s'; }
third >changed.json
fails 1 "its stage 'c-ba-32.json' has different classes from the previous stage" cdm-train changed.json things
change 's/"steps": "25"/"steps": "5000"/'
fails 1 "its stage 'c-16.json' cannot be sampled with these settings: cannot use '5000' as sampling steps" \
  cdm-train changed.json things
perl -0pe 's/("manifest": "c-16.json".*?"guidance": )1\.0/${1}2.0/s' c.json >changed.json
fails 1 "its stage 'c-16.json' was trained without label dropout, but its guidance is 2" cdm-train changed.json things
change 's/c-16.json/c-32.json/'
fails 1 "cannot open 'c-32.json'" cdm-train changed.json things
