# An option that would have no effect is refused, and the message says what it is for.
photos p 3 24 20
tiny_stage x2.json
tiny_cascade c.json
feature_network net.pt
export FID_FEATURES=net.pt

fails 2 "--convention: it is for --baseline" upscale -m x2.json --convention matlab p -o out/
fails 2 "--convention: --baseline nearest repeats pixels" upscale --baseline nearest -s 2 --convention matlab p -o out/
fails 2 "--precision: it applies to stages" upscale --baseline bicubic -s 2 --precision bf16 p -o out/
fails 2 "--device: it applies to stages" upscale --baseline bicubic -s 2 --device cpu p -o out/
fails 2 "--kernel: it is for --low-res" sr-metrics --kernel box p p
fails 2 "--convention: it is for --low-res" sr-metrics --convention matlab p p
fails 2 "--subsets: it is for --kid" fid compare --subsets 3 p p
fails 2 "--subset-size: it is for --kid" fid compare --kid-full --subset-size 3 p p
fails 2 "--splits: it is for --isc" fid compare --splits 3 p p
fails 2 "--neighbours: it is for --prc" fid compare --neighbours 3 p p
for output in - out.jpg out.ppm; do
  fails 2 "--png-level: it is for PNG files, and '$output' is" degrade -s 2 --png-level 9 p/1.ppm -o $output
done
fails 2 "-m: sample draws from one stage" sample -m c-8.json -m c-8.json -o out/
[ ! -e out ]

upscale -q --baseline bicubic -s 1 p -o up/
fails 2 "--low-res-zoom: it is for --low-res" confusion-eval plan p up --low-res-zoom nearest -o study
confusion-eval plan -q --raters 2 --trials 2 --practice 0 --controls 0 --repeats 0 p up -o study
fails 2 "--lapse: it is for --rater synthetic" confusion-eval rate study --rater sharpness --lapse 0.1
fails 2 "--true-rate: it is for --rater synthetic" confusion-eval rate study --rater detector --true-rate 0.5

fails 2 "--residual-scale: it is of --target residual" \
  sr3-train --preset tiny --target image --residual-scale 3 p -o s.json
fails 2 "--min-detail: whole images are not drawn again" \
  sr3-train --preset tiny --preprocess resize --min-detail 3 --crop 16 p -o s.json
fails 2 "--augmentation: there is no super-resolution stage" cdm-train --new 8 --augmentation blur things -o new.json
fails 2 "--sr-label-dropout: there is no super-resolution stage" cdm-train --new 8 --sr-label-dropout 0.1 things -o new.json
[ ! -e s.json ]
[ ! -e new.json ]

# What they are for.
degrade -q -s 2 --png-level 9 p/1.ppm -o out.png
fid compare -q --kid --subsets 3 --subset-size 2 --prc --neighbours 1 p p
sr-metrics -q -s 2 --low-res <(degrade -q -s 2 --kernel box p) --kernel box p p

# Of the machine raters, the server and the power.
fails 2 "--steps: it is for --rater detector" confusion-eval rate study --rater sharpness --steps 3
fails 2 "--crop: it is for --rater detector" confusion-eval rate study --rater synthetic --crop 8
fails 2 "--power: an interval has no test" confusion-eval power --goal interval --power 0.99
for site in https://x.org 'a b' '*.example.org' x.org:8080 ''; do
  fails 2 "option '--site': '$site' is not the name of a host alone" timeout 20 confusion-eval serve study --port 0 --site "$site"
done
fails 2 "--list" timeout 20 confusion-eval serve study --port 0 --list 2
fails 2 "--record-steps: JPEG files have no #sr line" degrade --recipe sr3-plus --record-steps -s 4 p/1.ppm -o q.jpg

# Names that are those of other outputs.
photos q 2 24 20
for output in - x.png; do
  fails 2 "-o: a folder is written, and '$output' is not the name of one" nearest q p -o $output
  [ ! -e ./$output ]
done
for class in red blue; do photos class/$class 2 24 20; done
fails 2 "-o: a folder is written, and '-' is not the name of one" cas --train class --test class -o -
fails 2 "unknown option '--m' (did you mean '-m'?)" upscale --m x2.json p -o out/
fails 2 "unknown option '--k'" nearest --k=3 p p
fails 2 "--new: 8 is not more than 8, the size before it" cdm-train --new 8,8 things -o zz.json
fails 2 "'.json' is not a valid name for a stage" sr3-train --preset tiny p -o .json
fails 1 "cannot open 'nosuch'" confusion-eval score nosuch
fails 1 "cannot describe 'p': it is a folder" info p
fails 1 "cannot describe 'p/1.ppm': it is an image" info p/1.ppm
