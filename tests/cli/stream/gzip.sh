# tar files that gzip compressed: the checksum is compared, and a file that ends early is told from one that is no archive.
for i in 1 2 3; do image 40 30 "$i" >"$i.ppm"; done
tar cf one.tar 1.ppm 2.ppm
tar cf two.tar 3.ppm
gzip -k one.tar two.tar
cat >make.py <<'END'
import gzip, struct, zlib
packed = open("one.tar.gz", "rb").read()
def save(name, data): open(name, "wb").write(data)
save("checksum.tar.gz", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:])
save("length.tar.gz", packed[:-1] + bytes([packed[-1] ^ 1]))
# A byte of the pixels changes in stored blocks, where only the checksum tells.
stored = bytearray(gzip.compress(open("one.tar", "rb").read(), 0))
stored[2000] ^= 1
save("stored.tar.gz", bytes(stored))
for n in (12, 1000, len(packed) - 9, len(packed) - 1): save("early-%d.tar.gz" % n, packed[:n])
save("after.tar.gz", packed + b"\0" * 700)
save("after-text.tar.gz", packed + b"\x1f")
# Every field that RFC 1952 has in a header.
extra, head = b"xy\2\0ab", b"\x1f\x8b\x08\x1f\0\0\0\0\0\3"
head += struct.pack("<H", len(extra)) + extra + b"a name\0" + b"a comment\0"
save("fields.tar.gz", head + struct.pack("<H", zlib.crc32(head) & 0xffff) + gzip.compress(open("one.tar", "rb").read())[10:])
save("empty-member.tar.gz", gzip.compress(b"") + packed + gzip.compress(b""))
END
python3 make.py

names() { degrade -q -s 1 "$@" | grep -ac '^#sr'; }
for file in one.tar.gz after.tar.gz after-text.tar.gz fields.tar.gz empty-member.tar.gz; do
  [ "$(names $file)" = 2 ]
  [ "$(names - <$file)" = 2 ]
done
cat one.tar.gz two.tar.gz >both.tar.gz
[ "$(names both.tar.gz)" = 3 ]

for file in checksum stored; do
  fails 1 "cannot read '$file.tar.gz': the gzip data are damaged (incorrect data check)" degrade -s 1 $file.tar.gz -o out/
  fails 1 "cannot read 'standard input': the gzip data are damaged" sh -c "degrade -s 1 -o out/ <$file.tar.gz"
done
fails 1 "the gzip data are damaged (incorrect length check)" degrade -s 1 length.tar.gz -o out/
for file in early-*.tar.gz; do
  fails 1 "cannot read '$file': the gzip data end early at byte" degrade -s 1 "$file" -o out/
done

# The magic number of a later part may be in two reads.
{ cat one.tar.gz; sleep 0.2; printf '\037'; sleep 0.2; tail -c +2 two.tar.gz; } | degrade -q -s 1 | grep -ac '^#sr' >count
[ "$(cat count)" = 3 ]

# Names in pax headers: an accent that is a character of its own stays one.
mkdir names
cp 1.ppm names/$'\u00e9'.ppm
cp 2.ppm names/$'e\u0301'.ppm
tar --format=pax -cf pax.tar names
tar --format=pax -czf pax.tar.gz names
tar --format=ustar -cf ustar.tar names
for file in pax.tar pax.tar.gz ustar.tar; do
  rm -rf seen
  degrade -q -s 1 $file -o seen/
  [ -e seen/names/$'\u00e9'.png ]
  [ -e seen/names/$'e\u0301'.png ]
done
