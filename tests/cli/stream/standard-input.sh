# Archives on standard input: a zip that is a file is read by its directory, at its end; an empty tar file is one.
image 24 20 1 >a.ppm
image 24 20 2 >b.ppm
zip -q -0 a.zip a.ppm b.ppm
# A member's size is in the directory alone, as where a zip was written into a pipe: without compression its end is unknown.
python3 - <<'END'
import struct
data = bytearray(open("a.zip", "rb").read())
at = data.index(b"PK\3\4")
for name in (b"a.ppm", b"b.ppm"):
    at = data.index(b"PK\3\4", at)
    struct.pack_into("<H", data, at + 6, 8)
    data[at + 14:at + 26] = bytes(12)
    at += 4
open("late.zip", "wb").write(bytes(data))
END
for file in a.zip late.zip; do
  degrade -q -s 1 $file >named
  degrade -q -s 1 <$file >redirected
  cmp <(grep -av '^#sr' named) <(grep -av '^#sr' redirected)
  [ "$(grep -ac '^#sr' redirected)" = 2 ]
done
# A part of it was read before: it is a stream then, as in a pipe.
(
  read -r -n 1 first
  fails 1 "standard input" degrade -s 1
) <late.zip

tar cf empty.tar --files-from /dev/null
degrade -s 1 empty.tar 2>said
grep -q "warning: 'empty.tar' holds no images" said
degrade -s 1 <empty.tar 2>said
grep -q "warning: 'standard input' holds no images" said
