# --keep-exif keeps EXIF data in PNG and JPEG, upright and without the thumbnail; without it they are left out.
image 24 16 3 >a.ppm
# A block of the other byte order than ImageMagick's own: orientation 6, a camera's name, a place (GPS), sizes, a thumbnail.
perl -e 'binmode STDOUT;
  my $entries = sub { my @e = @_; pack("n", scalar @e) . join("", map { pack("nnN", $_->[0], $_->[1], $_->[2]) .
    ($_->[1] == 3 ? pack("nn", $_->[3], 0) : $_->[1] == 2 && $_->[2] < 5 ? pack("a4", $_->[3]) : pack("N", $_->[3])) } @e) };
  # Directories at 8 (4 entries), 62 (2), 92 (1), 110 (2); the texts follow.
  print "MM\0*", pack("N", 8), $entries->([0x010f, 2, 7, 140], [0x0112, 3, 1, 6], [0x8769, 4, 1, 62], [0x8825, 4, 1, 92]),
    pack("N", 110), $entries->([0xa002, 3, 1, 24], [0xa003, 3, 1, 16]), pack("N", 0), $entries->([1, 2, 2, "N\0"]),
    pack("N", 0), $entries->([0x0201, 4, 1, 147], [0x0202, 4, 1, 9]), pack("N", 0), "Camera\0", "THUMBNAIL"' >block
pnmtojpeg a.ppm 2>/dev/null | perl -e 'binmode STDIN; binmode STDOUT; local $/; my $j = <STDIN>;
  open my $f, "<", "block"; binmode $f; my $e = "Exif\0\0" . <$f>;
  print substr($j, 0, 2), "\xff\xe1", pack("n", 2 + length $e), $e, substr($j, 2)' >photo.jpg
cat >said.py <<'PYTHON'
# The orientation, camera, place and size in the EXIF data of a PNG or JPEG, and the number of directories.
import struct, sys
data = open(sys.argv[1], "rb").read()
png, at, block = data.startswith(b"\x89PNG"), 0, b""
at = 8 if png else 2
while not block and at + 12 < len(data):
    if png:
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"eXIf": block = data[at + 8:at + 8 + n]
        at += 12 + n
    else:
        kind, n = struct.unpack(">HH", data[at:at + 4])
        if kind == 0xffe1: block = data[at + 10:at + 2 + n]
        at += 2 + n
order = ">" if block[:2] == b"MM" else "<"
def directory(at):
    found, count = {}, struct.unpack_from(order + "H", block, at)[0]
    for i in range(count):
        tag, kind, n = struct.unpack_from(order + "HHI", block, at + 2 + 12 * i)
        place = at + 10 + 12 * i
        if kind == 2:
            begin = place if n <= 4 else struct.unpack_from(order + "I", block, place)[0]
            found[tag] = block[begin:begin + n - 1].decode()
        else:
            found[tag] = struct.unpack_from(order + ("H" if kind == 3 else "I"), block, place)[0]
    return found, struct.unpack_from(order + "I", block, at + 2 + 12 * count)[0]
first, after = directory(struct.unpack_from(order + "I", block, 4)[0])
details, place = directory(first[0x8769])[0], directory(first[0x8825])[0]
print(first[0x0112], first[0x010f], place[1], details[0xa002], details[0xa003], 1 if after == 0 else 2)
PYTHON
said() { python3 said.py "$1"; }
[ "$(said photo.jpg)" = "6 Camera N 24 16 2" ]
for out in kept.png kept.jpg; do
  degrade -s 2 --keep-exif photo.jpg -o $out
  [ "$(said $out)" = "1 Camera N 8 12 1" ]
  not grep -q THUMBNAIL $out
  upscale --baseline bicubic -s 2 --keep-exif photo.jpg -o $out
  [ "$(said $out)" = "1 Camera N 32 48 1" ]
done
# Not asked for: neither camera nor place.
for out in plain.png plain.jpg; do
  degrade -s 2 photo.jpg -o $out
  not grep -aq Camera $out
done
# From PNG, as a chunk and as ImageMagick's text; into a folder; through a stage.
degrade -s 1 --keep-exif photo.jpg -o in.png
degrade -s 1 --keep-exif in.png -o folder/
[ "$(said folder/in.png)" = "1 Camera N 16 24 1" ]
"$CONVERT" photo.jpg text.png
degrade -s 2 --keep-exif text.png -o kept.png
[ "$(said kept.png)" = "1 Camera N 8 12 1" ]
tiny_stage x2.json
upscale -q -m x2.json --steps 1 --keep-exif in.png -o kept.png
[ "$(said kept.png)" = "1 Camera N 32 48 1" ]
if [[ $(degrade --version) == *WebP* ]]; then
  cwebp -quiet -metadata exif photo.jpg -o photo.webp
  degrade -s 2 --keep-exif photo.webp -o kept.png
  [ "$(said kept.png)" = "1 Camera N 8 12 1" ]
fi
if [[ $(degrade --version) == *HEIF* ]]; then
  heif-enc photo.jpg -o photo.heic >out 2>&1
  degrade -s 2 --keep-exif photo.heic -o kept.png
  [ "$(said kept.png | cut -d ' ' -f 1-3)" = "1 Camera N" ]
fi
# Where no EXIF data can be, the option is refused.
fails 2 "--keep-exif: PNM images hold no EXIF data" degrade -s 2 --keep-exif photo.jpg
fails 2 "--keep-exif: PNM images hold no EXIF data" degrade -s 2 --keep-exif photo.jpg -o a.ppm
