# Scores of tables and of answers: known numbers, and every kind of bad input reported or counted.
# holds FILE PATTERN CONDITION   a line matches, and its groups $1, $2, ... satisfy the condition
holds() {
  perl -ne 'BEGIN { ($p, $c) = splice @ARGV, 0, 2 } if (/$p/) { $good = eval $c } END { exit !$good }' "$2" "$3" "$1"
}
# 50 raters of 50 trials on 100 images, fooled in 1185 of 2500 trials: Wilson's interval is known, the main interval is wider.
perl -e 'print "rater,image,model,task,fooled\n"; my $n = 0;
  for my $r (0 .. 49) { for my $t (0 .. 49) { my $f = ($n * 1185) % 2500 < 1185 ? 1 : 0; ++$n;
    printf "r%d,i%d,sr3,2,%d\n", $r, ($r * 50 + $t) % 100, $f } }' >study.csv
confusion-eval score --csv study.csv --json >lines
rate=$(grep '"record":"rate".*"answers":"kept"' lines)
grep -q '"model":"sr3","task":2,"raters":"human","answers":"kept","fooled":1185,"trials":2500,"rate":0.474,' <<<"$rate"
grep -q '"naive_low":0.45448' <<<"$rate"
grep -q '"naive_high":0.49359' <<<"$rate"
confusion-eval score --csv study.csv | head -n2 >table
[ "$(cut -f1-11 table | tail -n1 | cut -f1-7,10,11)" = "$(printf 'sr3\t2\thuman\tkept\t1185\t2500\t0.4740\t0.4545\t0.4936')" ]
[ "$(head -n1 table | cut -f1,2,5-9)" = "$(printf 'model\ttask\tfooled\ttrials\trate\tlow\thigh')" ]

# If raters and images differ, the interval is far wider than the naive one; two models, one of them better; equivalence.
perl -e 'print "task,model,rater,image,fooled\n"; srand 3;
  for my $m ("good", "bad") { for my $r (0 .. 39) { for my $i (0 .. 39) {
    my $p = ($m eq "good" ? .48 : .2) + ($r % 2 ? .15 : -.15) + ($i % 4 < 2 ? .1 : -.1);
    printf "1,$m,r%d,i%d,%d\n", $r, $i, rand() < $p ? 1 : 0 } } }' >two.csv
confusion-eval score --csv two.csv --json --plot two.svg >lines
good='"record":"rate","model":"good".*"answers":"kept"'
holds lines "$good.*\"low\":([\d.]+),\"high\":([\d.]+)" '$1 < .48 && $2 > .48'
holds lines "$good.*\"low\":([\d.]+),\"high\":([\d.]+),\"naive_low\":([\d.]+),\"naive_high\":([\d.]+)" '$2 - $1 > 2 * ($4 - $3)'
holds lines '"record":"difference","model":"good","minus":"bad".*"difference":([\d.]+)' 'abs($1 - .28) < .06'
holds lines '"record":"difference","model":"good","minus":"bad".*"p_holm":([\d.e-]+)' '$1 < 1e-6'
grep -q '"model":"bad".*"equivalent":"no"' lines
[ "$(grep -c '<rect x=' two.svg)" = 2 ]
grep -q 'task 1' two.svg

# Bad input.
for separator in ';' '\t'; do
  printf "rater${separator}image${separator}model${separator}task${separator}fooled\n" >other.csv
  fails 1 "does not name a column 'rater', as its fields are not separated by commas" confusion-eval score --csv other.csv
done
fails 1 "names the column 'rater' twice" confusion-eval score --csv <(echo rater,image,model,task,fooled,rater)
fails 1 "its first line does not name a column 'fooled'" confusion-eval score --csv <(echo rater,image,model,task)
fails 1 "line 2': task is '4', not 1 or 2" confusion-eval score --csv <(printf 'rater,image,model,task,fooled\na,b,c,4,1\n')
{ cat study.csv && tail -n3 study.csv && echo r,i,m,2; } >damaged.csv
fails 1 "damaged.csv, line 2505': 4 fields instead of 5 (--keep-going leaves such lines out)" confusion-eval score --csv damaged.csv
status=0
confusion-eval score --csv damaged.csv --keep-going >table 2>said || status=$?
[ "$status" = 3 ]
grep -qP '^answered twice\t2\thuman\t3\t' table
grep -qP '^damaged\t2\thuman\t1\t' table
grep -qP '^sr3\t2\thuman\tkept\t1185\t2500\t' table
fails 1 "cannot open 'missing.csv'" confusion-eval score --csv missing.csv
fails 2 "option '--margin': '-0.2' is not in the range >0 to <0.5" confusion-eval score --csv study.csv --margin -0.2
printf 'rater,image,model,task,fooled\nr,i,m,2,perhaps\n' >damaged.csv
for order in "damaged.csv study.csv" "study.csv damaged.csv"; do
  fails 3 "fooled is 'perhaps'" confusion-eval score --keep-going --csv $order
  { confusion-eval score --keep-going -q --csv $order || true; } | grep -qP '^damaged\t\d\thuman\t1\t'
done
fails 2 "option '--replicates': '5' is not in the range >= 100" confusion-eval score --csv study.csv --replicates 5
fails 1 "cannot write 'standard output'" bash -c "exec confusion-eval score --csv study.csv >/dev/full"

# Answers of a study: the interval contains the known rate of a thousand raters; single, truncated and foreign files.
photos real 12 16 12
photos model 12 16 12
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do image 16 12 $((i + 90)) >model/$i.ppm; done
for seed in 0 1; do
  confusion-eval plan -q real model --raters 1000 --trials 10 --practice 0 --catches 1 --controls 1 --repeats 1 \
    --seed $seed -o s$seed
  confusion-eval rate s$seed --rater synthetic --true-rate 0.3 --image-share 0.05 --lapse 0.1 --seed $seed
done
confusion-eval score s0 --json >lines
grep -q '"record":"rate".*"answers":"kept".*"trials":10000,' lines
# 0.9 * 0.3 + 0.1 * 0.5
holds lines '"record":"rate".*"answers":"kept".*"low":([\d.]+),"high":([\d.]+)' '$1 < .32 && $2 > .32 && $2 - $1 < .2'
holds lines '"check":"control.*"low":([\d.]+),"high":([\d.]+)' '$1 < .5 && $2 > .5'
cp s1/machine/synthetic.jsonl stranger.jsonl
fails 1 "not one of those given" confusion-eval score s0 stranger.jsonl
fails 2 "cannot score 'stranger.jsonl' without its study" confusion-eval score stranger.jsonl
confusion-eval score s0 s1 --json | grep -c '"record":"rate"' | grep -qx 4
confusion-eval score s0/machine/synthetic.jsonl --json | cmp - lines # the study is found beside the file
mv s0/machine/synthetic.jsonl whole.jsonl
{ cat whole.jsonl && head -n7 whole.jsonl && head -c 99 whole.jsonl; } >s0/machine/more.jsonl
confusion-eval score s0 >table 2>said
grep -q "the last line of 's0/machine/more.jsonl' is cut short" said
grep -qP '^answered twice\t2\tmachine synthetic\t7\t' table
grep -qP '^cut short\t2\tmachine synthetic\t1\t' table
fails 2 "was fixed by its plan" confusion-eval score s0 --margin 0.1
