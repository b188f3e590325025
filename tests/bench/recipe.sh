#!/bin/bash
# degrade --recipe against ImageMagick: images per second of the same chain of a Gaussian blur, a resize, Gaussian noise, a JPEG
# and a resize to a quarter, from JPEG files to PNG files, with one core. ImageMagick takes one call before the JPEG and one after
# it for each image, which is the straightforward way to write such a chain. Then degrade with each of the named recipes. The
# second number is by processor time (user and system), which other work on the machine hardly affects.
#
# usage: tests/bench/recipe.sh          with degrade on PATH; ROUNDS=3: best of so many
set -euo pipefail
convert=$(for c in /usr/bin/convert convert; do command -v "$c" && break; done) ||
  { echo "ImageMagick is not installed" >&2; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=20
mkdir "$work/photos"
for ((i = 0; i < count; i++)); do
  "$convert" -seed "$i" -size 512x384 plasma:fractal -attenuate 0.3 +noise Gaussian -quality 90 "$work/photos/$i.jpg"
done

cat >"$work/chain.json" <<'END'
[
  {"do": "blur", "size": 21, "sigma": 1.5},
  {"do": "resize", "factor": 0.6, "kernel": "bilinear"},
  {"do": "noise", "sigma": 10},
  {"do": "jpeg", "quality": 60},
  {"do": "resize", "to": "result", "kernel": "bicubic"}
]
END

run_degrade() { degrade -q -s 4 --threads 1 --recipe "$1" "$work/photos" -o "$work/out/"; }
run_imagemagick() {
  local file
  for file in "$work"/photos/*.jpg; do
    "$convert" "$file" -blur 10x1.5 -filter Triangle -resize 60% -attenuate 0.5 +noise Gaussian -quality 60 jpg:- |
      "$convert" jpg:- -filter Catrom -resize '128x96!' "$work/out/$(basename "$file" .jpg).png"
  done
}

# Prints "WALL CPU": the smallest number of seconds of each over all rounds.
best() {
  for ((round = 0; round < ${ROUNDS:-3}; round++)); do
    rm -rf "$work/out" && mkdir "$work/out"
    TIMEFORMAT='%R %U %S'
    { time taskset -c 0 bash -c "$1" >/dev/null 2>"$work/err"; } 2>&1 || { cat "$work/err" >&2; return 1; }
  done | awk '{ cpu = $2 + $3; if (NR == 1 || $1 < w) w = $1; if (NR == 1 || cpu < c) c = cpu } END { print w, c }'
}
export -f run_degrade run_imagemagick
export work convert MAGICK_THREAD_LIMIT=1

ours=$(best "run_degrade $work/chain.json")
theirs=$(best run_imagemagick)
awk -v ours="$ours" -v theirs="$theirs" -v n="$count" 'BEGIN {
  split(ours, a); split(theirs, b)
  printf "chain        degrade      %8.1f images/s  %8.1f per processor second\n", n / a[1], n / a[2]
  printf "chain        imagemagick  %8.1f images/s  %8.1f per processor second   degrade is %.2f (%.2f) times as fast\n",
    n / b[1], n / b[2], b[1] / a[1], b[2] / a[2] }'
for name in bicubic sr3-plus real-esrgan; do
  took=$(best "run_degrade $name")
  awk -v name="$name" -v took="$took" -v n="$count" 'BEGIN {
    split(took, a)
    printf "%-11s  degrade      %8.1f images/s  %8.1f per processor second\n", name, n / a[1], n / a[2] }'
done
