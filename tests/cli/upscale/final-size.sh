# --size and --final-scale: the stage, then the resize of degrade, in every form of input and output.
tiny_stage x2.json
up() { upscale -q -m x2.json "$@"; }
photos small 3 20 15
raster() { tail -c "$1"; }

# As a pipe into degrade, above and below what the stage makes.
for size in 50x40 33x17 90x100 40x30; do
  up --size $size small/1.ppm >one.ppm
  up small/1.ppm | degrade --size $size >two.ppm
  prints "PPM raw, ${size/x/ by }" pamfile one.ppm
  n=$((${size%x*} * ${size#*x} * 3))
  raster $n <one.ppm >a
  raster $n <two.ppm >b
  same a b
done
prints "PPM raw, 60 by 45" pamfile <(up --size 60x small/1.ppm)
prints "PPM raw, 33 by 25" pamfile <(up --size x25 small/1.ppm)
prints "PPM raw, 50 by 38" pamfile <(up --final-scale 2.5 small/1.ppm)
prints "PPM raw, 5 by 4" pamfile <(up --final-scale 0.25 small/1.ppm)

# Images of several sizes, each by its own; a stream keeps order, keys, seeds and numbers.
image 9 23 7 >small/4.ppm
up --final-scale 1.5 --seed 4 small >stream.ppm
[ "$(pamfile -allimages stream.ppm | grep -o '[0-9]* by [0-9]*' | tr '\n' ,)" = "30 by 23,30 by 23,30 by 23,14 by 35," ]
[ "$(grep -a -c '^#sr {"key":"[1-4]","i":[0-3],"n":4,"seed":4}' stream.ppm)" = 4 ]
cat small/*.ppm | up --final-scale 1.5 --seed 4 | grep -a -v '^#sr' >a
grep -a -v '^#sr' stream.ppm >b
same a b

# Two stages: the size of the result, whatever the stages make; with samples, 16 bits and consistency.
up -m x2.json --final-scale 3 small/1.ppm >a
up small/1.ppm | up --size 60x45 >b
same <(raster 8100 <a) <(raster 8100 <b)
prints "PPM raw, 30 by 30" pamfile <(up --samples 2 --size 30x30 small/1.ppm)
prints "PPM raw, 30 by 30  maxval 65535" pamfile <(up --depth 16 --size 30x30 small/1.ppm)
prints "PPM raw, 30 by 30" pamfile <(up --consistency --size 30x30 small/1.ppm)

# Existing results are kept.
up --size 10x10 small -o out/
touch -d 2001-01-01 out/1.png
rm out/2.png
up --size 12x12 --skip-existing small -o out/
[ "$(date -r out/1.png +%Y)" = 2001 ]
prints "12 by 12" pamfile <(pngtopam out/2.png)

# Transparency: red, with invisible green, stays red; alpha is resized as bicubic does it.
perl -e 'binmode STDOUT; print "P7\nWIDTH 20\nHEIGHT 16\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n";
  for my $y (0 .. 15) { for my $x (0 .. 19) { print pack "C4", $x < 10 ? (0, 255, 0, 0) : (255, 0, 0, 255) } }' >half.pam
upscale --baseline bicubic --size 50x40 half.pam >half.ppm
raster $((50 * 40 * 4)) <half.ppm | perl -e 'local $/; $_ = <>; while (/(.)(.)(.)(.)/gs) {
  ord $4 == 0 || $1 . $2 . $3 eq "\xff\0\0" or die "a wrong colour" }'
up half.pam >enlarged.pam
up --size 50x40 half.pam | grep -a -v '^#' >a
upscale --baseline bicubic --size 50x40 enlarged.pam | grep -a -v '^#' >b
same a b
prints "RGB_ALPHA" pamfile <(up --size 50x40 half.pam)

# The colour profile of the input: a header and one tag.
perl -e 'binmode STDOUT; my $tag = pack("N", 1) . "desc" . pack("NN", 144, 21) . "x" x 21;
  print pack("N", 128 + length $tag), "lcms", pack("N", 0x02400000), "mntrRGB XYZ ", "\0" x 12, "acsp", "\0" x 28,
    pack("NNN", 0xf6d6, 0x10000, 0xd32d), "\0" x 48, $tag' >small.icc
"$CONVERT" small/1.ppm -profile small.icc profiled.png
up --size 50x40 profiled.png -o sized.png
python3 -c '
import struct, sys, zlib
data, at = open("sized.png", "rb").read(), 8
while at < len(data):
    n, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + n]
    if kind == b"iCCP": sys.stdout.buffer.write(zlib.decompress(body[body.index(b"\0") + 2:]))
    at += 12 + n' >kept.icc
same kept.icc small.icc

# The baseline resizes the input itself.
for size in 33x17 20x15; do
  upscale --baseline lanczos --size $size small/1.ppm >a
  degrade --kernel lanczos --size $size small/1.ppm >b
  same a b
done
upscale --baseline bilinear --final-scale 0.5 small/1.ppm >a
degrade --kernel bilinear --size 10x8 small/1.ppm >b
same a b

fails 2 "option '--size': '0x5' is not a size such as 640x480, 640x or x480" up --size 0x5 small/1.ppm
fails 2 "option '--final-scale': '0' is not in the range" up --final-scale 0 small/1.ppm
fails 2 "--size and --final-scale exclude each other" up --size 5x5 --final-scale 2 small/1.ppm
fails 2 "--scale excludes --size" upscale --baseline box -s 2 --size 5x5 small/1.ppm
fails 2 "--baseline nearest repeats whole pixels" upscale --baseline nearest --size 5x5 small/1.ppm
fails 2 "--size: --measure-int8 writes no images" up --measure-int8 --size 5x5 small/1.ppm
fails 1 "cannot upscale 'small/1.ppm': its result of 1000000x750000 would have more than" up --size 1000000x small/1.ppm
fails 1 "cannot upscale 'small/1.ppm': its result of 1000000x750000" upscale --baseline box --size 1000000x small/1.ppm
