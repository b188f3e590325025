# What a study that one can afford will show.
confusion-eval power --images 100 >table
[ "$(head -n1 table)" = "$(printf 'images\ttrials\traters\tjudgements\thalf_width')" ]
awk -F'\t' 'NR > 1 && ($1 != 100 || $4 != $2 * $3 || (NR > 2 && $5 >= last)) { exit 1 } { last = $5 }' table
confusion-eval power --images 10 --json | head -n1 | grep -q '"images":10,"trials":10,"raters":5,"judgements":50,"half_width":'
# The two tables agree: with what the first asks for, the second reaches its margin.
read -r images raters half < <(confusion-eval power --margin 0.05 | awk -F'\t' 'NR == 4 { print $3, $5, $7 }')
confusion-eval power --images "$images" | awk -F'\t' -v raters="$raters" -v half="$half" '
  NR > 1 && $3 <= raters && $5 < half { exit 1 } NR > 1 && $3 >= raters && $5 > half { exit 1 }'
fails 2 "--margin: with --images the answer is the half-width" confusion-eval power --images 100 --margin 0.1
fails 2 "--goal: with --images the answer is the half-width" confusion-eval power --images 100 --goal equivalence
fails 2 "option '--images': '1' is not in the range >= 2" confusion-eval power --images 1
fails 2 "--images: score does not take this option" confusion-eval score --images 5 x
fails 2 "must be less" confusion-eval power --images 100 --icc-image 0.9 --icc-rater 0.2
