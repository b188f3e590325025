# --levels: SR3's inference schedules. Levels of the training schedule give what its timesteps give.
photos photos 3 40 36
sr3-train -q --preset tiny --crop 32 --steps 4 --batch 2 --preview-every 0 --no-history photos -o s.json
degrade -q -s 4 photos/1.ppm -o small.png
run() { upscale -q -m s.json --sampler ddim "$@" small.png; }
sed -n '/"level": {/,/}/p' s.json | grep -q '"input": "log-snr"'

# In 1 step, both start at the noisiest level.
run --steps 1 -o one.png
run --steps 1 --levels cosine -o cosine.png
run --levels 1e-200 -o listed.png
same one.png cosine.png
same one.png listed.png

run --steps 3 --levels linear:0.1,0.5 -o linear.png
# 0.9 * 0.7 * 0.5, 0.9 * 0.7, 0.9
run --levels 0.315,0.63,0.9 -o list.png
printf '0.315\n0.63\n\n0.9\n' >file
run --levels @file -o file.png
sr-metrics linear.png list.png | awk '/^mean/ { near = $2 > 50 || $2 == "inf" } END { exit !near }'
same list.png file.png
not cmp -s linear.png one.png

fails 2 "3 levels for 2 steps" run --steps 2 --levels 0.1,0.5,0.9 -o x.png
fails 2 "level 2 is not less noisy than the one before it" run --levels 0.5,0.2 -o x.png
fails 2 "the level 1 is not between 0 and 1" run --levels 0.5,1 -o x.png
fails 2 "linear needs the first and the last beta" run --levels linear:0.1 -o x.png
fails 2 "exclude each other" run --levels cosine --spacing uniform -o x.png
echo >empty
fails 1 "'empty' has no levels" run --levels @empty -o x.png
fails 1 "cannot open 'nothing'" run --levels @nothing -o x.png
sed 's/"input": "log-snr"/"input": "timestep"/' s.json >t.json
fails 2 "is conditioned on the timestep" upscale -q -m t.json --levels cosine small.png -o x.png
