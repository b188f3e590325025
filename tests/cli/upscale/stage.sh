# A stage over images of several sizes: the result depends only on the image, its position and the seed.
tiny_stage x2.json
up() { upscale -m x2.json --steps 3 "$@"; }
# The settings in effect.
image 8 8 >tiny.ppm
up -v --precision fp32 tiny.ppm 2>said >/dev/null
grep -q "'x2.json': 3 steps of [a-z0-9-]*, fp32 on cpu" said
photos low 3 20 14
image 9 23 7 >low/4.ppm
image 1 1 8 >low/5.ppm

up low/ -o out/
[ "$(ls out | xargs)" = "1.png 2.png 3.png 4.png 5.png" ]
pngtopam out/4.png | pamfile | grep -q "18 by 46"
pngtopam out/5.png | pamfile | grep -q "2 by 2"

# The same result again, with other batches and threads, from a stream, and in shards.
pixels() { for i in 1 2 3 4 5; do pngtopam "$1/$i.png"; done >"$1.pixels"; }
alike() { pixels "$1" && same out.pixels "$1.pixels"; }
pixels out
up low/ -o again/
alike again
up --batch 1 low/ -o by-one/
alike by-one
up --batch 3 low/ -o by-three/
alike by-three
up --threads 1 low/ -o one-thread/
alike one-thread
up --threads 3 low/ -o three-threads/
alike three-threads
mkdir streamed
cat low/*.ppm | up -o streamed/
(cd streamed && i=1 && for f in *.png; do mv "$f" "x$i.png" && i=$((i + 1)); done && for f in x*; do mv "$f" "${f#x}"; done)
alike streamed
mkdir shards
for i in 1 2; do up --shard $i/2 low/ -o shards/; done
alike shards
up --seed 0 low/ -o seed0/
alike seed0
up --seed 1 low/ -o seed1/
pixels seed1
not cmp -s out.pixels seed1.pixels

# The stream contains the seed and position of an image, for the next program of a pipe.
cat low/1.ppm low/2.ppm | up --seed 5 >stream.ppm
[ "$(grep -a -c '^#sr {.*"i":[01].*"seed":5}' stream.ppm)" = 2 ]

# Tiles: the same size, and the same result for any batch.
image 60 40 3 >wide.ppm
up --tile 32 --overlap 8 --batch 1 wide.ppm >tiled.ppm
up --tile 32 --overlap 8 --batch 7 wide.ppm >tiled7.ppm
same tiled.ppm tiled7.ppm
pamfile tiled.ppm | grep -q "120 by 80"

# Samples: the first equals the result without --samples, the others differ.
up --samples 3 low/1.ppm -o samples/
[ "$(ls samples | xargs)" = "1-1.png 1-2.png 1-3.png" ]
pngtopam samples/1-1.png >a
pngtopam out/1.png >b
same a b
pngtopam samples/1-2.png >c
not cmp -s a c

# Two stages in one command equal a pipe of two.
tiny_stage next.json --seed 3
up -m next.json --samples 2 --seed 4 low/1.ppm low/4.ppm >chain.ppm
up --samples 2 --seed 4 low/1.ppm low/4.ppm | upscale -m next.json --steps 3 >pipe.ppm
same chain.ppm pipe.ppm

# A job that was stopped is continued.
rm out/2.png
touch -d 2001-01-01 out/1.png
up --skip-existing low/ -o out/
[ "$(date -r out/1.png +%Y)" = 2001 ]
pixels out
same out.pixels again.pixels

# Sampling from the command line. The first and the last step of DPM-Solver++(2M) are DDIM's, the middle one of three is not.
for sampler in ddpm ddim dpmpp-2m; do
  for steps in 2 3; do upscale -m x2.json --sampler $sampler --steps $steps low/1.ppm >$sampler.$steps; done
done
same ddim.2 dpmpp-2m.2
not cmp -s ddim.3 dpmpp-2m.3
not cmp -s ddpm.3 ddim.3
not cmp -s ddpm.3 dpmpp-2m.3
up --depth 16 low/1.ppm | pamfile | grep -q "maxval 65535"
# With consistency the result, made small again, is the input to a rounding (of an image far from black and white, where nothing is
# cut off); without, this stage of little training is far from it.
ppmdim 0.5 low/1.ppm | pamfunc -adder=60 >middle.ppm
difference() { degrade -s 2 | pamarith -difference - middle.ppm | pamsumm -max -brief; }
(($(up --consistency middle.ppm | difference) <= 1))
(($(up middle.ppm | difference) > 10))
