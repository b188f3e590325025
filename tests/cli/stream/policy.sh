# Grey, palette, alpha, CMYK, 16 bits and EXIF orientation, in files made by other programs.
image 24 16 1 >rgb.ppm
pixels() { degrade -s 1 "${@:2}" "$1" | tail -c "${size:-1152}"; }
pixels rgb.ppm >wanted
"$CONVERT" rgb.ppm png24:rgb.png
pixels rgb.png >seen
same seen wanted
pnmtopng -interlace rgb.ppm >interlaced.png 2>/dev/null
pixels interlaced.png >seen
same seen wanted

# Grey in every depth of PNG, and PGM: all three samples have that level.
ppmtopgm rgb.ppm >grey.pgm
rgb3tops() { perl -e 'local $/; $_ = <>; print map { $_ x 3 } split //' ; }
tail -c 384 grey.pgm | rgb3tops >wanted
pixels grey.pgm >seen
same seen wanted
pnmtopng grey.pgm >grey.png 2>/dev/null
pixels grey.png >seen
same seen wanted
for max in 1 3 15; do
  pamdepth $max grey.pgm >shallow.pgm
  pnmtopng shallow.pgm >shallow.png 2>/dev/null
  pixels shallow.pgm >wanted
  pixels shallow.png >seen
  same seen wanted
done

# 16 bits are kept, and rounded only in the output. A gradient of 0, 4369/3, ... that 8 bits cannot represent.
perl -e 'binmode STDOUT; print "P6\n24 16\n65535\n", pack "n*", map { $_ * 56 } 0 .. 1151' >deep.ppm
size=2304 pixels deep.ppm --depth 16 >seen
tail -c 2304 deep.ppm >wanted
same seen wanted
pnmtopng deep.ppm >deep.png 2>/dev/null
size=2304 pixels deep.png --depth 16 >seen
same seen wanted
degrade -s 1 --depth 16 -o out/ deep.ppm
pngtopam out/deep.png | tail -c 2304 >seen
same seen wanted
pixels deep.ppm >seen
perl -e 'binmode STDOUT; print pack "C*", map { int(($_ * 56 + 128) / 257) } 0 .. 1151' >wanted
same seen wanted

# A palette, with and without transparency; alpha over white.
"$CONVERT" rgb.ppm -colors 7 png8:palette.png
pngtopam palette.png | pamtopnm | tail -c 1152 >wanted
pixels palette.png >seen
same seen wanted
perl -e 'binmode STDOUT; print "P7\nWIDTH 4\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
  pack "C*", 10, 20, 30, 0, 10, 20, 30, 255, 10, 20, 30, 128, 255, 0, 255, 51' | pamtopng >alpha.png
size=12 pixels alpha.png >seen
perl -e 'binmode STDOUT; print pack "C*", 255, 255, 255, 10, 20, 30, 132, 137, 142, 255, 204, 255' >wanted
same seen wanted

# EXIF orientation: an upright block of 16x8 stored turned; it is read upright. Left half black, right half white.
perl -e 'binmode STDOUT; print "P5\n16 8\n255\n", (("\0" x 8) . ("\377" x 8)) x 8' >half.pgm
n=0
for way in 1: 2:-flop 3:-rotate=180 4:-flip 5:-transpose 6:-rotate=-90 7:-transverse 8:-rotate=90; do
  o=${way%%:*} turn=${way#*:}
  "$CONVERT" half.pgm ${turn/=/ } -quality 100 pgm:turned.pgm
  pnmtojpeg -quality=100 turned.pgm >turned.jpg
  perl -e 'binmode STDIN; binmode STDOUT; local $/; my $j = <STDIN>;
    my $e = "Exif\0\0MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0" . chr($ARGV[0]) . "\0\0\0\0\0\0";
    print substr($j, 0, 2), "\xff\xe1", pack("n", 2 + length $e), $e, substr($j, 2)' "$o" <turned.jpg >oriented.jpg
  size=384 pixels oriented.jpg >seen
  tail -c 128 half.pgm | rgb3tops >wanted
  [ "$(degrade -s 1 oriented.jpg | pamfile - | grep -c '16 by 8')" = 1 ]
  same seen wanted || { echo "orientation $o" && exit 1; }
  n=$((n + 1))
done
[ $n = 8 ]

# CMYK: white stays white, black black.
"$CONVERT" -size 8x8 xc:white -colorspace CMYK -quality 100 white.jpg
size=192 pixels white.jpg >seen
perl -e 'print "\377" x 192' >wanted
same seen wanted
"$CONVERT" -size 8x8 xc:black -colorspace CMYK -quality 100 black.jpg
size=192 pixels black.jpg >seen
perl -e 'print "\0" x 192' >wanted
same seen wanted
