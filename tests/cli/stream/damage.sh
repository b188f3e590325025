# Damaged, truncated and malicious input is an error with file and position, in bounded memory; --keep-going skips it.
mkdir in
image 24 16 1 >in/a.ppm
image 24 16 2 | "$CONVERT" - in/b.png
image 24 16 3 | "$CONVERT" - in/c.jpg
[ "${SANITIZED:-}" = 1 ] || ulimit -v 1500000 # KiB

for file in a.ppm b.png c.jpg; do
  size=$(stat -c %s in/$file)
  head -c $((size - 20)) in/$file >cut-$file
  fails 1 "cannot read 'cut-$file': truncated at byte $((size - 20))" degrade -s 1 cut-$file
done
fails 1 "cannot read 'standard input, image 2': truncated at byte 100" \
  bash -c '(cat in/b.png; head -c 100 in/a.ppm) | degrade -s 1'
degrade -s 1 in >stream
fails 1 "it ends after 2 of 3 images" bash -c 'head -c $(($(stat -c %s stream) * 2 / 3)) stream | degrade -s 1'
degrade -s 1 </dev/null >none 2>err
[ ! -s none ]
grep -q "warning: 'standard input' holds no images" err
fails 1 "not an image of a known format" degrade -s 1 "$SOURCE/Makefile"

printf 'P6\n100000 100000\n255\n' >huge.ppm
fails 1 "cannot read 'huge.ppm': 100000x100000 is more than the limit of 268435456 pixels" degrade -s 1 huge.ppm
fails 1 "24x16 is more than the limit of 100 pixels" degrade -s 1 --max-pixels 100 in/b.png
printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\x86\xa0\0\1\x86\xa0\x08\2\0\0\0\0\0\0\0' >huge.png
fails 1 "cannot read 'huge.png': 100000x100000 is more than the limit" degrade -s 1 huge.png
# An endless chunk of 2 GiB; zeros compressed a thousandfold, once and twice.
(head -c 33 in/b.png; printf '\x7f\xff\xff\xfftEXt'; yes) 2>/dev/null | head -c 300000000 >endless || true
fails 1 "more than the " bash -c 'degrade -s 1 <endless'
rm endless
mkdir bomb
truncate -s 280M bomb/zeros.txt
image 8 8 >bomb/last.ppm
tar -C bomb -cf - zeros.txt last.ppm | xz -1 -T1 >bomb.tar.xz
fails 1 "cannot read 'bomb.tar.xz': unpacks to more than 2000 times its size" degrade -s 1 bomb.tar.xz
(cd bomb && mv zeros.txt zeros.png && zip -q ../bomb.zip zeros.png last.ppm)
fails 1 "'bomb.zip:zeros.png' is not an image of a known format" degrade -s 1 bomb.zip
rm -r bomb
# Zeros that are an image: compressed by gzip, in a zip, and as a hole in a tar. The images beside them are read.
mkdir zeros
printf 'P6\n16000 8000\n255\n' >zeros/z.ppm
truncate -s $((18 + 16000 * 8000 * 3)) zeros/z.ppm
image 8 8 >zeros/a.ppm
(cd zeros && tar cf - a.ppm z.ppm | gzip -1 >../zeros.tar.gz)
(cd zeros && zip -q -1 ../zeros.zip a.ppm z.ppm && tar cSf ../zeros.tar a.ppm z.ppm)
for archive in zeros.tar.gz zeros.zip; do
  fails 3 "cannot read '$archive:z.ppm': unpacks to more than 256 MiB and 200 times its size" \
    degrade -s 1 --keep-going -o unpacked/ $archive
  [ "$(ls unpacked)" = a.png ]
done
fails 1 "cannot read 'zeros.tar': unpacks to more than 2000 times its size" degrade -s 1 zeros.tar
# Compressed twice and more; a name in the header of gzip that never ends, in the first part and in a later one.
tar -C zeros -cf one.tar a.ppm
# After the end of a tar, zeros are more of its padding; other bytes are damage.
(cat one.tar; head -c 10240 /dev/zero) >padded.tar
degrade -s 1 padded.tar >/dev/null
(cat one.tar; perl -e 'print "y\n" x 2500') >junk.tar
fails 1 "cannot read 'junk.tar': damaged tar archive" degrade -s 1 junk.tar -o unpacked/
[ -s unpacked/a.png ]
gzip -k one.tar
gzip -c one.tar.gz >two.tar.gz.gz
xz -c two.tar.gz.gz >three.tar.gz.gz.xz
rm -r zeros
for archive in two.tar.gz.gz three.tar.gz.gz.xz; do
  fails 1 "(it may be damaged, or compressed more than once)" degrade -s 1 $archive
  fails 1 "(it may be damaged, or compressed more than once)" bash -c "degrade -s 1 <$archive"
done
(printf '\x1f\x8b\x08\x08\0\0\0\0\0\3'; head -c 40000000 /dev/zero | tr '\0' a) >name.gz
fails 1 "nothing can be unpacked from" degrade -s 1 name.gz
fails 1 "nothing can be unpacked from" bash -c 'head -c 1000 one.tar | gzip | cat - name.gz | degrade -s 1'
rm name.gz zeros.*

cp cut-b.png in/d.png
cp huge.ppm in/
fails 1 "cannot read 'in/d.png': truncated" degrade -s 1 in
fails 3 "cannot read 'in/huge.ppm': 100000x100000" degrade -s 1 --keep-going -o out/ in
[ "$(ls out | xargs)" = "a.png b.png c.png" ]
degrade -s 1 --keep-going in >stream 2>err || [ $? = 3 ]
[ "$(pamfile -allimages stream | grep -c .)" = 3 ]
not grep -aq '"n":' stream # the number was not known
(cd in && tar cf ../in.tar -- *)
fails 3 "cannot read 'in.tar:d.png': truncated" degrade -s 1 --keep-going -o out2/ in.tar
[ "$(ls out2 | xargs)" = "a.png b.png c.png" ]
fails 3 "not an image of a known format" bash -c '(cat in/a.ppm; echo text) | degrade -s 1 --keep-going -o out3/'
[ "$(ls out3 | xargs)" = "000000.png" ]

# Writing: a full disk, a folder that cannot be created, a terminal; no partial file is left.
fails 1 "cannot write 'standard output': No space left on device" bash -c 'degrade -s 1 in/a.ppm >/dev/full'
fails 1 "cannot create the folder 'in/a.ppm/'" degrade -s 1 -o in/a.ppm/ in/b.png
fails 1 "truncated" degrade -s 1 -o never.png cut-b.png
[ ! -e never.png ]
if command -v script >/dev/null; then
  script -qec 'degrade -s 1 in/a.ppm' typescript >said </dev/null && exit 1 || [ $? = 2 ]
  grep -q 'images are not written to a terminal' said
fi
