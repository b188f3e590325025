# Pairs by key, from any kind of input; the mean; unpaired and mismatched images are errors that contain their names.
photos hr 3 40 32
mkdir sr low
for i in 1 2 3; do
  pamdepth 127 hr/$i.ppm 2>/dev/null | pamdepth 255 2>/dev/null | pnmtopng >sr/$i.png 2>/dev/null
done

sr-metrics hr sr >table
[ "$(wc -l <table)" = 5 ]
[ "$(head -n1 table)" = "$(printf 'name\tpsnr\tssim\tpsnr_y\tssim_y')" ]
[ "$(cut -f1 table | tr '\n' ' ')" = "name 1 2 3 mean " ]
grep -qE $'^1\t[0-9]+\.[0-9]{4}\t0\.[0-9]{6}\t[0-9]+\.[0-9]{4}\t0\.[0-9]{6}$' table
awk -F'\t' 'NR > 1 && NR < 5 { sum += $2 } NR == 5 { d = $2 - sum / 3; exit d > 0.0002 || d < -0.0002 }' table

# The same from archives, from a pipe, and with one thread.
tar -cf sr.tar -C sr .
(cd hr && zip -q ../hr.zip *.ppm)
sr-metrics hr.zip sr.tar --threads 1 >again
same table again
tar -cf - -C sr . | sr-metrics hr - >again
same table again

# Two files may have different names.
sr-metrics hr/1.ppm sr/2.png | grep -q '^1'
# An input that has only one image left, because of a shard or damage, is not an input of a single image.
mkdir ref out
cp hr/1.ppm ref/a.ppm
cp hr/1.ppm ref/b.ppm
cp hr/1.ppm out/a.ppm
cp hr/2.ppm out/c.ppm
fails 1 "cannot pair 'ref/b.ppm': no image 'b' in 'out'" sr-metrics --shard 2/2 ref out
fails 1 "cannot pair 'ref/b.ppm': no image 'b' in 'out'" sheet --beside --shard 2/2 ref out -o s.png
rm out/c.ppm
echo damaged >ref/a.ppm
fails 1 "nothing to measure: no images" sr-metrics --keep-going ref out
# Shards divide the reference, whatever is missing elsewhere; the second shard of one image has no rows, and succeeds.
mkdir part
cp sr/2.png sr/3.png part
status=0
sr-metrics --keep-going --shard 2/2 hr part >half 2>err || status=$?
[ "$status" = 3 ]
[ "$(cut -f1 half | xargs)" = "name 2 mean" ]
[ "$(sr-metrics --shard 2/2 hr/1.ppm sr/1.png | wc -l)" = 1 ]
[ "$(sr-metrics --shard 1/2 hr/1.ppm sr/1.png | wc -l)" = 3 ]
# Equal images: infinite, and null in JSON.
sr-metrics hr hr | tail -n1 | cut -f1-3 | grep -q $'^mean\tinf\t1.000000$'
sr-metrics hr sr --json >lines
[ "$(grep -c '"psnr":' lines)" = 4 ]
tail -n1 lines | grep -q '^{"name":"mean","images":3,"psnr":'
sr-metrics hr hr --json | tail -n1 | grep -q '"psnr":null'

cp hr/3.ppm hr/lonely.ppm
fails 1 "cannot pair 'hr/lonely.ppm': no image 'lonely' in 'sr'" sr-metrics hr sr
status=0
sr-metrics hr sr --keep-going >again 2>err || status=$?
[ "$status" = 3 ]
same table again
grep -q lonely err
rm hr/lonely.ppm
image 39 32 >hr/2.ppm
fails 1 "cannot score 'sr/2.png': its size, 40x32, is not the reference's, 39x32" sr-metrics hr sr
# Too small for SSIM's window: PSNR is still printed; the mean is over images with a value.
mkdir sizes other
image 10 64 1 >sizes/1.ppm
image 10 64 2 >other/1.ppm
image 16 12 3 | tee sizes/2.ppm >other/2.ppm
sr-metrics sizes other >table
[ "$(cut -f3,5 table | sed -n 2p)" = "$(printf -- '-\t-')" ]
[ "$(cut -f3,5 table | tail -n1)" = "$(printf '1.000000\t1.000000')" ]
sr-metrics sizes/1.ppm other/1.ppm --json | tail -n1 | grep -qE '^{"name":"mean","images":1,"psnr":[0-9.]+,"ssim":null,'
fails 2 "two inputs are needed" sr-metrics hr
fails 2 "only one input can be standard input" sr-metrics - -
fails 1 "cannot open 'missing'" sr-metrics hr missing
mkdir empty
fails 1 "empty" sr-metrics empty empty
fails 1 "cannot write 'standard output'" bash -c 'exec sr-metrics sr sr >/dev/full'

# Names may be in any script.
mkdir ja jb
for name in 日本 東京; do image 24 20 1 >"ja/$name.ppm"; done
for name in 日本 一二; do image 24 20 2 >"jb/$name.ppm"; done
fails 1 "no image '東京' in 'jb'" sr-metrics ja jb

# What was measured before an error is printed, without a mean.
mkdir part-a part-b
for i in 1 2 3; do image 30 20 $i >part-a/$i.ppm; done
cp part-a/1.ppm part-a/2.ppm part-b
image 31 20 >part-b/3.ppm
status=0
sr-metrics --threads 1 part-a part-b >table 2>err || status=$?
[ "$status" = 1 ]
grep -q "cannot score 'part-b/3.ppm'" err
[ "$(cut -f1 table | xargs)" = "name 1 2" ]
