# Students of a cascade: a stage at a time or all in turn, with the classes, the noise in the condition and the guidance that the
# teacher's manifest samples with; exact however it is divided into runs.
for class in b a; do photos "things/$class" 3 24 20; done
common=(-q --batch 4 --threads 1 --precision fp32 --no-history --preview-every 0)
cdm-train -q --new 8,16 --preset tiny --no-history things -o t.json
cdm-train "${common[@]}" --steps 6 t.json things
perl -0pi -e 's/"guidance": 1\.0/"guidance": 3.0/; s/(.*"noise_level": )0\.0/${1}0.1/s' t.json
distill() { cdm-train "${common[@]}" --distill t.json --teacher-steps 4,8 --sampling-steps 2,4 --steps 3 "$@"; }

distill things -o s.json
[ "$(ls s*.json | xargs)" = "s-16.json s-8.json s.json" ]
diff - <(grep -E '"(manifest|steps|sampler|guidance|noise_level|decay|learning_rate)"' s.json | sed 's/^ *//; s/,$//') <<'END'
"manifest": "s-8.json"
"steps": "2"
"sampler": "ddim"
"guidance": 1.0
"noise_level": 0.0
"steps": 3
"learning_rate": 0.0005
"decay": "linear"
"manifest": "s-16.json"
"steps": "4"
"sampler": "ddim"
"guidance": 1.0
"noise_level": 0.1
"steps": 3
"learning_rate": 0.0005
"decay": "linear"
END
grep -A3 '"distillation"' s-8.json | grep -q '"guidance": 3.0'
grep -A3 '"distillation"' s-16.json | grep -q '"guidance": 1.0'
[ "$(grep '"teacher"' s-16.json | cut -d'"' -f4)" = "$(sha256sum <t-16.safetensors | cut -d' ' -f1)" ]

# The second stage first, in two runs; then the rest. Finished students are kept.
distill --stage 2 --steps 1 things -o r.json
distill --stage 2 things -o r.json
[ ! -e r-8.json ]
fails 1 "cannot open 'r-8.json'" cascade -q -n 1 r.json
distill things -o r.json
for size in 8 16; do same s-$size.safetensors r-$size.safetensors; done
touch -d 2001-01-01 r-8.safetensors r-16.safetensors
distill things -o r.json
[ "$(date -r r-8.safetensors +%Y)" = 2001 ]

# A student on the way of each stage.
mkdir w
cdm-train "${common[@]}" --distill t.json --teacher-steps 8 --sampling-steps 2 --guidance 1 --steps 2 things -o w/w.json
[ "$(cd w && ls *.json | xargs)" = "w-16.4.json w-16.json w-8.4.json w-8.json w.json" ]

cascade -n 2 --class b s.json -o drawn/ 2>log
not grep -q distilled log
fails 2 "--guidance: 's-8.json' includes the guidance scale 3 in its predictions" sample -q -m s-8.json -n 1 --guidance 2 -o x.png
cascade -n 1 --class b --steps 3 s.json -o other.png 2>log
grep -q "'s-8.json' was distilled for 2 trailing steps of ddim" log
grep -q "'s-16.json' was distilled for 4 trailing steps of ddim" log

# A share of the ground truth for each stage.
distill --ground-truth 0,0.5 things -o g.json
same s-8.safetensors g-8.safetensors
not cmp -s s-16.safetensors g-16.safetensors
fails 2 "--sampling-steps: 3 values for 2 stages" distill --sampling-steps 2,4,8 things -o x.json
fails 2 "cannot halve 8 sampling steps down to 3" distill --sampling-steps 2,3 things -o x.json
fails 2 "needs an unconditional prediction" distill --guidance 2 things -o x.json
fails 2 "has stages 1 to 2" distill --stage 3 things -o x.json
fails 2 "-o CASCADE.json is missing" distill things
fails 2 "no images to train on" distill -o x.json
fails 2 "--warmup is not for --distill" distill --warmup 3 things -o x.json
fails 2 "--grey: it is for --new" distill --grey things -o x.json
fails 2 "exclude each other" distill --new 8,16 things -o x.json
fails 2 "--teacher-steps: it is for --distill" cdm-train -q --teacher-steps 8 t.json things
fails 1 "'t.json' exists and is a different cascade" distill things -o t.json
fails 1 "'s.json' exists and is a different cascade" distill --sampling-steps 2,2 things -o s.json
fails 1 "cannot open 'nothing.json'" cdm-train --distill nothing.json things -o x.json
fails 1 "it is a single stage, not a cascade" cdm-train --distill t-8.json things -o x.json
cdm-train -q --new 8,16 --preset tiny things -o u.json
fails 2 "cannot distill 'u-8.json': it is not trained yet" cdm-train --distill u.json things -o x.json
[ ! -e x.json ]
