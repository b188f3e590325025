# Distances of three features, the mean colours, against a plain computation from the pixels; sources; files of other tools.
photos a 12 16 12
for i in {1..12}; do image 16 12 $((i + 50)) >b-$i.ppm; done
mkdir b
mv b-*.ppm b
feature_network net.pt
fid compare --features net.pt a b >table
[ "$(head -n1 table)" = "$(printf 'measure\tvalue\tsd\tse\tlow\thigh\tfeatures\tsignature')" ]
[ "$(wc -l <table)" = 2 ]
[ "$(sed -n 2p table | cut -f1,7)" = "$(printf 'frechet_distance\tnet.pt')" ]
sed -n 2p table | cut -f8 | grep -qE '^features:net.pt:[0-9a-f]{8}\|resize:own\|scale:own\|ddof:1\|n:12/12\|lossy:0/0\|v:[0-9.]+$'
value=$(sed -n 2p table | cut -f2)

# Mean and covariance of the mean colours; tr (S1 S2)^(1/2) = the sum of the roots of the eigenvalues of S1 S2, by Denman and
# Beavers' iteration on 3x3 matrices.
perl -e '
  sub features { map { open my $f, "<:raw", $_ or die; local $/; my $t = <$f>; my @b = unpack "C*", substr $t, -16 * 12 * 3;
    my @s = (0, 0, 0); $s[$_ % 3] += $b[$_] / (16 * 12) for 0 .. $#b; [@s] } glob "$_[0]/*.ppm" }
  sub moments { my @x = @_; my (@m, @c);
    for my $x (@x) { $m[$_] += $$x[$_] / @x for 0 .. 2 }
    for my $x (@x) { for my $i (0 .. 2) { $c[$i][$_] += ($$x[$i] - $m[$i]) * ($$x[$_] - $m[$_]) / (@x - 1) for 0 .. 2 } }
    (\@m, \@c) }
  sub product { my ($a, $b) = @_; my @p;
    for my $i (0 .. 2) { for my $j (0 .. 2) { $p[$i][$j] += $$a[$i][$_] * $$b[$_][$j] for 0 .. 2 } } \@p }
  sub inverse { my ($a) = @_; my @r; my $det = 0;
    for my $i (0 .. 2) { for my $j (0 .. 2) {
      my ($p, $q, $s, $t) = (($j + 1) % 3, ($j + 2) % 3, ($i + 1) % 3, ($i + 2) % 3);
      $r[$i][$j] = $$a[$p][$s] * $$a[$q][$t] - $$a[$p][$t] * $$a[$q][$s] } }
    $det += $$a[0][$_] * $r[$_][0] for 0 .. 2;
    $_ /= $det for map { @$_ } @r; \@r }
  my ($m, $s) = moments(features("a")); my ($n, $t) = moments(features("b"));
  my $y = product($s, $t); my $z = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  for (1 .. 60) { my ($u, $v) = (inverse($z), inverse($y));
    for my $i (0 .. 2) { for my $j (0 .. 2) {
      $$y[$i][$j] = ($$y[$i][$j] + $$u[$i][$j]) / 2; $$z[$i][$j] = ($$z[$i][$j] + $$v[$i][$j]) / 2 } } }
  my $d = 0; $d += ($$m[$_] - $$n[$_]) ** 2 + $$s[$_][$_] + $$t[$_][$_] - 2 * $$y[$_][$_] for 0 .. 2;
  die "wanted $d, got $ARGV[0]\n" if abs($d - $ARGV[0]) > 1e-6 * $d' "$value"

# The same from statistics, archives, a stream, and mixed.
export FID_FEATURES=net.pt
fid stats a -o a.npz
fid stats b -o b.npz
fid compare a.npz b.npz >again
same table again
(cd b && zip -q ../b.zip *.ppm)
fid compare a.npz b.zip >again
same table again
cat a/{1..12}.ppm | fid compare - b >again
same table again
{ # guided-diffusion's format of samples: arr_0, uint8, N x height x width x 3
  printf '\223NUMPY\001\000\166\000'
  printf '%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (12, 12, 16, 3), }"
  for image in b/*.ppm; do tail -c $((16 * 12 * 3)) "$image"; done
} >arr_0.npy
zip -q arrays.npz arr_0.npy
fid compare a arrays.npz >again
same table again
mkdir jpeg
for i in {1..12}; do pnmtojpeg b/b-$i.ppm >jpeg/$i.jpg; done
fid compare a jpeg 2>err | sed -n 2p | cut -f8 | grep -q '|lossy:0/12|'
grep -q "12 of 12 of the second: compression alone changes the scores" err
fid stats -v a -o a.npz 2>err
grep -qE '^fid: 12 images, [0-9.]+ a second; of the time [0-9]+% waiting for decoding, [0-9]+% for resizing, ' err
fid compare --json a b.npz >line
grep -q "^{\"frechet_distance\":${value%????}" line
grep -q '"first":{"format":1,"features":"net.pt"' line
fid compare a a 2>err | sed -n 2p | cut -f2 | grep -qE '^(0|[0-9.]+e-[0-9]+)$'
grep -q "both sets hold the same images" err

# All scores together; seeds.
fid compare --kid --kid-full --isc --prc --ci --infinity --subsets 5 --subset-size 6 --splits 2 --seed 3 a b 2>err && exit 1
grep -q "at least 30 are needed" err
fid compare --kid --kid-full --isc --prc --ci --subsets 5 --subset-size 6 --splits 2 --seed 3 a b >all
[ "$(cut -f1 all | tail -n +2 | xargs)" = \
  "frechet_distance kernel_distance kernel_distance_full classifier_score precision recall" ]
cut -f1 all | not grep -q -e fid -e inception
fid stats a -o a-kept.npz --keep-features --isc
fid stats b -o b-kept.npz --keep-features
fid compare --kid --kid-full --isc --prc --ci --subsets 5 --subset-size 6 --splits 2 --seed 3 a-kept.npz b-kept.npz >again
same all again
fid compare --kid --subsets 5 --subset-size 6 a b >again
not cmp -s <(sed -n 3p all) <(sed -n 3p again)
# stats keeps the data that the given scores need.
fid stats a -o again.npz --kid --isc
same a-kept.npz again.npz
fid stats a -o again.npz --ci --isc
same a-kept.npz again.npz

# Intervals: from groups, if there are enough; none for a set with itself; correct reasons.
fid stats a -o a-groups.npz --groups 4
fid compare --ci a-groups.npz b.npz >table 2>err
sed -n 2p table | cut -f4 | grep -qE '^[0-9]'
grep -q "it has neither the features of all its images nor sums of groups" err
fid stats a -o again.npz --ci --groups 4
same a-groups.npz again.npz
fid compare --ci a a 2>err | sed -n 2p | cut -f4-6 | grep -q $'^-\t-\t-$'
mkdir few
cp a/{1,2,3,4}.ppm few
fid stats few -o few-groups.npz --groups 4
fails 1 "the first set has 4 images, and without the largest of its" fid compare --ci few-groups.npz b.npz
fails 1 "the second set has 4 images, and without the largest of its" fid compare --ci a few-groups.npz
fid stats --shard 1/2 few -o two.npz --keep-features
fails 1 "the first set has 2 images for 3 dimensions: at least 4 are needed" fid compare --ci two.npz b
# A score that cannot be computed does not cost the others.
status=0
fid compare --ci --kid two.npz b >table 2>err || status=$?
[ "$status" = 1 ]
[ "$(cut -f1 table | xargs)" = "measure frechet_distance kernel_distance" ]
[ "$(sed -n 2p table | cut -f4-6)" = "$(printf -- '-\t-\t-')" ]
[ "$(cut -f2 table | grep -c '[0-9]')" = 2 ]
status=0
cat a/{1..12}.ppm | fid compare --infinity --kid --json - b >line 2>err || status=$?
[ "$status" = 1 ]
grep -q "cannot extrapolate from 12 images: at least 30 are needed" err
grep -q '"frechet_distance_infinity":null,"kernel_distance":[0-9-]' line
mkdir grey
for i in {1..9}; do ppmmake "rgb:$i$i/$i$i/$i$i" 9 9 >grey/$i.ppm; done
fails 1 "the covariance of the first images' features is singular" fid compare --ci grey b
mkdir many
for i in {1..40}; do image 16 12 $((i + 70)) >many/$i.ppm; done
fid compare --infinity many b | sed -n 3p | grep -qP '^frechet_distance_infinity\t[0-9.e-]+\t-\t[0-9.e-]+\t-\t-\t'
fails 1 "cannot compare: the first set has 1 image, and a covariance needs at least 2" fid compare a/1.ppm b

# guided-diffusion's reference batches: mean and covariance of a whole data set, and images for scores that need features.
array() { # NAME SHAPE NUMBER...   as float64
  printf '\223NUMPY\001\000\166\000' >$1.npy
  printf '%-117s\n' "{'descr': '<f8', 'fortran_order': False, 'shape': ($2), }" >>$1.npy
  perl -e 'print pack "d<*", @ARGV' "${@:3}" >>$1.npy
}
array mu 3, 120 110 100
array sigma 3,3 9 1 0 1 8 0 0 0 7
zip -q foreign.npz mu.npy sigma.npy
zip -q batch.npz arr_0.npy mu.npy sigma.npy
fid compare a foreign.npz >table
fid compare a batch.npz >again
same table again
env -u FID_FEATURES fid compare a.npz batch.npz >again
same <(cut -f2 table) <(cut -f2 again)
fid compare --kid --prc a arrays.npz | sed 1,2d | cut -f1,2 >table
fid compare --kid --prc a batch.npz | sed 1,2d | cut -f1,2 >again
same table again
fails 1 "--kid needs the features of the first images" env -u FID_FEATURES fid compare --kid a.npz batch.npz
fails 2 "no feature network is named" env -u FID_FEATURES fid compare --kid a batch.npz
sed "s/<f8/>f8/" mu.npy >big.npy
mv big.npy mu.npy
zip -q big.npz mu.npy sigma.npy
fails 1 "cannot read 'big.npz': array 'mu' is of type '>f8', which is not supported; store it as" fid compare a big.npz
printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 9, 0, 3), }" >arr_0.npy
zip -q flat.npz arr_0.npy
fails 1 "arr_0 has images of 0x9" fid compare flat.npz b
fails 1 "--ci needs the features of the first images" fid compare --ci batch.npz b

# Options that differ from those of the statistics.
fails 1 "the options and 'a.npz' differ in resize: 'torch' and 'own'" fid compare --resize torch a.npz b.npz
fails 1 "differ in scale: '128' and 'own'" fid compare --scale 128 a.npz b.npz
feature_network strange.pt 'torch.no_such_operator(f)'
fails 1 "cannot read 'strange.pt': it is not a TorchScript file, it is damaged, or it needs another libtorch: Unknown builtin op" \
  fid compare --features strange.pt a b
feature_network other.pt 32
fails 1 "the options and 'a.npz' differ in features: 'other.pt:" fid compare --features other.pt a.npz b.npz
fid compare --force --features other.pt a.npz b.npz 2>err >table
grep -q "the options and 'a.npz' differ in features" err
fid compare --features net.pt a.npz b.npz >table

fails 1 "--kid needs the features of the first images" fid compare --kid a.npz b
fails 1 "--isc needs the class probabilities" fid compare --isc a.npz b
fails 1 "--ci needs the features of the first images (--keep-features), or sums of groups" fid compare --ci a.npz b
fails 1 "has no spatial features" fid compare --sfid a b
fails 1 "'b/1.ppm': No such file" fid compare a b/1.ppm
fails 2 "no feature network is named (--features FILE, or FID_FEATURES in the environment); FID's is pt_inception-2015-12-05" \
  env -u FID_FEATURES fid compare a b
fails 2 "compare takes two sets" fid compare a
fails 2 "stats, merge or compare" fid a b
fails 2 "-o FILE.npz" fid stats a
fails 2 "is read, too, and would be replaced" fid stats arrays.npz -o ./arrays.npz
fails 2 "option '--threads': '-5' is not in the range 0 to 4096" fid compare --threads -5 a b
fails 2 "option '--splits': '0' is not in the range >= 1" fid compare --splits 0 none none
fails 2 "option '--neighbours': '-1' is not in the range >= 1" fid compare --neighbours -1 none none
fails 2 "option '--subsets': '0' is not in the range >= 1" fid compare --subsets 0 none none
fails 2 "option '--subset-size': '1' is not in the range >= 2" fid compare --subset-size 1 none none
fails 2 "--kid: merge does not take this option" fid merge --kid a.npz -o x.npz
fails 2 "whose name ends in .npz" fid stats a -o a.stats
fails 2 "nothing to merge" fid merge -o x.npz
fails 2 "only one set can be standard input" fid compare - -
fails 2 "--shard: compare does not take this option; it is for stats" fid compare --shard 1/2 a b
fid stats --shard 2/2 a/1.ppm -o none.npz 2>err
grep -q "no images" err
fails 1 "the first set contains no images" fid compare none.npz b
fails 1 "cannot write 'standard output'" bash -c 'exec fid compare a.npz b.npz >/dev/full'

# Shapes as Python 2 wrote them.
fid stats -q --features net.pt a -o stats.npz
python3 -c '
import re, zipfile
source, found = zipfile.ZipFile("stats.npz"), 0
with zipfile.ZipFile("long.npz", "w") as out:
    for name in source.namelist():
        data, one = re.subn(rb"\((\d+),\), \} ", rb"(\1L,), }", source.read(name), count=1)
        data, two = re.subn(rb"\((\d+), (\d+)\), \}  ", rb"(\1L, \2L), }", data, count=1)
        found += one + two
        out.writestr(name, data)
assert found >= 2, found'
for file in stats long; do fid compare --features net.pt $file.npz b >$file.table; done
same stats.table long.table
