# Several generated sets against the last operand, the reference: rows for each, equal to those of each alone.
photos real 8 16 12
photos a 8 12 10
photos b 8 20 14
feature_network net.pt
fid stats --features net.pt real -o real.npz
fid compare --features net.pt a b real.npz >table
[ "$(head -n1 table | cut -f1-3)" = "$(printf 'set\tmeasure\tvalue')" ]
[ "$(wc -l <table)" = 3 ]
for set in a b; do
  fid compare --features net.pt $set real.npz | tail -n1 >alone
  grep "^$set" table | cut -f2- | cmp - alone
done
fid compare --features net.pt --kid-full a b a real | cut -f1,2 | tail -n +2 | sort | uniq -c | awk '{ print $1, $2, $3 }' >rows
grep -qx "2 a frechet_distance" rows
grep -qx "1 b kernel_distance_full" rows
fid compare --json --features net.pt a b real >lines
[ "$(grep -c '^{"set":"[ab]","frechet_distance":' lines)" = 2 ]
fid compare --json --features net.pt a real | grep -q '^{"frechet_distance":'
fails 2 "compare takes two sets" fid compare --features net.pt a
fails 2 "only one set can be standard input" fid compare --features net.pt - a -
fails 1 "missing" fid compare --features net.pt a missing real
# One that is finished before an error still has its name.
mkdir broken
cp b/1.ppm broken/
head -c 100 b/2.ppm >broken/2.ppm
status=0
fid compare --features net.pt a broken real >table 2>err || status=$?
[ "$status" = 1 ]
[ "$(cut -f 1 table | head -n 2 | xargs)" = "set a" ]

# A signal loses no row that is there.
(cat a/*.ppm; sleep 30) | fid compare -q --features net.pt b - a >rows 2>said &
sleep 0.1
for _ in $(seq 200); do
  pid=$(ps -eo pid,args | awk '/fid compare -q --features net.pt b - a/ && !/awk/ {print $1; exit}')
  [ -z "$pid" ] || break
  sleep 0.05
done
sleep 3
kill -TERM "$pid"
for _ in $(seq 100); do [ -s rows ] && break; sleep 0.1; done
[ "$(wc -l <rows)" = 2 ]
grep -q "stopped by SIGTERM" said
