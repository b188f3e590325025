# Consistency with degrade: an image agrees exactly with its own low-resolution image, for every kernel and convention.
photos hr 2 50 38
for convention in pillow matlab float; do
  degrade -s 4 --convention $convention hr -o low-$convention/
  degrade -s 4 --convention $convention --crop-only hr -o cut/ 2>/dev/null
  sr-metrics hr cut -s 4 --low-res low-$convention --convention $convention >table
  [ "$(head -n1 table | cut -f6-)" = "$(printf 'consistency\trounding_floor')" ]
  [ "$(tail -n1 table)" = "$(printf 'mean\tinf\t1.000000\tinf\t1.000000\t0.000e+00\t1.282e-06')" ]
done
# 16 bits are rounded once, at the end, as degrade does.
perl -e 'binmode STDOUT; print "P6\n24 16\n65535\n", pack "n*", map { $_ * 28657 % 65521 } 0 .. 1151' >deep.ppm
degrade -s 4 deep.ppm -o deep-low.png
[ "$(sr-metrics --low-res deep-low.png deep.ppm deep.ppm | tail -n1 | cut -f6)" = 0.000e+00 ]
# Another kernel does not agree.
sr-metrics hr cut -s 4 --low-res low-pillow --kernel box | tail -n1 | cut -f6 | grep -qv '^0.000e+00$'
sr-metrics cut cut --low-res low-pillow --json | tail -n1 | grep -q '"consistency":0.0,"rounding_floor":1.28'
fails 1 "cannot score 'hr/1.ppm': its size, 50x38, is not" sr-metrics hr hr --low-res cut
fails 2 "'--kernel'" sr-metrics hr hr --kernel cubic
