# The digits of the included cascades are of the classes that were asked for: noise, or another class, would not pass. A digit is
# taken for the class whose mean image, at 8x8 pixels, is the nearest; of the images of MNIST itself that is right for 74%.
# The means are those of MNIST, 1,000 images a class, padded to 32x32, in hexadecimal.
# (Y. LeCun, C. Cortes and C. J. C. Burges, CC BY-SA 3.0).
cat >means <<'END'
000000000000000000000114351a010000001f89a2901800000569752178380000149023187e2e000014976c87630a0000022d5c370900000000000000000000
0000000000000000000000091e1101000000011d7829010000000128960800000000015b6a0000000000107640020000000112311c0100000000000000000000
000000000000000000000f3e4b1a01000003305f7958060000010d1b5f53050000084282974110000017809f7f61220000031b20151104000000000000000000
000000000000000000010d2e320f000000073c6e9253030000021166a8390100000314476760060000123d39725c060000073b6a4c1000000000000000000000
000000000000000000000305070d0400000224403351120000055f56586006000009778eb555080000020e326a21020000000520301301000000000000000000
00000000000000000000030f1916080000011f6d765e2c01000242914f1a0600000328505f3f0700000742446941080000022658441101000000000000000000
0000000001000000000005224f240200000013614c0d01000001337e433f0d0000025a8c7f7a1c0000013eb0a05206000000020f0f0200000000000000000000
00000000000000000000000100000000000b42757f4e0600000d44416c6c050000030e178e38030000000444750e00000001165d3c0700000000050e09020000
000000000000000000000211281402000001237f81751a0000022d7f7b5e0c0000001a9c961d0200000248776c2b03000001286e4f0e00000000000000000000
00000000000000000000000103010000000117728d44030000045a5c6f61040000034371a93301000000062c7219010000000942421501000000010404010000
END
recognised() { # FILE   how many of the file's 32x32 images are nearest to the mean image of their class
  perl -e '
    use strict; my @means; open my $m, "<", "means"; while (<$m>) { push @means, [unpack "C64", pack "H128", $_] }
    open my $f, "<:raw", $ARGV[0]; local $/; my $all = <$f>; my $right = 0;
    while ($all =~ /\GP6\n#sr [^\n]*"class":(\d)[^\n]*\n32 32\n255\n/gc) {
      my ($class, @image) = ($1, (0) x 64); my @x = unpack "C3072", substr $all, pos $all, 3072;
      pos($all) += 3072;
      $image[int($_ / 128) * 8 + int($_ % 32 / 4)] += $x[3 * $_] / 16 for 0 .. 1023;  # grey
      my ($best, $least);
      for my $c (0 .. 9) {
        my $d = 0; $d += ($means[$c][$_] - $image[$_]) ** 2 for 0 .. 63;
        ($best, $least) = ($c, $d) if !defined $least || $d < $least;
      }
      ++$right if $best == $class;
    }
    print "$right\n"' "$1"
}
for name in digits-fast digits; do
  cascade "$SOURCE/examples/$name.json" -n 50 --class all >"$name.ppm"
  [ "$(pamfile -allimages "$name.ppm" | grep -c '32 by 32')" = 50 ]
  right=$(recognised "$name.ppm")
  if [ "$right" -lt 38 ]; then
    echo "only $right of 50 digits of $name are of their class" >&2
    exit 1
  fi
done
