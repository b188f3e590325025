# Folders, archives of every kind, lists, pipes and standard input give the same images; keys name the outputs.
mkdir -p in/sub
image 24 16 1 >in/b.ppm
image 31 9 2 | "$CONVERT" - in/sub/a.PNG
image 24 16 3 | "$CONVERT" - -quality 90 in/sub/c.jpeg
echo text >in/notes.txt
echo hidden >in/.hidden.png
degrade -s 1 in/ | grep -av '^#sr' >wanted
[ "$(degrade -s 1 in | grep -a '^#sr' | xargs)" = '#sr {key:b,i:0,n:3} #sr {key:sub/a,i:1,n:3} #sr {key:sub/c,i:2,n:3}' ]

(cd in && tar cf ../a.tar b.ppm notes.txt .hidden.png sub/a.PNG sub/c.jpeg && zip -q ../a.zip b.ppm notes.txt sub/a.PNG sub/c.jpeg)
for how in gz:gzip xz:xz bz2:bzip2 zst:zstd; do
  "${how#*:}" -c <a.tar >"a.tar.${how%:*}"
done
for archive in a.*; do
  degrade -s 1 "$archive" | grep -av '^#sr' >seen
  same seen wanted
  degrade -s 1 <"$archive" | grep -av '^#sr' >seen
  same seen wanted
  mv "$archive" "renamed-$archive" # by content, not by name
  degrade -s 1 -o "out-$archive/" "renamed-$archive"
  [ -f "out-$archive/b.png" ]
  [ -f "out-$archive/sub/a.png" ]
  [ -f "out-$archive/sub/c.png" ]
done

printf '%s\n' in/b.ppm '' in/sub >list
degrade -s 1 @list | grep -av '^#sr' >seen
same seen wanted
cat in/b.ppm in/sub/a.PNG in/sub/c.jpeg | degrade -s 1 | grep -av '^#sr' >seen
same seen wanted
degrade -s 1 in/b.ppm - in/sub/c.jpeg <in/sub/a.PNG | grep -av '^#sr' >seen
same seen wanted
degrade -s 1 <(cat in/b.ppm in/sub/a.PNG) in/sub/c.jpeg | grep -av '^#sr' >seen
same seen wanted

