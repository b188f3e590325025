#!/bin/bash
# degrade against vips and ImageMagick: images per second on the same folder of JPEG files, shrunk to a quarter with the
# bicubic kernel and written as PNG files, with one core for each program, then with all cores.
# vipsthumbnail shrinks while it decodes, so that its pixels are not those of a bicubic resize, and fits all images into a
# quarter of the first one's longer side: this is the fastest way to use vips. The second number is by processor time (user
# and system), which other work on the machine hardly affects.
#
# usage: tests/bench/degrade.sh          with degrade on PATH; FOLDER=dir: other JPEG files; ROUNDS=3: best of so many
set -euo pipefail
convert=$(for c in /usr/bin/convert convert; do command -v "$c" && break; done)
mogrify=$(for c in /usr/bin/mogrify mogrify; do command -v "$c" && break; done)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

folder=${FOLDER:-$work/photos}
if [ -z "${FOLDER:-}" ]; then
  mkdir "$folder"
  for i in 0 1 2 3; do
    "$convert" -seed "$i" -size 1024x768 plasma:fractal -attenuate 0.3 +noise Gaussian -quality 90 "$folder/$i.jpg"
    for j in 1 2 3 4 5 6 7 8 9; do cp "$folder/$i.jpg" "$folder/$i$j.jpg"; done
  done
fi
find "$folder" -type f -iname '*.jp*g' -print0 | sort -z >"$work/list"
count=$(tr -cd '\0' <"$work/list" | wc -c)
[ "$count" -gt 0 ] || { echo "no JPEG files in '$folder'" >&2; exit 1; }

IFS= read -r -d '' first <"$work/list"
side=$("${convert%convert}identify" -format '%[fx:int(max(w,h)/4)]' "$first")

run_degrade() { xargs -0 degrade -q -s 4 --threads "$1" -o "$work/out/" <"$work/list"; }
run_vipsthumbnail() { VIPS_CONCURRENCY=$1 xargs -0 vipsthumbnail --size "$side" -o "$work/out/%s.png" <"$work/list"; }
run_vips() { # it processes one image per call
  local file
  while IFS= read -r -d '' file; do
    VIPS_CONCURRENCY=$1 vips resize "$file" "$work/out/$(basename "$file").png" 0.25 --kernel cubic
  done <"$work/list"
}
run_imagemagick() {
  MAGICK_THREAD_LIMIT=$1 xargs -0 "$mogrify" -path "$work/out" -format png -filter Catrom -resize 25% <"$work/list"
}

# Prints "WALL CPU": the smallest number of seconds of each over all rounds.
best() {
  for ((round = 0; round < ${ROUNDS:-3}; round++)); do
    rm -rf "$work/out" && mkdir "$work/out"
    TIMEFORMAT='%R %U %S'
    { time "$@" >/dev/null 2>"$work/err"; } 2>&1 || { cat "$work/err" >&2; return 1; }
  done | awk '{ cpu = $2 + $3; if (NR == 1 || $1 < w) w = $1; if (NR == 1 || cpu < c) c = cpu } END { print w, c }'
}

for threads in 1 "$(nproc)"; do
  ours=
  for tool in degrade vipsthumbnail vips imagemagick; do
    case $tool in
      vipsthumbnail | vips) command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; continue; } ;;
      imagemagick) [ -n "$mogrify" ] || { echo "ImageMagick is not installed" >&2; continue; } ;;
    esac
    export -f "run_$tool"
    export work folder mogrify side
    if [ "$threads" = 1 ]; then
      took=$(best taskset -c 0 bash -c "run_$tool 1")
    else
      took=$(best bash -c "run_$tool $threads")
    fi
    [ -n "$ours" ] || ours=$took
    awk -v tool="$tool" -v took="$took" -v ours="$ours" -v n="$count" -v t="$threads" 'BEGIN {
      split(took, b); split(ours, a)
      printf "%2d threads  %-14s %8.1f images/s  %8.1f per processor second", t, tool, n / b[1], n / b[2]
      if (tool != "degrade") printf "   degrade is %.2f (%.2f) times as fast", b[1] / a[1], b[2] / a[2]
      print "" }'
  done
done
