# What other programs write into images, lists and archives, and names in any encoding.
image 24 16 1 >a.ppm
"$CONVERT" a.ppm a.png
pixels() { degrade -s 1 "$@" | grep -av '^#sr'; }
pixels a.ppm >wanted

# Orientation in PNG, as ImageMagick stores EXIF; and in eXIf with JPEG's prefix; in XMP. Each is 16x24 upright.
"$CONVERT" a.ppm a.jpg
cat >make.py <<'END'
import struct, zlib
png = open("a.png", "rb").read()
def chunk(kind, data, wrong=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ wrong)
def save(name, extra=b"", late=b"", body=png):
    open(name, "wb").write(body[:33] + extra + body[33:-12] + late + body[-12:])
tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x112, 3, 1, 6, 0, 0)
exif = b"Exif\0\0" + tiff
raw = b"\nexif\n%8d\n" % len(exif) + b"\n".join(exif[i:i + 36].hex().encode() for i in range(0, len(exif), 36)) + b"\n"
jpeg = open("a.jpg", "rb").read()
open("turned.jpg", "wb").write(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
turns = {
    "exif": chunk(b"eXIf", tiff), "prefix": chunk(b"eXIf", exif),
    "text": chunk(b"tEXt", b"Raw profile type exif\0" + raw),
    "packed": chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw)),
    "international": chunk(b"iTXt", b"Raw profile type exif\0\1\0\0\0" + zlib.compress(raw)),
    "xmp": chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>')}
for name, extra in turns.items():
    save("turned-%s-early.png" % name, extra)
    save("turned-%s-late.png" % name, late=extra)
save("checksum.png", chunk(b"eXIf", tiff, 1) + chunk(b"tEXt", b"Comment\0a", 1) + chunk(b"pHYs", bytes(9), 1))
# The pixels' zlib stream announces a window of 256 bytes, but uses a larger one.
ends = [i for i in range(len(png)) if png[i + 4:i + 8] in (b"IDAT", b"IEND")]
raw = zlib.decompress(b"".join(png[i + 8:i + 8 + struct.unpack(">I", png[i:i + 4])[0]] for i in ends[:-1]))
packed = zlib.compress(raw, 9)
open("window.png", "wb").write(png[:ends[0]] + chunk(b"IDAT", b"\x08\x1d" + packed[2:]) + png[ends[-1]:])
pixels = open("a.ppm", "rb").read()[-24 * 16 * 3:]
for name, head in {"return": b"P6\r# c\r24 16\r255\r", "both": b"P6\r\n# c\r\n24 16\r\n255\n"}.items():
    open(name + ".ppm", "wb").write(head + pixels)
END
python3 make.py
"$CONVERT" turned.jpg turned-by-magick.png
for file in turned*.png turned.jpg; do
  degrade -s 1 "$file" | pamfile | grep -q "PPM raw, 16 by 24" || { echo "$file is not turned"; exit 1; }
done

# A chunk without pixels may have a wrong checksum: a warning for each, even if the file is read again and again.
pixels checksum.png >seen 2>said
same seen wanted
[ "$(grep -c "warning: 'checksum.png': ignoring the chunk .*, whose checksum is wrong" said)" = 3 ]
sheet checksum.png checksum.png checksum.png -o sheet.png 2>said
[ "$(grep -c "whose checksum is wrong" said)" = 3 ]
for file in window.png return.ppm both.ppm; do
  pixels $file >seen
  same seen wanted
done

# Lists: a byte order mark, and names that are separated by zeros.
mkdir 'new
line'
cp a.ppm 'new
line/b.ppm'
printf '\xef\xbb\xbfa.ppm\r\na.png\r\n' >list
[ "$(degrade -s 1 @list | grep -ac '^#sr')" = 2 ]
find . -name b.ppm -print0 >list
degrade -s 1 @list | grep -aq '^#sr {"key":"new_line/b"'
degrade -s 1 @<(find . -name b.ppm -print0) | grep -av '^#sr' >seen
same seen wanted

# Archives: images of other formats are reported as in folders; of two archives in one file both are read.
touch c.bmp d.JXL .hidden.tga notes.txt
tar cf one.tar a.ppm c.bmp .hidden.tga d.JXL notes.txt
zip -q one.zip a.ppm c.bmp
degrade -s 1 one.tar 2>said >/dev/null
[ "$(cat said)" = "degrade: warning: 'one.tar': skipping 2 files in unsupported formats ('c.bmp'): convert to PNG" ]
cat one.zip | degrade -s 1 2>said >/dev/null
[ "$(cat said)" = "degrade: warning: 'standard input': skipping 1 file in unsupported formats ('c.bmp'): convert to PNG" ]
tar cf two.tar a.png
cat one.tar two.tar >both.tar
[ "$(degrade -q -s 1 both.tar | grep -ac '^#sr')" = 2 ]
gzip -k one.tar two.tar
cat one.tar.gz two.tar.gz >both.tar.gz
[ "$(degrade -q -s 1 <both.tar.gz | grep -ac '^#sr')" = 2 ]
head -c -3000 both.tar >cut.tar
fails 1 "cut.tar" degrade -s 1 cut.tar

# Names are compared byte by byte: an accent that is a character of its own makes another name.
mkdir composed decomposed
cp a.ppm composed/$'\u00e9'.ppm
cp a.ppm decomposed/$'e\u0301'.ppm
cp a.ppm composed
cp a.ppm decomposed
fails 1 "cannot pair" sr-metrics composed decomposed
degrade -s 1 composed/$'\u00e9'.ppm decomposed/$'e\u0301'.ppm -o names/
[ "$(ls names | wc -l)" = 2 ]
