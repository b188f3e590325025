# Nothing is lost or replaced silently: inputs, results, members of archives, closed standard files.
image 24 16 1 >a.ppm
image 24 16 2 >b.ppm
"$CONVERT" a.ppm png24:a.png
"$CONVERT" b.ppm png24:b.png

# Results do not replace their inputs.
mkdir ph
cp a.png b.png ph
cp a.png before.png
fails 2 "'ph/a.png' is also an input" degrade -s 2 ph/a.png ph/b.png -o ph/
echo ph >list
fails 2 "'ph/a.png' is also an input" degrade -s 2 @list -o ph/
fails 2 "'ph/a.png' is also an input" degrade -s 2 ph/a.png -o ph/a.png
fails 2 "'ph/a.png' is also an input" sheet ph/a.png ph/b.png -o ph/a.png
same ph/a.png before.png
cp a.ppm ph/c.ppm
degrade -s 2 ph/c.ppm -o ph/
[ -e ph/c.png ]

# A single file appears only without errors; links and named pipes are kept.
fails 1 "it holds one image" degrade -s 2 a.png b.png -o one.png
[ ! -e one.png ]
fails 1 "not an image of a known format" degrade -s 2 a.png "$SOURCE/Makefile" -o one.png
[ ! -e one.png ]
ln -s target.png link.png
: >target.png
degrade -s 2 a.png -o link.png
[ -L link.png ]
[ -s target.png ]
mkdir elsewhere
ln -s link2.png link1.png
ln -s elsewhere/new.png link2.png
degrade -s 2 a.png -o link1.png
[ -L link1.png ]
[ -L link2.png ]
same elsewhere/new.png target.png
mkfifo pipe.ppm
cat pipe.ppm >got &
degrade -s 2 a.png -o pipe.ppm
wait
[ -p pipe.ppm ]
degrade -s 2 a.png -o plain.ppm
same got plain.ppm
long=$(printf 'n%.0s' $(seq 250)).ppm
degrade -s 2 a.png -o "$long"
same "$long" plain.ppm
# A program that is killed does not leave a partial file.
mkdir killed
(exec degrade -s 1 --png-level 0 -o killed/ - < <(for i in 1 2 3 4 5 6; do cat a.ppm; done; sleep 20)) &
until [ -e killed/000005.png ]; do sleep 0.05; done
kill -9 $!
wait $! || true
[ "$(ls -A killed | wc -l)" = 6 ]

# Standard files that the caller has closed.
fails 1 "cannot read 'standard input': Bad file descriptor" timeout 20 bash -c 'degrade -s 2 <&-'
fails 1 "cannot write 'standard output': it is closed (> FILE)" bash -c 'sr-metrics a.png b.png >&-'
fails 1 "cannot write 'standard output': it is closed (> FILE)" bash -c 'degrade -s 2 a.png >&-'
degrade -s 2 a.png -o closed.ppm 2>&-
same closed.ppm plain.ppm
degrade -s 2 a.png -o closed.ppm >&-
same closed.ppm plain.ppm

# Archives: links are errors, damage to a member of a zip affects only this member, sparse members need no memory.
mkdir tree
cp a.png tree/a.png
ln tree/a.png tree/b.png
ln -s a.png tree/c.png
tar cf links.tar -C tree a.png b.png c.png
fails 1 "cannot read 'links.tar:b.png': it is a link to 'a.png'" degrade -s 2 links.tar -o links/
fails 3 "cannot read 'links.tar:c.png': it is a link to 'a.png'" degrade -s 2 --keep-going links.tar -o links/
tar cf whole.tar --hard-dereference -h -C tree a.png b.png c.png
degrade -s 2 whole.tar -o whole/
[ "$(ls whole | xargs)" = 'a.png b.png c.png' ]
fails 3 "cannot open 'dangling/x.png'" bash -c 'mkdir dangling && cp a.png dangling && ln -s nowhere dangling/x.png &&
  degrade -s 2 --keep-going dangling -o dangled/'
[ "$(ls dangled)" = a.png ]
cp a.ppm t1.ppm
cp b.ppm t2.ppm
cp a.ppm t3.ppm
zip -q -0 crc.zip t1.ppm t2.ppm t3.ppm
perl -0777 -pi -e 'my $at = index($_, "t2.ppm") + 200; substr($_, $at, 1) = chr(ord(substr($_, $at, 1)) ^ 1)' crc.zip
fails 3 "cannot read 'crc.zip:t2.ppm': ZIP bad CRC" degrade -s 2 --keep-going crc.zip -o crc/
[ "$(ls crc | xargs)" = 't1.png t3.png' ]
for i in 1 2 3 4 5 6 7 8 9 10; do mkdir -p web/$i; done
for i in 1 2 3 4 5 6 7 8 9 10; do for j in 1 2 3 4 5 6 7 8 9 10; do ln -s ../$j web/$i/to-$j; done; done
fails 1 "more than 10000 linked folders" timeout 60 degrade -s 2 web -o web-out/
truncate -s 1T hole
printf x >>hole
cp a.png after.png
tar -S -cf hole.tar hole after.png
timeout 20 degrade -s 2 hole.tar -o holes/
[ "$(ls holes)" = after.png ]
rm hole
tar --format=v7 -cf v7.tar a.png b.png
degrade -s 2 v7.tar -o v7/
[ "$(ls v7 | xargs)" = 'a.png b.png' ]
mkdir Photos
cp a.png Photos
tar cf - Photos/a.png | degrade -s 2 -o photos/
[ -e photos/Photos/a.png ]

# ImageMagick's PNG keeps the line that an image had in the stream, and we read it there.
printf 'P6\n#sr {"key":"kk","i":5,"class":3,"seed":7}\n1 1\n255\nabc' | "$CONVERT" ppm:- png24:line.png
degrade -s 1 <line.png | grep -aq '^#sr {"key":"kk","i":5,"class":3,"seed":7}'

# An image that exceeds a limit does not end a job with --keep-going.
printf 'P6\n1 70000\n255\n' >tall.ppm
head -c 210000 /dev/zero >>tall.ppm
fails 3 "cannot degrade 'tall.ppm': cannot encode a JPEG image: 1x70000" degrade -s 1 --jpeg 50 --keep-going tall.ppm a.png -o tall/
[ "$(ls tall)" = a.png ]
fails 1 "cannot write 'tall.ppm' to 'tall.jpg': cannot encode a JPEG image: 1x70000" degrade -s 1 tall.ppm -o tall.jpg
fails 1 "cannot degrade 'tall.ppm': padded it is more than the limit" degrade -s 1 --pad 65536 tall.ppm -o x.png
fails 1 "to 70000x1 needs an intermediate image of 4900000000 pixels" degrade --size 70000x1 --convention pillow12 tall.ppm -o x.png
degrade --size 70000x1 --convention float tall.ppm -o x.png
fails 2 "option '--threads': '9223372036854775807' is not in the range 0 to 4096" \
  degrade --threads 9223372036854775807 -s 1 a.png -o x.png
fails 2 "option '--gap': '9223372036854775807' is not in the range 0 to 65536" sheet --gap 9223372036854775807 a.png -o x.png
