# The forms of -o; a pipe gives the same results as files.
photos photos 3 43 30
degrade -s 4 photos -o out/
[ "$(ls out | xargs)" = '1.png 2.png 3.png' ]
[ "$("$CONVERT" out/2.png -format %wx%h info:)" = 10x7 ]

degrade -s 4 photos >stream
degrade -s 4 out/ -s 1 >again # the last of two -s counts
"$CONVERT" ppm:stream frame-%d.ppm
"$CONVERT" out/2.png two.ppm
"$CONVERT" frame-1.ppm one.ppm
same <(tail -c 210 one.ppm) <(tail -c 210 two.ppm)
same <(tail -c 210 again) <(tail -c 210 stream)

cat photos/*.ppm | degrade -s 4 >piped
same <(tail -c 210 piped) <(tail -c 210 stream)
degrade -s 4 photos | degrade -s 1 >twice
same twice stream # including keys, numbers and their total
grep -aq '^#sr {"key":"1","i":0,"n":3}$' stream

for name in a.png a.ppm a.jpg; do
  degrade -s 4 photos/1.ppm -o $name
  [ "$("$CONVERT" $name -format %wx%h info:)" = 10x7 ]
done
same <(tail -c 210 a.ppm) <(head -c "$(($(wc -c <stream) / 3))" stream | tail -c 210)
fails 1 "cannot write 'photos/2.ppm' to 'b.png': it holds one image" degrade -s 4 photos -o b.png
fails 2 "-o" degrade -s 4 photos -o b.tiff
fails 1 "cannot create the folder" degrade -s 4 photos -o photos/1.ppm/x/

# With any number of threads, and in shards.
degrade -s 4 --threads 1 --noise 9 photos >one
degrade -s 4 --threads 5 --noise 9 photos >five
same one five
degrade -s 4 --noise 9 --shard 1/2 photos -o shards/
degrade -s 4 --noise 9 --shard 2/2 photos -o shards/
degrade -s 4 --noise 9 photos -o whole/
for i in 1 2 3; do same shards/$i.png whole/$i.png; done
