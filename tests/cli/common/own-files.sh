# Outputs that would replace what the program reads are refused, before any work.
photos p 5 64 48
degrade -s 4 p -o small/
upscale -q --baseline bicubic -s 4 small -o up/

# A study's own files, and its answers; others beside them are allowed.
confusion-eval plan -q --raters 2 --trials 2 --practice 0 --controls 0 --repeats 0 p up -o study
find study -type f -print0 | sort -z | xargs -0 sha256sum >before
for file in study.json trials.jsonl images.sha256 answers/s1.jsonl images/x.jsonl ../study/trials.jsonl; do
  fails 2 "-o: 'study/$file' belongs to the study" confusion-eval rate study --rater synthetic -o "study/$file"
done
fails 2 "-o: './study/trials.jsonl' belongs to the study" confusion-eval page study -o ./study/trials.jsonl
find study -type f -print0 | sort -z | xargs -0 sha256sum | cmp - before
confusion-eval rate -q study --rater synthetic -o study/synthetic.jsonl
confusion-eval rate -q study --rater synthetic
confusion-eval page -q study -o page.html
fails 2 "-o: 'p' is also an input" confusion-eval plan p up -o p
fails 2 "-o: 'up' is also an input" confusion-eval plan p up -o up
[ "$(find p | wc -l)" = 6 ]

# A part of merged statistics.
feature_network features.pt
fid stats -q --features features.pt p -o p.npz
fid stats -q --features features.pt up -o up.npz
cp p.npz kept.npz
fails 2 "-o: 'p.npz' is read, too" fid merge up.npz p.npz -o p.npz
same p.npz kept.npz
fid merge up.npz p.npz -o all.npz

# A student's teacher, and stages that are no students; nothing is trained.
common=(-q --threads 1 --precision fp32 --preview-every 0 --batch 2)
sr3-train "${common[@]}" --preset tiny --crop 32 --channels 8 --steps 1 p -o teacher.json
cp teacher.safetensors kept.safetensors
distill=(sr3-train "${common[@]}" --steps 1 --distill teacher.json --sampling-steps 2 --teacher-steps 8 --crop 32 p)
fails 2 "-o: 'teacher.json' is the teacher" "${distill[@]}" -o teacher.json
fails 2 "-o: './teacher.json' is the teacher" "${distill[@]}" --restart -o ./teacher.json
sed 's/"description": "/&other /' teacher.json >copy.json
fails 2 "-o: 'copy.json' exists, and is not a student for 2 sampling steps" "${distill[@]}" -o copy.json
mkdir folder.safetensors
fails 1 "names a folder, not a file" "${distill[@]}" -o folder.json
: >alone.safetensors
fails 1 "'alone.safetensors' exists, but not the stage" "${distill[@]}" -o alone.json
[ -z "$(find . -name '*.4.*')" ]
same teacher.safetensors kept.safetensors
"${distill[@]}" -o student.json
fails 2 "-o: 'student.4.json' exists, and is not a student for 2 sampling steps" "${distill[@]}" -o student.4.json
rm -r student.state
"${distill[@]}" -o student.json # both have done their steps
rm student.4.json student.4.safetensors
fails 1 "exists, but not the state to resume it from" "${distill[@]}" -o student.json
