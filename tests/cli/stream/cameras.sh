# Files as phones, cameras and other programs write them are one image each, whichever way they are read.
image 24 16 1 | "$CONVERT" - -quality 90 plain.jpg
image 24 16 2 | "$CONVERT" - -quality 90 second.jpg
image 24 16 3 | "$CONVERT" - plain.png
image 24 16 4 >plain.ppm
cat >make.py <<'END'
# phone.jpg lists second.jpg as MPF; tool.jpg has the list, but the image was removed.
import struct
first, second = open("plain.jpg", "rb").read(), open("second.jpg", "rb").read()
def mpf(size, offset):
    entries = struct.pack(">IIIHH", 0x030000, size, 0, 0, 0) + struct.pack(">IIIHH", 0, len(second), offset, 0, 0)
    body = b"MPF\0MM\0*" + struct.pack(">IH", 8, 3) + struct.pack(">HHI4s", 0xb000, 7, 4, b"0100")
    body += struct.pack(">HHII", 0xb001, 4, 1, 2) + struct.pack(">HHII", 0xb002, 7, len(entries), 50) + bytes(4) + entries
    return b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body
size = len(first) + len(mpf(0, 0))
primary = first[:2] + mpf(size, size - 10) + first[2:]
open("phone.jpg", "wb").write(primary + second)
open("tool.jpg", "wb").write(primary)
film = struct.pack(">I", 24) + b"ftypmp42" + bytes(12) + b"\xff\xd8\xff P6 P5\n1 \x89P"
film += bytes(i * i >> 3 & 255 for i in range(90000))
open("motion.jpg", "wb").write(first + film)
open("padded.jpg", "wb").write(first + bytes(4096))
open("padded.png", "wb").write(open("plain.png", "rb").read() + bytes(512))
open("newline.png", "wb").write(open("plain.png", "rb").read() + b"\n")
# Bytes between segments, before each of them; a segment a byte too short.
at, n = 2, 0
while True:
    n += 1
    open("between-%d.jpg" % n, "wb").write(first[:at] + b"\0\x01\x02" + first[at:])
    if first[at + 1] == 0xda: break
    at += 2 + struct.unpack(">H", first[at + 2:at + 4])[0]
open("short.jpg", "wb").write(first[:5] + bytes([first[5] - 1]) + first[6:])
END
python3 make.py

pixels() { degrade -s 1 "$@" | grep -av '^#sr'; }
count() { grep -ac '^#sr'; }
for kind in jpg png; do
  pixels plain.$kind >wanted-$kind
done
for file in phone tool motion padded between-1 between-2 between-3 between-4 short; do
  for how in file input pipe archive; do
    case $how in
      file) pixels $file.jpg >seen ;;
      input)
        pixels <$file.jpg >seen 2>said
        [ ! -s said ]
        ;;
      pipe) cat $file.jpg | pixels >seen ;;
      archive)
        tar cf one.tar $file.jpg
        pixels one.tar >seen
        ;;
    esac
    same seen wanted-jpg
  done
done
for file in padded newline; do
  pixels $file.png >seen
  same seen wanted-png
  pixels <$file.png >seen
  same seen wanted-png
  cat $file.png | pixels >seen
  same seen wanted-png
done
degrade -s 1 <phone.jpg | degrade -s 2 -o one.png
[ -s one.png ]

# In a stream, other images follow: none is lost, and one warning tells what was ignored.
cat phone.jpg motion.jpg plain.ppm padded.png tool.jpg plain.jpg newline.png second.jpg >stream
[ "$(cat stream | degrade -s 1 2>said | count)" = 8 ]
[ "$(cat said)" = "degrade: warning: 'standard input, image 2': ignoring 90038 bytes after it, which begin no image" ]
cat phone.jpg plain.ppm plain.png tool.jpg plain.jpg second.jpg plain.jpg >stream
[ "$(degrade -s 1 <stream | count)" = 7 ]
[ "$(cat stream | degrade -s 1 | count)" = 7 ]
# In a file, bytes that begin no image extend to its end.
cat plain.ppm motion.jpg plain.png >stream
[ "$(degrade -s 1 <stream 2>said | count)" = 2 ]
grep -qF "warning: 'standard input, image 2': ignoring what follows it, which begins no image" said
# Where another program has read the beginning, the rest is a stream.
[ "$({ head -c $(stat -c %s plain.ppm) >/dev/null; degrade -s 1 2>/dev/null; } <stream | count)" = 2 ]
fails 1 "is not an image of a known format" bash -c '(cat plain.ppm; echo text) | degrade -s 1'
cat plain.png plain.png >two.png
fails 1 "more bytes after the image's end" degrade -s 1 two.png
[ "$(degrade -s 1 <two.png | count)" = 2 ]
