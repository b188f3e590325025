# The plan: pairing, errors, the same bytes for the same seed; machine raters, score and power with its files.
photos real 14 20 16
for model in a b; do
  mkdir $model
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do image 20 16 $((i + ${#model} + 50)) | pnmtopng >$model/$i.png; done
done
plan=(confusion-eval plan -q --raters 6 --trials 8 --practice 1 --controls 2 --repeats 2)
"${plan[@]}" real a b --no-history -o one
"${plan[@]}" real a b --no-history -o two
diff -r one two
"${plan[@]}" real a b --no-history --seed 1 -o three
cmp -s one/trials.jsonl three/trials.jsonl && exit 1
cmp -s <(grep '"study"' one/study.json) <(grep '"study"' three/study.json) && exit 1
[ "$(wc -l <one/trials.jsonl)" = $((6 * (8 + 1 + 1 + 2 + 2))) ]
[ "$(grep -c '"kind":"main"' one/trials.jsonl)" = 48 ]
[ "$(grep '"kind":"main"' one/trials.jsonl | grep -c '"real":"left"')" = 24 ]
[ "$(grep '"kind":"main"' one/trials.jsonl | grep -c '"model":"a"')" = 24 ]
# Every image has the same length and header, and contains nothing else of its original file.
[ "$(find one/images -name '*.png' -printf '%s\n' | sort -u | wc -l)" = 1 ]
[ "$(for f in one/images/*.png; do head -c 43 "$f" | md5sum; done | sort -u | wc -l)" = 1 ]
grep -lqE 'tEXt|Comment|Software' one/images/*.png && exit 1

# Bad input.
fails 2 "'one' contains a study already" "${plan[@]}" real a -o one
fails 2 "14 images are too few: a rater sees each once, in 12 main, 1 practice, 1 catch and 2 control" \
  "${plan[@]}" --trials 12 real a -o none
[ ! -e none ]
cp -R a lacking
rm lacking/7.png
fails 1 "cannot pair 'real/7.ppm': no image '7' in 'lacking'" "${plan[@]}" real lacking -o none
[ ! -e none ]
mkdir kept
touch kept/notes.txt
fails 1 "no image '7' in 'lacking'" "${plan[@]}" real lacking -o kept
[ "$(ls kept)" = notes.txt ]
status=0
"${plan[@]}" --trials 6 --keep-going real lacking -o fewer 2>said || status=$?
[ "$status" = 3 ]
grep -q '"image":"7"' fewer/trials.jsonl && exit 1
cp -R a wrong
image 20 15 | pnmtopng >wrong/9.png
fails 1 "cannot pair 'real/9.ppm' with 'wrong/9.png': 20x16 and 20x15" "${plan[@]}" real wrong -o none
cp -R a cut
head -c 100 a/3.png >cut/3.png
fails 1 "cut/3.png" "${plan[@]}" real cut -o none
fails 2 "option '--threads': '-5' is not in the range 0 to 4096" "${plan[@]}" real a -o none --threads -5
fails 2 "two models are named 'a'" "${plan[@]}" real a ./a -o none
"${plan[@]}" real a ./a --name x --name y -o named 2>said
grep -q '"models": \["x", "y"\]' named/study.json
fails 2 "1 names for 2 models" "${plan[@]}" real a b --name x -o none
fails 2 "plan takes the real images" "${plan[@]}" real -o none
fails 2 "--list: plan does not take this option" "${plan[@]}" --list 9 real a -o none
fails 2 "--exposure: serve does not take this option" confusion-eval serve one --exposure 500 --port 0
fails 2 "--output: score does not take this option" confusion-eval score one -o results.tsv
fails 2 "plan needs a folder" "${plan[@]}" real a
fails 2 "task 1 shows low-resolution images" "${plan[@]}" --task 1 real a -o none
fails 2 "option '--exposure': '1' is not in the range 50 to 60000" "${plan[@]}" --exposure 1 real a -o none
fails 2 "option '--catches': '-5' is not in the range -1 to 1000000" "${plan[@]}" --catches -5 real a -o none
touch file
fails 2 "cannot write the study 'file': it is a file" "${plan[@]}" real a -o file
degrade -s 2 real -o small/
"${plan[@]}" real a --low-res small/ --low-res-zoom nearest -o low
grep -q '"task": 1' low/study.json
[ "$(find low/images -printf '%s\n' -name '*.png' -type f | sort -u | wc -l)" -le 2 ]
fails 2 "leave --low-res out" "${plan[@]}" --task 2 --low-res small/ real a -o none
fails 1 "it is larger than" "${plan[@]}" small small --low-res real -o none
fails 1 "it is as large as" "${plan[@]}" real a --low-res real -o none
confusion-eval plan --raters 2 --trials 2 --practice 0 --controls 0 --repeats 0 real real -o same 2>said
grep -q "14 images of models have exactly the pixels of the real ones" said
fails 2 "missing command" confusion-eval
fails 2 "unknown command 'paln': plan, serve, page, rate, score or power" confusion-eval paln

# Machine raters are labelled as such in all output.
for rater in synthetic sharpness; do confusion-eval rate one --rater $rater; done
confusion-eval rate one --rater detector --steps 3 --crop 16 --threads 1
confusion-eval rate one --rater detector --steps 3 --crop 16 --threads 1 -o again.jsonl
same one/machine/detector.jsonl again.jsonl
confusion-eval rate one --rater synthetic --seed 5 -o other.jsonl
cmp -s one/machine/synthetic.jsonl other.jsonl && exit 1
[ "$(grep -vc '"rater_kind":"machine"' one/machine/synthetic.jsonl)" = 0 ]
head -n1 one/machine/detector.jsonl | grep -q '"rater_kind":"machine"'
confusion-eval score one --json --plot rates.svg >lines
grep -q '"raters":"human"' lines && exit 1
grep -q '"record":"rate","model":"a","task":2,"raters":"machine detector","answers":"all pairs"' lines
grep -q '"answers":"1 - AUC"' lines
grep -q '"record":"difference","model":"a","minus":"b","task":2,"raters":"machine synthetic"' lines
confusion-eval score one --json | cmp - lines
[ "$(grep -c '(machine)' rates.svg)" = 6 ]
grep -q NaN rates.svg && exit 1
confusion-eval score one --per-image >images
[ "$(head -n1 images | cut -f1-5)" = "$(printf 'image\tmodel\ttask\traters\tfooled')" ]
fails 2 "rate needs --rater" confusion-eval rate one
fails 1 "'real' is not a study" confusion-eval rate real --rater sharpness
fails 1 "nothing to score: there are no answers yet" confusion-eval score two
fails 2 "nothing to score" confusion-eval score
fails 2 "takes FILE.svg" confusion-eval score one --plot rates.png
fails 1 "cannot write 'nowhere/x.html'" confusion-eval page one -o nowhere/x.html
fails 2 "the study has raters 1 to 6" confusion-eval page one --list 7 -o x.html

# Power: SR3's 100 images give +-5 points with 76 raters of 50 trials, and 65 images never do.
confusion-eval power >table
[ "$(head -n1 table)" = "$(printf 'goal\tmargin\timages\ttrials\traters\tjudgements\thalf_width')" ]
[ "$(sed -n 2p table | cut -f3)" = 66 ]
grep -qP '^interval\t0\.0500\t100\t50\t76\t3800\t0\.0500$' table
confusion-eval power --icc-image 0 --icc-rater 0 --json | head -n1 | grep -q '"images":2,"trials":2,"raters":193,"judgements":386,'
fails 2 "'x' is unexpected" confusion-eval power x
fails 2 "option '--margin': '0' is not in the range >0 to <0.5" confusion-eval power --margin 0
