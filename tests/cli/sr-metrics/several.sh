# Several sets: a row each, which is the last row of the table of each alone.
photos hr 3 32 24
degrade -s 2 hr -o low
for kernel in bicubic nearest; do upscale --baseline $kernel -s 2 low -o $kernel; done
sr-metrics hr bicubic nearest >table
[ "$(head -n1 table)" = "$(printf 'name\timages\tpsnr\tssim\tpsnr_y\tssim_y')" ]
[ "$(wc -l <table)" = 3 ]
for kernel in bicubic nearest; do
  sr-metrics hr $kernel | tail -n1 | cut -f2- >alone
  grep "^$kernel" table | cut -f3- | cmp - alone
  grep -q "$(printf '^%s\t3\t' $kernel)" table
done
sr-metrics --low-res low hr bicubic nearest hr | cut -f1,8 | head -n1 | grep -q rounding_floor
sr-metrics --json hr bicubic nearest >lines
[ "$(wc -l <lines)" = 2 ]
grep -q '^{"name":"nearest","images":3,"psnr":' lines
cat bicubic/*.png >/dev/null
tar -cf - -C bicubic . | sr-metrics hr nearest - >piped
[ "$(tail -n1 piped | cut -f3-)" = "$(sed -n 2p table | cut -f3-)" ]
fails 2 "two inputs are needed, or more" sr-metrics hr
fails 2 "only one input can be standard input" sr-metrics hr - -
fails 2 "of several sets, the reference and --low-res are read for each" sr-metrics - bicubic nearest
fails 2 "of several sets, the reference and --low-res are read for each" sr-metrics --low-res - hr bicubic nearest
rm nearest/2.png
fails 1 "cannot pair 'hr/2.ppm': no image '2' in 'nearest'" sr-metrics hr bicubic nearest
status=0
sr-metrics --keep-going hr bicubic nearest >table 2>err || status=$?
[ "$status" = 3 ]
[ "$(cut -f2 table | xargs)" = "images 3 2" ]

# After an error the other sets are measured, and each failure is reported.
fails 1 "cannot pair 'hr/2.ppm': no image '2' in 'nearest'" sr-metrics hr nearest bicubic
sr-metrics hr nearest bicubic missing >table 2>err || true
[ "$(cut -f1,2 table | xargs)" = "name images bicubic 3" ]
grep -q "no image '2' in 'nearest'" err
grep -q "cannot open 'missing'" err