# A list through a pipe, with an output; a pipe without a writer does not delay an error.
degrade -s 1 @<(ls in/*.ppm in/sub/*) -o piped/
[ "$(cd piped/in && find . -type f | sort | xargs)" = './b.png ./sub/a.png ./sub/c.png' ]
mkfifo nobody
fails 1 "is not an image of a known format" timeout 20 degrade -s 1 "$SOURCE/Makefile" nobody

# Keys are kept in a stream; the union of all shards has the same files.
degrade -s 1 in | degrade -s 1 -o out/
[ "$(cd out && find . -type f | sort | xargs)" = './b.png ./sub/a.png ./sub/c.png' ]
for i in 1 2; do degrade -s 1 --shard $i/2 -o shards/ in; done
for file in b sub/a sub/c; do
  pngtopam out/$file.png >one.ppm
  pngtopam shards/$file.png >other.ppm
  same one.ppm other.ppm
done
grep -a -q 'tEXtComment' out/b.png
grep -a -q 'Softwaresr3-cdm' <(tr -d '\0' <out/b.png)

# Images of other formats cause one warning, and other files none.
mkdir -p mixed/sub
cp in/b.ppm mixed
touch mixed/notes.txt mixed/Thumbs.db mixed/.hidden.bmp
degrade -s 1 mixed -o mixed-out/ 2>said
[ ! -s said ]
touch mixed/sub/a.BMP mixed/c.jxl
degrade -s 1 mixed -o mixed-out/ 2>said
[ "$(cat said)" = "degrade: warning: 'mixed': skipping 2 files in unsupported formats ('c.jxl'): convert to PNG" ]
rm mixed/b.ppm
fails 1 "no images in 'mixed', but 2 files in unsupported formats ('c.jxl'): convert to PNG" degrade -s 1 mixed
# A missing operand is always an error.
fails 1 "cannot write 'never.png': there is no image to write" degrade -s 1 -o never.png /dev/null
fails 1 "cannot write 'never.png': there is no image to write" bash -c 'printf "" | degrade -s 1 -o never.png'
[ ! -e never.png ]

fails 1 "no images in 'empty'" bash -c 'mkdir empty; degrade -s 1 empty'
fails 1 "results of 'in/b.ppm' and of 'in/b.ppm': both would be 'out2/b.png'" degrade -s 1 -o out2/ in in/b.ppm
mkdir -p two/A two/B
cp in/b.ppm two/A/x.ppm
cp in/b.ppm two/B/x.ppm
fails 1 "'two/A/x.ppm' and of 'two/B/x.ppm': both would be 'out2/x.png'" degrade -s 1 --shard 1/2 -o out2/ two/A/x.ppm two/B/x.ppm
[ ! -e out2 ]
fails 1 "'out2/b.png' has already been written for another image" \
  bash -c '(degrade -s 1 in/b.ppm; degrade -s 1 in/b.ppm) | degrade -s 1 -o out2/'
# Names that differ only in characters that a key cannot contain.
mkdir names
cp in/b.ppm 'names/a b.ppm'
cp in/b.ppm names/a_b.ppm
cp in/b.ppm names/$'\xff\xfe'.ppm
cp in/b.ppm names/$'\xfe\xff'.ppm
cp in/b.ppm names/日本.ppm
cp in/b.ppm names/été.ppm
degrade -s 1 -o out4/ names
[ "$(cd out4 && LC_ALL=C ls | xargs)" = '__.ppm-2.png __.ppm.png a_b.ppm-2.png a_b.ppm.png été.png 日本.png' ]
(cd names && python3 -c 'import sys, zipfile
with zipfile.ZipFile("../utf8.zip", "w") as z:
    for name in sys.argv[1:]: z.write(name)' a_b.ppm 日本.ppm été.ppm)
degrade -s 1 utf8.zip -o out7/
[ "$(cd out7 && LC_ALL=C ls | xargs)" = 'a_b.png été.png 日本.png' ]
# Names that are too long, and differ only at the end.
mkdir long
for i in 1 2 3; do cp in/b.ppm "long/$(printf 'x%.0s' {1..205})$i.ppm"; done
degrade -s 1 long -o out8/
[ "$(ls out8 | sed 's/^x*//' | xargs)" = '-2.png -3.png .png' ]
degrade -s 1 names/日本.ppm | grep -a -q '^#sr {"key":"\\u65e5\\u672c",'
degrade -s 1 names/日本.ppm names/été.ppm | degrade -s 1 -o out6/
[ "$(cd out6 && LC_ALL=C ls | xargs)" = 'été.png 日本.png' ]
# A tab in a list begins the class, unless it is part of a file's name.
cp in/b.ppm $'names/t\tb.ppm'
printf 'names/t\tb.ppm\0' >tabs
[ "$(degrade -s 1 @tabs | grep -ac '^#sr')" = 1 ]
rm $'names/t\tb.ppm'
cp in/b.ppm names/x.ppm
cp in/sub/a.PNG names/x.png
(cd names && tar cf ../x.tar x.ppm x.png)
degrade -s 1 -o out5/ x.tar
[ "$(cd out5 && ls | xargs)" = 'x.png x.png.png' ]
fails 1 "it holds one image; use -o DIR/" degrade -s 1 -o x.png in
fails 2 "--shard: '3/2' is not I/N with I from 1 to N" degrade -s 1 --shard 3/2 in
fails 2 "names neither a folder" degrade -s 1 -o x.gif in/b.ppm
fails 1 "cannot open 'missing'" degrade -s 1 in missing
