# LPIPS of image pairs, for torchvision's networks. The values are those of the Python package lpips 0.1.4 for the same weights
# and images.
here=$SOURCE/tests/cli/lpips
for network in alex squeeze; do python3 "$here/weights.py" $network $network-net.pth $network-lin.pth; done
with() { lpips -q --backbone "$1-net.pth" --linear "$1-lin.pth" "${@:2}"; }
mkdir a b
for i in 1 2; do image 48 40 $i >$i.ppm; done
for i in 3 4; do image 67 71 $i >$i.ppm; done
cp 1.ppm a/x.ppm && cp 2.ppm b/x.ppm
cp 3.ppm a/y.ppm && cp 4.ppm b/y.ppm

golden() { # NETWORK VALUE VALUE
  with "$1" a b >table
  [ "$(head -n1 table)" = $'name\tlpips_'"$1" ]
  [ "$(cut -f1 table | xargs)" = "name x y mean" ]
  awk -v x="$2" -v y="$3" 'NR > 1 { want = $1 == "x" ? x : $1 == "y" ? y : (x + y) / 2; d = $2 - want
    if (d > 2e-6 || d < -2e-6) { print $0, "is not", want; bad = 1 } } END { exit bad }' table
}
golden alex 0.059726823 0.029515751
golden squeeze 0.073102988 0.031673480

# Equal images, JSON, one thread, streams, files, shards.
prints $'mean\t0.000000' with squeeze a a
with squeeze --json a b >lines
[ "$(jq -c '[.name, .images, .network]' lines | xargs)" = "[x,null,squeeze] [y,null,squeeze] [mean,2,squeeze]" ]
jq -es '((.[0].lpips + .[1].lpips) / 2 - .[2].lpips | fabs) < 1e-12 and (.[0].lpips - 0.073102988 | fabs) < 1e-6' lines >/dev/null
with squeeze a b >table
with squeeze --threads 1 a b | diff - table
with squeeze 1.ppm 2.ppm | tail -n1 | diff - <(sed -n 's/^x/mean/p' table)
with squeeze 1.ppm - <2.ppm | tail -n1 | diff - <(sed -n 's/^x/mean/p' table)
with squeeze --shard 2/2 a b | sed -n 2p | diff - <(sed -n 3p table)
# Several sets, in a row each.
[ "$(with squeeze a a b | cut -f1,2 | xargs)" = "name images a 2 b 2" ]
[ "$(with squeeze a a b | tail -n1 | cut -f3)" = "$(tail -n1 table | cut -f2)" ]
[ "$(with squeeze --json a a b | jq -c '[.name, .images]' | xargs)" = "[a,2] [b,2]" ]

# The reference is cut as by degrade.
degrade -s 4 a -o small && upscale -q --baseline bicubic -s 4 small -o large
fails 1 "its size, 64x68, is not the reference's, 67x71" with squeeze a large
prints $'y\t' with squeeze -s 4 a large

fails 2 "--backbone and --linear are needed" lpips a b
fails 2 "two inputs are needed" with squeeze a
fails 2 "only one input can be standard input" with squeeze - - </dev/null
fails 1 "cannot open 'none.pth'" lpips --backbone none.pth --linear squeeze-lin.pth a b
fails 1 "'alex-lin.pth': " lpips --backbone squeeze-net.pth --linear alex-lin.pth a b
fails 1 "'squeeze-lin.pth': it is not one of LPIPS' networks" lpips --backbone squeeze-lin.pth --linear squeeze-lin.pth a b
head -c 100000 squeeze-net.pth >half.pth
fails 1 "half.pth" lpips --backbone half.pth --linear squeeze-lin.pth a b
mkdir tiny && image 2 2 >tiny/x.ppm
fails 1 "cannot score 'tiny/x.ppm': an image of 2x2 is too small for LPIPS' squeeze" with squeeze tiny tiny
# What was measured before an error is printed, without its mean.
mkdir damaged && cp b/x.ppm damaged && head -c 200 b/y.ppm >damaged/y.ppm
fails 1 "truncated" with squeeze a damaged
[ "$(with squeeze a damaged 2>/dev/null | cut -f1 | xargs)" = "name x" ]
[ "$(with squeeze a damaged b 2>/dev/null | cut -f1,2 | xargs)" = "name images b 2" ]
[ "$(with squeeze a a damaged 2>/dev/null | cut -f1,2 | xargs)" = "name images a 2" ]
rm b/y.ppm
fails 1 "cannot pair 'a/y.ppm'" with squeeze a b
status=0
with squeeze --keep-going a b >some || status=$?
[ $status = 3 ]
[ "$(cut -f1 some | xargs)" = "name x mean" ]
