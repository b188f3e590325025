# A base stage: classes in equal shares; results depend only on seed, number and class.
tiny_cascade c.json
draw() { sample -m c-8.json --steps 3 "$@"; }

draw -n 5 -o out/
[ "$(ls out | xargs)" = "000000.png 000001.png 000002.png 000003.png 000004.png" ]
pngtopam out/000003.png | pamfile | grep -q "8 by 8"
# The line in the stream, and in each PNG file, contains class, number and seed.
draw -n 5 >stream.ppm
[ "$(grep -a -c '^#sr {' stream.ppm)" = 5 ]
grep -a -q '^#sr {"key":"000003","i":3,"n":5,"class":1,"seed":0}' stream.ppm
[ "$(grep -a '^#sr' stream.ppm | sed 's/.*"class":\([0-9]\).*/\1/' | xargs)" = "0 1 0 1 0" ]
grep -a -q '"class":1,"seed":0' out/000003.png

# The same with other batches and threads, in shards, and when continued.
pixels() { for i in 0 1 2 3 4; do pngtopam "$1/00000$i.png"; done >"$1.pixels"; }
alike() { pixels "$1" && same out.pixels "$1.pixels"; }
pixels out
draw -n 5 --batch 1 -o by-one/
alike by-one
draw -n 5 --batch 2 --threads 1 -o by-two/
alike by-two
for i in 2 1; do draw -n 5 --shard $i/2 -o shards/; done
alike shards
rm out/000002.png
touch -d 2001-01-01 out/000001.png
draw -n 5 --skip-existing -o out/
[ "$(date -r out/000001.png +%Y)" = 2001 ]
pixels out
same out.pixels by-one.pixels
draw -n 9 -o more/
alike more
draw -n 5 --seed 1 -o other/
pixels other
not cmp -s out.pixels other.pixels

# Classes by name, number and list; by folders.
draw -n 2 --class red | grep -a -c '"class":1' | grep -qx 2
draw -n 2 --class 0 | grep -a -c '"class":0' | grep -qx 2
draw -n 4 --class red,blue | grep -a '^#sr' | sed 's/.*"class":\([0-9]\).*/\1/' | xargs | grep -qx "1 0 1 0"
draw -n 2 --class none | not grep -a -q '"class"'
draw -n 4 --by-class -o classes/
[ "$(cd classes && ls -d */* | xargs)" = "blue/000000.png blue/000002.png red/000001.png red/000003.png" ]

# Folders are classes by their names, also in an archive; names that are equal as keys get their number.
for class in 'a b' a_b 犬 猫; do mkdir -p "own/$class" && cp things/red/1.ppm "own/$class/"; done
tar cf own.tar own
for data in own own.tar; do
  cdm-train -q --new 8 --preset tiny $data -o $data.json
  grep -q '"classes": \["a b", "a_b", "犬", "猫"\]' $data-8.json
done
cdm-train -q --steps 1 --batch 2 --preview-every 0 own.json own
sample -q -m own-8.json --steps 1 -n 4 --by-class -o by/
[ "$(LC_ALL=C ls by | xargs)" = "a_b a_b-0 犬 猫" ]
sample -m own-8.json --steps 1 --class 猫 | grep -a -q '"class":3'
fails 2 "'2' is listed twice" sample -m own-8.json --class 犬,2
# A class may be named like a keyword.
printf 'things/red/1.ppm\tnone\nthings/red/2.ppm\tall\n' >words
cdm-train -q --new 8 --preset tiny @words -o words.json
cdm-train -q --steps 1 --batch 2 --preview-every 0 words.json @words
sample -m words-8.json --steps 1 -n 2 --class none | grep -a -c '"class":1' | grep -qx 2

# Guidance scale 1 is no guidance; a larger one gives another image.
draw -n 1 >plain
draw -n 1 --guidance 1 >one
draw -n 1 --guidance 3 >three
same plain one
not cmp -s plain three
for sampler in ddpm ddim dpmpp-2m; do sample -m c-8.json --sampler $sampler --steps 2 >/dev/null; done
draw -n 1 --depth 16 | pamfile | grep -q "maxval 65535"

# A learned variance is used.
tiny_cascade v.json --learned-variance
sample -m v-8.json --steps 4 >learned
sample -m v-8.json --steps 4 --variance posterior >posterior
not cmp -s learned posterior
# One channel: grey.
tiny_cascade g.json --grey
sample -m g-8.json --steps 3 | ppmtoppm | ppmtopgm >grey.pgm
sample -m g-8.json --steps 3 | ppmtoppm >grey.ppm
same <(pgmtoppm white <grey.pgm 2>/dev/null | tail -c 192) <(tail -c 192 grey.ppm)

fails 2 "no stage given" sample
fails 2 "a base stage takes no images" sample -m c-8.json a.ppm
tiny_stage x2.json
fails 1 "it is not a base stage but a super-resolution stage" sample -m x2.json
fails 1 "cannot open 'missing.json'" sample -m missing.json
fails 2 "option '--number': '0' is not in the range >= 1" draw -n 0
fails 2 "has no class 'green'" draw --class green
fails 2 "its classes are 0 to 1" draw --class 2
fails 2 "'--shard'" draw --shard 3/2 || fails 2 "is not I/N" draw --shard 3/2
fails 2 "--skip-existing needs a folder" draw --skip-existing
fails 2 "option '--guidance': '-1' is not in the range 0 to 1000" draw --guidance=-1
fails 2 "is more than a stream can carry" draw --seed 18446744073709551615
fails 1 "cannot write 'standard output'" bash -c 'exec sample -m c-8.json --steps 2 >/dev/full'
tiny_cascade p.json --unconditional
fails 2 "has no classes" sample -m p-8.json --class 1
fails 2 "without label dropout" sample -m p-8.json --guidance 2
sample -m p-8.json --steps 2 | grep -a -q '^#sr {"key":"000000","i":0,"n":1,"seed":0}'
tiny_cascade n.json --label-dropout 0
fails 2 "was trained with a class always" sample -m n-8.json --class none
