# The raters' page in a real browser (browser.py): exposure, keyboard, reload, a server that stops, data sent to the browser,
# narrow and zoomed windows; and the page as a single file, whose answers are scored.
[ "${SANITIZED:-}" != 1 ] || exit 0 # too slow for the timing of frames
photos photographs 9 120 100
for model in alpha beta; do
  mkdir $model
  for i in 1 2 3 4 5 6 7 8 9; do image 120 100 $((i + ${#model} * 10)) >$model/scene-$i.ppm; done
done
for i in 1 2 3 4 5 6 7 8 9; do mv photographs/$i.ppm photographs/scene-$i.ppm; done
degrade -s 4 photographs -o small/
confusion-eval plan -q photographs alpha beta --low-res small/ --raters 2 --trials 6 --practice 1 --controls 1 --repeats 1 -o study
confusion-eval plan -q photographs alpha --raters 2 --trials 3 --practice 0 --controls 0 --repeats 1 --exposure 200 -o quick
confusion-eval page quick --list 2 -o page.html
grep -qE 'photographs|alpha|"real"|catch"' page.html && exit 1
grep -qE '(src|href)="?(https?:)?//' page.html && exit 1
HOME=$PWD /usr/bin/python3 "$SOURCE/tests/cli/confusion-eval/browser.py" study quick "$PWD"

# The server's answers: two trials were shown twice.
confusion-eval score study >table
grep -qP '^shown more than once\t1\thuman\t2\t' table
grep -qP '^practice, not counted\t1\thuman\t1\t' table
# The answers of the page: list 2 of the other study, left and right in turn.
confusion-eval score quick answers-*.jsonl --json >lines
[ "$(grep -c '"answers":"all"' lines)" = 1 ]
fooled=$(awk -F'"' '/"rater":2,/ && /"kind":"main"/ {
  match($0, /"trial":[0-9]+/); t = substr($0, RSTART + 8, RLENGTH - 8); choice = t % 2 ? "left" : "right"
  n += ($0 !~ "\"real\":\"" choice "\"") } END { print n + 0 }' quick/trials.jsonl)
grep '"answers":"all"' lines | grep -q "\"fooled\":$fooled,\"trials\":3,"
