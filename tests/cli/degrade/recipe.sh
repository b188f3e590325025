# Each part of the recipe is as documented. Equality with Pillow and MATLAB is checked by the unit tests.
image 50 31 >a.ppm
size() { "$CONVERT" "$1" -format %wx%h info:; }

degrade -s 3 a.ppm -o third.png
[ "$(size third.png)" = 16x10 ]
degrade -s 3 --crop-only a.ppm -o crop.ppm
[ "$(size crop.ppm)" = 48x30 ]
"$CONVERT" a.ppm -crop 48x30+0+0 +repage ppm:- >by-hand.ppm
same <(tail -c 4320 crop.ppm) <(tail -c 4320 by-hand.ppm)
degrade -s 3 crop.ppm -o again.ppm
degrade -s 3 a.ppm -o third.ppm
same <(tail -c 480 third.ppm) <(tail -c 480 again.ppm)

degrade --size 20x20 --center-crop --crop-only a.ppm -o square.ppm
[ "$(size square.ppm)" = 31x31 ]
"$CONVERT" a.ppm -crop 31x31+9+0 +repage ppm:- >by-hand.ppm
same <(tail -c 2883 square.ppm) <(tail -c 2883 by-hand.ppm)
degrade --size 100x62 a.ppm -o double.ppm
[ "$(size double.ppm)" = 100x62 ]

# pixels OPTION...   the pixels of the small image
pixels() { degrade -s 2 "$@" a.ppm | tail -c 1125; }
pixels >plain
same plain <(pixels --kernel bicubic --convention pillow)
for other in '--kernel box' '--kernel bilinear' '--kernel lanczos' '--convention matlab' '--blur 1' '--noise 4' '--jpeg 50'; do
  # shellcheck disable=SC2086
  pixels $other >other
  not cmp -s plain other
  same other <(pixels $other)
done
same <(pixels --noise 4) <(pixels --noise 4 --seed 0)
not cmp -s <(pixels --noise 4) <(pixels --noise 4 --seed 1)
# The noise depends on the image's number: the same image as number 1 has other noise, also in a pipe.
degrade -s 1 --crop-only a.ppm a.ppm | degrade -s 2 --noise 4 >both
not cmp -s <(tail -c 1125 both) <(pixels --noise 4)

# 16 bits stay 16 with --depth 16.
"$CONVERT" a.ppm -depth 16 -gamma 1.1 deep.ppm
degrade -s 2 --depth 16 deep.ppm -o deep.png
[ "$("$CONVERT" deep.png -format %z info:)" = 16 ]
degrade -s 2 deep.ppm -o flat.png
[ "$("$CONVERT" flat.png -format %z info:)" = 8 ]

# --pad comes first, and repeats the border like ImageMagick's edge pixels.
degrade --pad 60 -s 1 a.ppm -o padded.ppm
[ "$(size padded.ppm)" = 60x60 ]
"$CONVERT" a.ppm -virtual-pixel edge -set option:distort:viewport 60x60-5-14 -filter point -distort SRT 0 +repage -depth 8 \
  ppm:- >by-hand.ppm
same <(tail -c 10800 padded.ppm) <(tail -c 10800 by-hand.ppm)
degrade --pad 40 -s 1 a.ppm -o wide.ppm
[ "$(size wide.ppm)" = 50x40 ]
fails 2 "option '--pad': '-1' is not in the range 0 to 65536" degrade --pad=-1 -s 2 a.ppm
