# The server refuses foreign requests, survives many clients, and loses nothing (server.py).
photos real 14 20 16
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do mkdir -p model && image 20 16 $((i + 50)) >model/$i.ppm; done
confusion-eval plan -q real model --raters 24 --trials 6 --practice 1 --catches 1 --controls 1 --repeats 1 --exposure 100 -o study
timeout 200 /usr/bin/python3 "$SOURCE/tests/cli/confusion-eval/server.py" study
confusion-eval score study >table
grep -q '^model' table

# States that would lose or mix up answers are refused before serving.
fails 1 "'real' is not a study" confusion-eval serve real
fails 2 "serve takes one study's folder" confusion-eval serve
fails 2 "option '--port': '70000' is not in the range 0 to 65535" confusion-eval serve study --port 70000
fails 1 "cannot listen at 203.0.113.7:0" confusion-eval serve study --host 203.0.113.7 --port 0
# A file that is not a session's is left unchanged; a page's file of another study is refused.
printf 'no newline' >study/answers/notes.jsonl
timeout 20 confusion-eval serve -q study --port 0 >address &
for _ in $(seq 100); do [ -s address ] && break || sleep 0.1; done
kill $! && wait $! || true
[ "$(cat study/answers/notes.jsonl)" = "no newline" ]
sed -n 1p "$(ls study/answers/0*.jsonl | head -n1)" | perl -pe 's/("study":")\w+/${1}0123456789abcdef/' >study/answers/notes.jsonl
fails 1 "notes.jsonl' has answers of the study 0123456789abcdef" confusion-eval serve study --port 0
rm study/answers/notes.jsonl

file=$(ls study/answers/*.jsonl | head -n1)
echo nonsense >>"$file"
fails 1 "not valid JSON" confusion-eval serve study --port 0
