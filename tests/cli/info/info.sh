# Ten lines on any file of ours, by its content.
value() { awk -F'\t' -v name="$1" '$1 == name { print $2 }' "$2"; }
tiny_stage x2.json
info x2.json >rows
[ "$(value file rows)" = x2.json ]
[ "$(value what rows)" = "super-resolution stage, 8 to 16 pixels (x2), colour" ]
value network rows | grep -qE '^[0-9]+ parameters; channels 8, multipliers 1,2, blocks 1'
value weights rows | grep -qE '^x2.safetensors, [0-9.]+ MB$'
value training rows | grep -q '^2 steps with batches of 2, .*, on training-photos$'
value history rows | grep -q '^1 run, .* by sr3-train '
[ "$(wc -l <rows)" -le 13 ]
cp x2.safetensors own.safetensors
printf x | dd of=x2.safetensors bs=1 seek=1000 conv=notrunc 2>/dev/null
value weights <(info x2.json) | grep -q 'MB, which the manifest does not belong to: its sha256 is another$'
mv own.safetensors x2.safetensors
# The number of parameters is that of the file.
info x2.safetensors >weights
[ "$(value what weights)" = weights ]
[ "$(value parameters weights)" = "$(value network rows | cut -d' ' -f1)" ]
import-weights --describe x2.safetensors | grep -v '^file' >described
grep -vE '^(file|what)' weights | cmp - described

tiny_cascade c.json
info c.json >rows
[ "$(value what rows)" = "cascade of 2 stages, to 16 pixels" ]
[ "$(value classes rows)" = "2: blue,red" ]
value 'stage 1' rows | grep -q '^c-8.json: base stage, 8 pixels, colour, .* steps of '
value 'stage 2' rows | grep -q '^c-16.json: super-resolution stage, 8 to 16 pixels (x2)'
rm c-16.safetensors
info c-16.json | grep -q 'c-16.safetensors, which is missing'
cdm-train -q --new 8,16 --preset tiny things -o new.json
[ "$(info new.json | grep -c 'not trained yet')" = 2 ]

photos a 4 16 12
feature_network net.pt
fid stats --features net.pt --keep-features a -o a.npz
info a.npz >rows
[ "$(value what rows)" = "statistics of images" ]
[ "$(value images rows) $(value dimension rows) $(value features rows)" = "4 3 net.pt" ]
value kept rows | grep -q '^sums, which merge exactly; the features of each image$'

# Several files, JSON, names.
info x2 a.npz >rows
[ "$(grep -c '^file' rows)" = 2 ]
[ "$(grep -c '^$' rows)" = 1 ]
info --json x2.json a.npz | jq -r .what >what
[ "$(sed -n 2p what)" = "statistics of images" ]

# What is none of these.
fails 2 "nothing to describe" info
fails 1 "cannot open 'missing.json'" info missing.json
echo '{"a": 1}' >other.json
fails 1 "cannot describe 'other.json': it is a JSON document, but neither a stage ('network') nor a cascade ('stages')" \
  info other.json
printf '{"network": {},\n "x": }\n' >broken.json
fails 1 "cannot read 'broken.json': not valid JSON at line 2, column 7" info broken.json
echo '{"network": {}}' >empty-stage.json
fails 1 "cannot use 'empty-stage.json': missing key" info empty-stage.json
echo text >text
fails 1 "'text'" info text
: >empty
fails 1 "'empty'" info empty
head -c 300 a.npz >cut.npz
fails 1 "cut.npz" info cut.npz
image 4 4 >picture.ppm
fails 1 "'picture.ppm'" info picture.ppm
mkdir folder
fails 1 "folder" info folder
