# Transparency is kept: colours do not bleed from under invisible pixels, whatever the file, the stage and the output.
tiny_stage x2.json
up() { upscale -q -m x2.json "$@"; }
pam() { # WIDTH HEIGHT DEPTH MAXVAL TYPE CODE   a PAM whose samples Perl's CODE makes of $x and $y
  perl -e 'my ($w, $h, $d, $m, $t, $code) = @ARGV; binmode STDOUT;
    print "P7\nWIDTH $w\nHEIGHT $h\nDEPTH $d\nMAXVAL $m\nTUPLTYPE $t\nENDHDR\n";
    for our $y (0 .. $h - 1) { for our $x (0 .. $w - 1) { print pack $m > 255 ? "n*" : "C*", eval $code } }' "$@"
}
# A red disk with a soft edge; what is invisible is green.
disk='my $r = sqrt(($x - 9.5) ** 2 + ($y - 7.5) ** 2); $r > 7 ? (0, 255, 0, 0) : $r > 6 ?
  (255, 0, 0, 255 * (7 - $r)) : (255, 0, 0, 255)'
pam 20 16 4 255 RGB_ALPHA "$disk" >disk.pam
pamtopng disk.pam >disk.png

# Resizing: not a trace of green, and the alpha is that of the resized mask.
pngtopam -alpha disk.png >mask.pgm
for kernel in nearest bilinear bicubic lanczos; do
  upscale --baseline $kernel -s 3 disk.png -o red.png
  pngtopam -alphapam red.png | tail -c $((60 * 48 * 4)) >samples
  perl -e 'local $/; $_ = <>; while (/(.)(.)(.)(.)/gs) {
    ord $4 == 0 || $1 . $2 . $3 eq "\xff\0\0" or die "a wrong colour" }' samples
  how=(--convention float)
  [ $kernel != nearest ] || how=()
  upscale --baseline $kernel "${how[@]}" -s 3 mask.pgm | tail -c $((60 * 48 * 3)) >wanted
  perl -e 'local $/; open my $f, "<", "samples"; open my $g, "<", "wanted"; my ($s, $w) = (scalar <$f>, scalar <$g>);
    for my $i (0 .. 60 * 48 - 1) {
      my $d = ord(substr $s, 4 * $i + 3, 1) - ord(substr $w, 3 * $i, 1); die "alpha $i" if abs $d > 1 }'
done

# A stage: what is under invisible pixels makes no difference, and the alpha is bicubic.
pam 20 16 4 255 RGB_ALPHA "${disk/(0, 255, 0, 0)/(0, 0, 255, 0)}" >other.pam
up <disk.pam >disk-2x.pam
up <other.pam >other-2x.pam
same disk-2x.pam other-2x.pam
[ "$(head -c 2 disk-2x.pam)" = P7 ]
up disk.png -o disk-2x.png
pngtopam -alphapam disk-2x.png | tail -c $((40 * 32 * 4)) >a
tail -c $((40 * 32 * 4)) disk-2x.pam >b
same a b
pngtopam -alpha disk-2x.png | tail -c $((40 * 32)) >a
upscale --baseline bicubic --convention float -s 2 mask.pgm | tail -c $((40 * 32 * 3)) |
  perl -e 'local $/; $_ = <>; print /(.)../gs' >b
perl -e 'local $/; open my $f, "<", "a"; open my $g, "<", "b"; my ($s, $w) = (scalar <$f>, scalar <$g>);
  for my $i (0 .. length($s) - 1) { die "alpha $i" if abs(ord(substr $s, $i, 1) - ord(substr $w, $i, 1)) > 1 }'

# Grey with alpha, 16 bits, and a palette with a transparent colour, in files of other programs; 16 bits out of 8.
pam 9 8 2 255 GRAYSCALE_ALPHA '(25 * $x, 30 * $y)' | pamtopng >grey.png
pam 9 8 4 65535 RGB_ALPHA '(7000 * $x, 50, 8000 * $y, 65535 - 800 * $x * $y)' | pamtopng >deep.png
pam 9 8 3 255 RGB '$x > 4 ? (255, 0, 0) : (0, 0, 25 * $y)' | pamtopam |
  pnmtopng -force -transparent =rgb:ff/00/00 >palette.png 2>/dev/null
for name in grey deep palette; do
  up --depth 16 $name.png -o $name-2x.png
  prints '18 by 16 by 4 maxval 65535' pamfile <(pngtopam -alphapam $name-2x.png)
done
pngtopam -alpha palette-2x.png | tail -c $((18 * 16 * 2)) | perl -e 'local $/; my @a = unpack "n*", <>;
  for my $i (0 .. $#a) { my $x = $i % 18; die "alpha $i: $a[$i]" if $x < 8 && $a[$i] != 65535 || $x > 11 && $a[$i] != 0 }'

# Several images in a pipe, opaque and not; each has its own form. A pipe of two is a chain of two, also in tiles.
tiny_stage next.json --seed 3
image 12 10 >plain.ppm
cat disk.png plain.ppm grey.png >all
up <all >all-2x
pamfile -allimages all-2x >kinds
[ "$(grep -c 'RGB_ALPHA' kinds)" = 2 ]
[ "$(grep -c 'PPM raw' kinds)" = 1 ]
up -m next.json <all >chain
up <all | upscale -q -m next.json >pipe
same chain pipe
up --tile 32 --overlap 8 -m next.json <all | up -o folder/
[ "$(ls folder | xargs)" = "000000.png 000001.png 000002.png" ]
prints "160 by 128 by 4" pamfile <(pngtopam -alphapam folder/000000.png)
prints "PPM raw, 96 by 80" pamfile <(pngtopam folder/000001.png)
touch -d 2001-01-01 folder/000000.png
up --skip-existing <all -o folder/
[ "$(date -r folder/000000.png +%Y)" = 2001 ]

# An alpha channel that is opaque everywhere is none.
pam 9 8 4 255 RGB_ALPHA '(7 * $x, 5, 3 * $y, 255)' >opaque.pam
[ "$(up opaque.pam | head -c 2)" = P6 ]

# --alpha: over white first, as the other programs do, or the colours alone.
degrade -s 1 disk.png >white.ppm
up white.ppm >a
up --alpha white disk.png >b
tail -c $((40 * 32 * 3)) a >a.raster
tail -c $((40 * 32 * 3)) b >b.raster
same a.raster b.raster
pngtopam disk.png >colours.ppm
up colours.ppm | tail -c $((40 * 32 * 3)) >a
up --alpha drop disk.png | tail -c $((40 * 32 * 3)) >b
same a b
fails 2 "'blue' is not one of keep|white|drop" up --alpha blue disk.png

# Formats without alpha: over white, with a warning.
for name in disk.jpg disk.ppm; do
  upscale -m x2.json disk.png -o $name 2>said
  grep -qF "'disk.png' has transparency, which '$name' cannot hold: it is laid over white" said
done
upscale -m x2.json --alpha white disk.png -o white.jpg 2>said
not grep -q transparency said
degrade -s 1 disk-2x.png | tail -c $((40 * 32 * 3)) >a
tail -c $((40 * 32 * 3)) disk.ppm >b
same a b

# PAM is read by all programs, also several in a file.
cat disk.pam opaque.pam >both.pam
degrade -s 1 both.pam | pamfile -allimages | grep -c 'PPM raw' | grep -qx 2
fails 1 "unsupported tuples (TUPLTYPE 'x', DEPTH 3" degrade -s 1 <(pam 1 1 3 255 x '(1, 2, 3)')
