# The progress names the image of how many, and without a total the time until the image at hand is done; -v names the
# precision as its option does.
photos in 3 32 32
tiny_stage x2.json
upscale -m x2.json --steps 4 --progress always in -o out 2>err
grep -qE "12/12 steps.*image 3 of 3, step 4/4" err
upscale -m x2.json --steps 4 --samples 2 --progress always in -o twice 2>err
grep -qE "24/24 steps.*image 6 of 6" err
for precision in fp32 bf16; do
  upscale -v -m x2.json --steps 1 --precision $precision in/1.ppm -o out 2>err
  grep -q "'x2.json': 1 step of .*, $precision on cpu" err
done
# Lines come once a second, so the first image must take longer. Nobody knows how many images a pipe will bring.
image 200 200 >large.ppm
upscale -m x2.json --steps 100 --progress always --threads 1 - <large.ppm >large.pnm 2>err
grep -qE " steps, .* left of this one, image 1, step [0-9]+/100" err
