# Colours are learned; runs resume and can be divided among jobs, with the same table in each case.
shades() { # DIR FIRST   reds and greens of six shades each
  local i
  mkdir -p "$1/green" "$1/red"
  for ((i = 0; i < 6; i++)); do
    ppmmake "rgb:$(printf '%02x' $((150 + 15 * i + $2)))/20/20" 10 10 >"$1/red/$i.ppm"
    ppmmake "rgb:20/$(printf '%02x' $((150 + 15 * i + $2)))/20" 10 10 >"$1/green/$i.ppm"
  done
}
shades train 0
shades real-train 2
shades test 5
common=(--test test --recipe digits --size 10 --epochs 220 --threads 1)

cas --train train "${common[@]}" --seeds 2 >table
[ "$(head -n1 table)" = "$(printf 'set\tseed\timages\ttop1\ttop1_low\ttop1_high\ttop5\ttop5_low\ttop5_high\tsd\tp')" ]
[ "$(cut -f1-3 table | tail -n3)" = "$(printf 'generated\t0\t12\ngenerated\t1\t12\ngenerated\tmean\t12')" ]
grep -qP '^generated\tmean\t12(\t1\.000000\t0\.757\d+\t1\.000000){2}\t0\.000000\t-$' table # 12 of 12: Wilson from .757

# Folders as written by --by-class are matched with the test classes; images of a class without training images are wrong.
mkdir named written other
cp -R test/red 'named/dark red'
cp -R test/green named/green
cp -R train/red written/dark_red
cp -R train/green written/green
short=(--recipe digits --size 10 --epochs 1 --seeds 1 --threads 1)
cas -q --train written --test named "${short[@]}" >/dev/null
fails 1 "and their names differ; only --train has 'dark_red'; only --test has 'red'" cas --train written --test test "${short[@]}"
cp -R test/red other/blue
cas -q --train train --test other "${short[@]}" --unlike-classes | cut -f4,7 | grep -qx "$(printf '0.000000\t0.000000')"

# Jobs divide the work; the last command only prints.
all=(cas --train train --real-train real-train "${common[@]}" --epochs 30 --seeds 2)
"${all[@]}" >straight
for i in 1 2 3; do "${all[@]}" -o runs --shard $i/3 >part 2>said && [ ! -s part ] || [ $i = 3 ]; done
[ "$(ls runs | tr '\n' ' ')" = "generated-0.json generated-1.json real-0.json real-1.json " ]
"${all[@]}" -o runs >reduced 2>said
same straight reduced
[ ! -s said ]
grep -qP '^difference\t1\t12\t' straight
grep -qP '^difference\tmean\t12\t[-0-9.]+\t-\t-\t[-0-9.]+\t-\t-\t-\t-$' straight
"${all[@]}" -o runs --per-class | grep -qP '^real\tred\t6\t'
"${all[@]}" -o runs --json | tail -n1 | grep -q '^{"set":"difference","seed":"mean","images":12,"top1":.*"sd":null,"p":null}$'
fails 2 "made from other images or settings" "${all[@]}" -o runs --epochs 31

# Stopped and resumed: the same answers.
status=0
long=(cas --train train "${common[@]}" --epochs 1200 --seeds 1)
timeout -s INT 0.5 "${long[@]}" -o stopped >/dev/null 2>&1 || status=$?
[ "$status" = 124 ] || [ "$status" = 130 ]
"${long[@]}" -o stopped >resumed
[ ! -e stopped/generated-0.state ]
"${long[@]}" >straight
same straight resumed

# The table of what is finished is printed when a later run is stopped.
set -m # otherwise bash lets background jobs ignore SIGINT
cas --train train "${common[@]}" --epochs 1200 --seeds 2 -o stopped >partial 2>said &
pid=$!
set +m
until grep -q "generated images, seed 1" said; do sleep 0.1; done
sleep 0.5
kill -INT $pid
wait $pid || [ $? = 130 ]
grep -q "the table lacks 1 run" said
same straight partial
