# The included stages for photographs enlarge held-out ones better than bicubic resizing does. The photographs are the references in
# the README's picture, in which they begin at x = 1168, every 302 rows.
degrade -s 1 "$SOURCE/examples/figures/demo.jpg" -o demo.ppm
mkdir high
for row in 0 1 2 3; do
  perl -e '
    my ($x, $y, $side) = @ARGV; binmode STDIN; binmode STDOUT; local $/; my $all = <STDIN>;
    $all =~ /^P6\n(?:#[^\n]*\n)*(\d+) (\d+)\n255\n/ or die; my ($from, $width) = ($+[0], $1);
    print "P6\n$side $side\n255\n";
    print substr $all, $from + 3 * (($y + $_) * $width + $x), 3 * $side for 0 .. $side - 1' \
    1264 $((62 + 302 * row)) 192 <demo.ppm >"high/$row.ppm"
done
degrade -s 4 high -o low/

# better GAIN OUT   the mean PSNR of OUT is GAIN dB above that of bicubic resizing, or more
mean_psnr() { sr-metrics high "$1" | tail -n 1 | cut -f 2; }
upscale --baseline bicubic -s 4 low -o bicubic/
bicubic=$(mean_psnr bicubic)
better() {
  local psnr
  psnr=$(mean_psnr "$2")
  awk -v a="$bicubic" -v b="$psnr" -v gain="$1" 'BEGIN { exit !(b >= a + gain) }' || {
    echo "$2: wanted a PSNR of $bicubic + $1 dB or more, got $psnr" >&2
    return 1
  }
}
upscale -m photo-x4 --steps 4 low -o photo-x4/
better 0.7 photo-x4
upscale -m photo-x4-fast low -o photo-x4-fast/
better 0.2 photo-x4-fast
upscale -m photo-x4-fast --precision int8 low -o int8/
better 0 int8 # 7 bits on CPUs without VNNI
# A seed that makes a difference makes a small one.
upscale -m photo-x4-fast --seed 7 low -o seed/
better 0.2 seed
not cmp -s photo-x4-fast/0.png seed/0.png
