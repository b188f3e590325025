# A cascade equals its pipe, byte for byte, which --show-pipe prints.
tiny_cascade c.json
run() { cascade c.json --steps 3 "$@"; }

is_pipe() {
  "$@" >cascade.out
  "$@" --show-pipe >line
  [ "$(wc -l <line)" = 1 ]
  bash -o pipefail -c "$(cat line)" >pipe.out
  same cascade.out pipe.out
}
is_pipe run -n 5
is_pipe run -n 4 --class red,0 --seed 7 --guidance 2 --shard 2/2
is_pipe run -n 3 --batch 2 --noise-level 0.2 --sampler ddim --threads 1
is_pipe run -n 2 --depth 16 --precision fp32
# Numbers are passed with all their digits.
is_pipe run -n 2 --guidance 2.3456789 --noise-level 0.1234996
run --guidance 1.0000001 --show-pipe | grep -q -- "--guidance 1.0000001"
grep -q -- "--noise-level 0.1" <(cascade c.json --show-pipe)
# To folders, with the output of each stage.
run -n 3 --by-class --keep-stages kept -o "out dir/"
for size in 16 8; do
  [ "$(cd kept/$size && ls */* | xargs)" = "blue/000000.png blue/000002.png red/000001.png" ]
done
same kept/16/red/000001.png "out dir/red/000001.png"
bash -o pipefail -c "$(run -n 3 --by-class -o "piped dir/" --show-pipe)"
diff -r "out dir" "piped dir"
sample -m c-8.json --steps 3 -n 3 --by-class -o small/
diff -r small kept/8

# Stopped and started again.
rm "out dir/red/000001.png"
touch -d 2001-01-01 "out dir/blue/000000.png"
run -n 3 --by-class --skip-existing -o "out dir/"
[ "$(date -r "out dir/blue/000000.png" +%Y)" = 2001 ]
bash -o pipefail -c "$(run -n 3 --by-class --skip-existing -o "out dir/" --show-pipe)"
[ "$(date -r "out dir/blue/000000.png" +%Y)" = 2001 ]
run -n 1 --png-level 0 -o level/
bash -o pipefail -c "$(run -n 1 --png-level 0 -o level-pipe/ --show-pipe)"
same level/000000.png level-pipe/000000.png
sample -m c-8.json --steps 3 -o in/16/
fails 2 "in/16/' is also an input" cascade c.json --steps 1 in/16 --keep-stages in -o over/
diff -r "out dir" "piped dir"

# From given images: the base stage is omitted, and the class is passed on, or given.
sample -m c-8.json --steps 3 -n 3 >small.ppm
run small.ppm >from-file
run - <small.ppm >from-stdin
run -n 3 >all
same from-file all
same from-stdin all
is_pipe run small/
fails 1 "needs a class (--class)" bash -c 'ppmtoppm <small.ppm 2>/dev/null | cascade c.json -'
is_pipe run --class red small.ppm --seed 3

# Without a base stage, standard input is read.
cat >sr.json <<END
$(perl -0pe 's/\{\s*"manifest": "c-8.json".*?\n    \},\s*//s' c.json)
END
cascade sr.json --steps 3 <small.ppm >from-sr
same from-sr all

# Stages without the manifest of a cascade.
joined() { cascade -m c-8.json -m c-16.json --noise-level 0.1 --steps 3 "$@"; }
joined -n 3 >from-stages
same from-stages all
is_pipe joined -n 2
joined small.ppm >from-stages
same from-stages all
cascade -m c-16.json --noise-level 0.1 --steps 3 <small.ppm >from-stages
same from-stages all

# Floats give another result, and have no pipe. In 16 bits, because a stage with little training depends little on its condition.
run -n 2 --depth 16 --between float >float
run -n 2 --depth 16 >eight
not cmp -s float eight
fails 2 "no pipe can do this: the stages pass on floats" run -n 2 --between float --show-pipe
run -n 2 --truncate --keep-stages kept-t >truncated
[ "$(ls kept-t)" = 16 ]
not cmp -s truncated <(run -n 2 --between float)
fails 2 "no pipe can do this: a stage that stops early" run --truncate --show-pipe
run -n 2 --truncate --batch 1 >truncated-by-one
same truncated truncated-by-one
perl -0pe 's/(.*)"truncate": false/$1"truncate": true/s' c.json >t.json
cascade t.json --steps 3 -n 2 >truncated-too
same truncated truncated-too
# Level 0: the finished image, in floats, which is that of the pipe to the rounding of the small image.
run -n 2 --noise-level 0 --depth 16 --between float >float
run -n 2 --noise-level 0 --depth 16 >eight
not cmp -s float eight
for kind in float eight; do pamsplit $kind "$kind-%d.pam"; done
for i in 0 1; do
  (($(pamarith -difference "float-$i.pam" "eight-$i.pam" | pamsumm -max -brief) < 65535 / 128))
done

# One channel, through everything.
tiny_cascade g.json --grey
is_pipe cascade g.json -n 2 --steps 3
cascade g.json -n 2 --steps 3 --truncate --keep-stages kept-g | sheet -o grid.png

# Steps of each stage, or of all.
cascade c.json --steps 2 -n 1 >both
cascade c.json --steps 2,2 -n 1 >each
cascade c.json --steps 2,3 -n 1 >other
same both each
not cmp -s both other
[[ $(cascade c.json --steps 4,3 -n 1 --show-pipe) == *"--steps 4 "*"|"*"--steps 3 "* ]]
