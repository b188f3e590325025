#!/usr/bin/env bash
# few-steps.sh PHOTOS [DIR]: how fast and how good the stages for x4 are in few steps, as a table, and as a picture.
# PHOTOS: a folder or archive of photographs that are not in the training data. They are shrunk SHRINK (3) times and cut into
# tiles of 128x128, whose low-resolution images are enlarged; the distance is to the tiles, and its error half of its 95%
# interval.
# WAYS: what is compared, STAGE:STEPS:PRECISION (photo-x4 and photo-x4-fast); SEEDS (0 1 2): a row of the table is the mean.
# The time is that of a whole process for 1.46 megapixels, the shortest of 3. FID_FEATURES: the feature network for fid(1).
# Run again, it resumes where it stopped; the results are in DIR (few-steps): table.tsv and frontier.svg. Needs ImageMagick.
#   FID_FEATURES=pt_inception-2015-12-05-6726825d.pth examples/few-steps.sh photos/
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 1 ] || { echo "usage: few-steps.sh PHOTOS [DIR]" >&2; exit 2; }
photos=$1
dir=${2:-few-steps}
mkdir -p "$dir"

"$here/photo-tiles.sh" "$photos" "$dir"
[ -d "$dir/low" ] || { degrade -q -s 4 "$dir/high" -o "$dir/low.new/" && mv "$dir/low.new" "$dir/low"; }
[ -e "$dir/high.npz" ] || fid stats -q --groups 20 "$dir/high" -o "$dir/high.npz"
[ -e "$dir/timed.png" ] ||
  degrade -q --center-crop --size 302x302 "$(find "$dir/shrunk" -type f | sort | head -n 1)" -o "$dir/timed.png"

table=$dir/table.tsv
printf 'stage\tsteps\tprecision\tseconds a megapixel\tPSNR\tSSIM\tdistance\terror\n' >"$table"
for way in ${WAYS:-photo-x4:25:fp32 photo-x4:8:fp32 photo-x4:4:fp32 photo-x4-fast:1:fp32 photo-x4-fast:1:int8}; do
  IFS=: read -r stage steps precision <<<"$way"
  options=(-q -m "$stage" --steps "$steps" --precision "$precision")
  out=$dir/$(basename "$stage")-$steps-$precision
  mkdir -p "$out"
  if [ ! -e "$out/seconds" ]; then
    for _ in 1 2 3; do
      start=$EPOCHREALTIME
      upscale "${options[@]}" "$dir/timed.png" -o "$out/timed.png"
      awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f\n", (b - a) / 1.459264 }'
    done | sort -g | head -n 1 >"$out/seconds.new"
    mv "$out/seconds.new" "$out/seconds"
  fi
  for seed in ${SEEDS:-0 1 2}; do
    [ -e "$out/$seed.row" ] && continue
    upscale "${options[@]}" --seed "$seed" --skip-existing "$dir/low" -o "$out/$seed/"
    fid stats -q --groups 20 "$out/$seed" -o "$out/$seed.npz"
    { sr-metrics -q "$out/$seed" "$dir/high" | tail -n 1 | cut -f 2,3
      fid compare -q --ci "$out/$seed.npz" "$dir/high.npz" | tail -n 1 | cut -f 2,5,6; } | paste -s >"$out/row"
    mv "$out/row" "$out/$seed.row"
  done
  cat "$out"/?.row | awk -v OFS='\t' -v name="$(basename "$stage")"$'\t'"$steps"$'\t'"$precision"$'\t'"$(cat "$out/seconds")" '
    { psnr += $1; ssim += $2; distance += $3; error += ($5 - $4) / 2 }
    END { print name, sprintf("%.2f", psnr / NR), sprintf("%.4f", ssim / NR), sprintf("%.0f", distance / NR),
          sprintf("%.0f", error / NR) }' | tee -a "$table"
done

# The picture: seconds a megapixel, on a logarithmic axis, against the distance and its error.
awk -F '\t' 'NR > 1 {
    name[++n] = $1 ", " $2 ($2 == 1 ? " step, " : " steps, ") $3
    x[n] = log($4) / log(10); y[n] = $7; low[n] = $7 - $8; high[n] = $7 + $8
    if (n == 1 || x[n] < left) left = x[n]
    if (n == 1 || x[n] > right) right = x[n]
    if (n == 1 || low[n] < bottom) bottom = low[n]
    if (n == 1 || high[n] > top) top = high[n]
  }
  function across(v) { return 70 + 560 * (v - left) / (right - left) }
  function down(v) { return 310 - 270 * (v - bottom) / (top - bottom) }
  END {
    left = int(left * 10 - 1) / 10; right += 0.1; bottom *= 0.95; top *= 1.05
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 660 370\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"660\" height=\"370\" fill=\"white\"/><path d=\"M70 40V310H640\" fill=\"none\" stroke=\"black\"/>"
    for (k = -2; k <= 3; ++k) for (m = 1; m <= 5; m += m == 1 ? 1 : 3) {
      v = k + log(m) / log(10)
      if (v < left || v > right) continue
      printf "<path d=\"M%.1f 310v5\" stroke=\"black\"/><text x=\"%.1f\" y=\"328\" text-anchor=\"middle\">%g</text>\n",
        across(v), across(v), m * 10 ^ k
    }
    for (k = 0; k <= 4; ++k) {
      v = bottom + (top - bottom) * k / 4
      printf "<text x=\"64\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>\n", down(v) + 4, v
    }
    print "<text x=\"355\" y=\"352\" text-anchor=\"middle\">seconds for a megapixel of the result</text>"
    print "<text x=\"70\" y=\"26\">Frechet distance to held-out photographs</text>"
    for (i = 1; i <= n; ++i) {
      printf "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#888\"/>", across(x[i]), down(low[i]), down(high[i])
      printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#06c\"/>", across(x[i]), down(y[i])
      aside = across(x[i]) > 430
      printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", across(x[i]) + (aside ? -7 : 7),
        down(y[i]) + (i % 2 ? -14 : 20), aside ? "end" : "start", name[i]
    }
    print "</svg>"
  }' "$table" >"$dir/frontier.svg"
