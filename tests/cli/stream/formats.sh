# WebP, TIFF, GIF and HEIF, made by other programs, as files, in archives and in streams; and ICC profiles.
formats=$(degrade --version | tail -n 1)
reads() { [[ $formats == *", $1"* ]]; }
pixels() { degrade -s 1 "${@:2}" "$1" | tail -c "${size:-1152}"; }
image 24 16 3 >a.ppm
pixels a.ppm >wanted
decodes() { # FILE   to the pixels in `wanted`
  pixels "$1" >seen
  cmp seen wanted >&2
}
# A square with a transparent hole, under which the colour is wrong.
perl -e 'binmode STDOUT; print "P7\nWIDTH 24\nHEIGHT 16\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n";
  for my $y (0 .. 15) { for my $x (0 .. 23) {
    print pack "C*", $x > 4 && $x < 12 && $y < 9 ? (9, 9, 9, 0) : (255, 8 * $y, 0, 255) } }' >hole.pam
pamtopng hole.pam >hole.png
pixels hole.png >hole.wanted
# ICC profiles: a header and one tag, of which the second is large enough for several segments of JPEG.
icc() { # BYTES
  perl -e 'binmode STDOUT; my ($n, $r) = (@ARGV, 1);
    my $rest = pack("N", 1) . "desc" . pack("NN", 144, $n);
    for (1 .. $n) { $r = ($r * 1103515245 + 12345) & 0x7fffffff; $rest .= chr($r >> 16 & 255) }
    print pack("N", 128 + length $rest), "lcms", pack("N", 0x02400000), "mntrRGB XYZ ", "\0" x 12, "acsp", "\0" x 28,
      pack("NNN", 0xf6d6, 0x10000, 0xd32d), "\0" x 48, $rest' "$1"
}
icc 21 >p3.icc
icc 150000 >large.icc
profile_of() { # FILE   the bytes of its profile, by ways of our own
  python3 -c '
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
out = b""
if data[:4] == b"\x89PNG":
    at = 8
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + n:at + 12 + n])[0]
        if kind == b"iCCP": out += zlib.decompress(body[body.index(b"\0") + 2:])
        at += 12 + n
else:
    at = 2
    while data[at + 1] != 0xda:
        n = struct.unpack(">H", data[at + 2:at + 4])[0]
        body = data[at + 4:at + 2 + n]
        if data[at + 1] == 0xe2 and body.startswith(b"ICC_PROFILE\0"): out += body[14:]
        at += 2 + n
sys.stdout.buffer.write(out)' "$1"
}
keeps_profile() { # FILE PROFILE   in PNG, in a folder and in JPEG
  degrade -s 2 "$1" -o kept.png
  profile_of kept.png >kept.icc
  same kept.icc "$2"
  degrade -s 2 "$1" -o kept.jpg
  profile_of kept.jpg >kept.icc
  same kept.icc "$2"
  upscale --baseline bicubic -s 2 "$1" -o kept/
  profile_of kept/*.png >kept.icc
  rm -r kept
  same kept.icc "$2"
}

# Profiles of PNG and JPEG, byte by byte; without one there is none. In a stream it is lost, with a warning.
for profile in p3.icc large.icc; do
  "$CONVERT" a.ppm -profile $profile profiled.png
  "$CONVERT" a.ppm -profile $profile profiled.jpg
  keeps_profile profiled.png $profile
  keeps_profile profiled.jpg $profile
done
degrade -s 2 a.ppm -o none.png
[ "$(profile_of none.png | wc -c)" = 0 ]
degrade -s 2 profiled.png 2>said >/dev/null
grep -qF "'profiled.png' has a colour profile, which a stream cannot hold" said
degrade -s 2 profiled.png -o lost.ppm 2>said
grep -qF "'profiled.png' has a colour profile, which PPM cannot hold" said
# A profile of grey or CMYK does not describe RGB samples, and a truncated one describes nothing.
perl -pe 's/RGB /GRAY/' <p3.icc >grey.icc
head -c 140 <p3.icc >short.icc
for profile in grey.icc short.icc; do
  python3 -c '
import struct, sys, zlib
png, icc = open("none.png", "rb").read(), open(sys.argv[1], "rb").read()
body = b"iCCPx\0\0" + zlib.compress(icc)
head, crc = struct.pack(">I", len(body) - 4), struct.pack(">I", zlib.crc32(body))
open("odd.png", "wb").write(png[:33] + head + body + crc + png[33:])' $profile
  degrade -s 1 odd.png -o odd-out.png
  [ "$(profile_of odd-out.png | wc -c)" = 0 ]
done

# A format that this build does not read is refused by its name.
for one in "WebP RIFF....WEBPVP8L" "GIF GIF89a......" "HEIF ....ftypavif....."; do
  reads "${one%% *}" || fails 1 "is a ${one%% *} image, which this build cannot read" degrade -s 1 <(printf %s "${one#* }")
done

files=(a.ppm)
if reads WebP; then
  cwebp -quiet -lossless -exact a.ppm -o a.webp
  decodes a.webp
  cwebp -quiet -lossless -exact hole.png -o hole.webp
  pixels hole.webp >seen
  same seen hole.wanted
  prints '24 by 16 by 4' pamfile <(upscale --baseline nearest -s 1 hole.webp)
  # Lossy: as dwebp decodes it.
  cwebp -quiet -q 60 a.ppm -o lossy.webp
  dwebp -quiet lossy.webp -ppm -o lossy.ppm
  pixels lossy.ppm >lossy.wanted
  pixels lossy.webp >seen
  same seen lossy.wanted
  webpmux -set icc p3.icc a.webp -o profiled.webp 2>/dev/null
  keeps_profile profiled.webp p3.icc
  # Of a film the first picture; the orientation in EXIF.
  cwebp -quiet -lossless hole.png -o second.webp
  webpmux -frame a.webp +9 -frame second.webp +9 -o film.webp 2>/dev/null
  decodes film.webp
  perl -e 'binmode STDOUT; print "MM\0*", pack("NnnnNnnN", 8, 1, 0x112, 3, 1, 3, 0, 0)' >exif
  webpmux -set exif exif a.webp -o turned.webp 2>/dev/null
  "$CONVERT" a.ppm -rotate 180 turned.ppm
  pixels turned.ppm >turned.wanted
  pixels turned.webp >seen
  same seen turned.wanted
  fails 1 "24x16 is more than the limit of 100 pixels" degrade -s 1 --max-pixels 100 a.webp
  fails 1 "cannot read 'cut.webp': truncated" bash -c 'head -c 200 a.webp >cut.webp; degrade -s 1 cut.webp'
  files+=(a.webp)
fi

if reads GIF; then
  "$CONVERT" a.ppm -dither none -colors 30 base.png
  pngtopam base.png >base.ppm
  pixels base.ppm >base.wanted
  for interlace in none GIF; do
    "$CONVERT" base.png -interlace $interlace a.gif
    pixels a.gif >seen
    same seen base.wanted
  done
  # A film's first picture, and a transparent colour.
  "$CONVERT" base.png a.ppm -loop 0 film.gif
  pixels film.gif >seen
  same seen base.wanted
  "$CONVERT" hole.png hole.gif
  pixels hole.gif >seen
  same seen hole.wanted
  prints '24 by 16 by 4' pamfile <(upscale --baseline nearest -s 1 hole.gif)
  fails 1 "24x16 is more than the limit of 100 pixels" degrade -s 1 --max-pixels 100 a.gif
  # Without the trailer, and with half of a second picture.
  head -c -1 a.gif >short.gif
  pixels short.gif >seen
  same seen base.wanted
  pixels - <short.gif >seen
  same seen base.wanted
  cat short.gif | pixels - >seen
  same seen base.wanted
  # Viewers show the first picture, whatever follows it.
  head -c -20 film.gif >half.gif
  (head -c -1 a.gif; printf '\0;') >zero.gif
  (head -c -1 a.gif; printf hello) >other.gif
  for file in half zero other; do
    pixels $file.gif 2>err >seen
    same seen base.wanted
  done
  for file in zero other; do
    cat $file.gif a.ppm | degrade -s 1 2>err >seen
    [ "$(grep -ac '^#sr' seen)" = 2 ]
  done
  fails 1 "cannot read 'cut.gif'" bash -c 'head -c 150 a.gif >cut.gif; degrade -s 1 cut.gif'
  files+=(film.gif)
fi

if reads TIFF; then
  for way in "-compress none" "-compress lzw" "-compress zip" "-compress none -endian MSB" "-compress zip -interlace plane" \
    "-compress rle" "-compress zip -define tiff:tile-geometry=16x16"; do
    read -ra options <<<"$way"
    "$CONVERT" a.ppm "${options[@]}" a.tiff
    decodes a.tiff
  done
  tiffcp -s -r 5 a.tiff strips.tif
  decodes strips.tif
  tiffcp -8 a.tiff big.tif
  decodes big.tif
  # 16 bits, grey, white as 0, a palette, CMYK of black, alpha, and the orientations.
  perl -e 'binmode STDOUT; print "P6\n24 16\n65535\n", pack "n*", map { $_ * 56 } 0 .. 1151' >deep.ppm
  "$CONVERT" deep.ppm deep.tif
  size=2304 pixels deep.ppm --depth 16 >deep.wanted
  size=2304 pixels deep.tif --depth 16 >seen
  same seen deep.wanted
  ppmtopgm a.ppm >grey.pgm
  pixels grey.pgm >grey.wanted
  "$CONVERT" grey.pgm grey.tif
  pixels grey.tif >seen
  same seen grey.wanted
  "$CONVERT" grey.pgm -define quantum:polarity=min-is-white inverted.tif
  tifftopnm inverted.tif >inverted.pgm 2>/dev/null # ImageMagick does not invert the samples
  pixels inverted.pgm >inverted.wanted
  pixels inverted.tif >seen
  same seen inverted.wanted
  "$CONVERT" a.ppm -dither none -colors 20 palette.png
  pngtopam palette.png >palette.ppm
  pixels palette.ppm >palette.wanted
  "$CONVERT" palette.png -type palette palette.tif
  pixels palette.tif >seen
  same seen palette.wanted
  "$CONVERT" hole.png hole.tif
  pixels hole.tif >seen
  same seen hole.wanted
  prints '24 by 16 by 4' pamfile <(upscale --baseline nearest -s 1 hole.tif)
  "$CONVERT" a.ppm -orient bottom-right turned.tif
  "$CONVERT" a.ppm -rotate 180 turned.ppm
  pixels turned.ppm >turned.wanted
  pixels turned.tif >seen
  same seen turned.wanted
  "$CONVERT" a.ppm -profile large.icc profiled.tif
  keeps_profile profiled.tif large.icc
  tiffcp a.tiff deep.tif pages.tif
  degrade -s 1 pages.tif 2>said | tail -c 1152 >seen
  same seen wanted
  grep -qF "'pages.tif' has several pages, of which only the first is read" said
  fails 1 "24x16 is more than the limit of 100 pixels" degrade -s 1 --max-pixels 100 a.tiff
  fails 1 "cannot read 'cut.tif'" bash -c 'head -c 700 strips.tif >cut.tif; degrade -s 1 cut.tif'
  # Sides, strips and tiles that lie.
  python3 -c '
import struct
def tiff(name, tags):
    body = struct.pack("<4sIH", b"II*\0", 8, len(tags))
    for tag, kind, count, value in tags: body += struct.pack("<HHII", tag, kind, count, value)
    open(name, "wb").write(body + bytes(200))
plain = lambda w, h: [(256, 4, 1, w), (257, 4, 1, h), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
tiff("wide.tif", plain(4000000000, 1) + [(273, 4, 1, 20), (279, 4, 1, 100)])
tiff("large.tif", plain(16000, 16000) + [(273, 4, 1, 20), (278, 4, 1, 16000), (279, 4, 1, 256000000)])
tiff("tiles.tif", plain(16, 16) + [(322, 4, 1, 1 << 20), (323, 4, 1, 1 << 20), (324, 4, 1, 20), (325, 4, 1, 100)])'
  for file in wide large tiles; do fails 1 "cannot read '$file.tif'" within 1000 degrade -s 1 $file.tif; done
  # In a stream a TIFF ends behind its last part, wherever that is: in strips and tiles, pages and profiles, BigTIFF.
  shown() { degrade -s 1 2>/dev/null | perl -0777 -pe 's/^#.*\n//mg'; }
  for file in a.tiff strips.tif big.tif palette.tif hole.tif profiled.tif pages.tif; do
    for part in a.ppm $file $file palette.png $file; do shown <$part; done >wanted
    cat a.ppm $file $file palette.png $file | shown >seen
    same seen wanted
  done
  fails 1 "cannot read 'standard input, image 2'" bash -c 'head -c 700 strips.tif | cat strips.tif - | degrade -s 1'
  # A directory that follows itself, and one whose strips have no size, have no known end: the TIFF has all bytes.
  for next in 8 0; do
    python3 -c '
import struct, sys
tags = [(256, 4, 1, 2), (257, 4, 1, 2), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 90), (277, 3, 1, 1)]
out = b"II*\0" + struct.pack("<IH", 8, len(tags))
for tag, kind, count, value in tags: out += struct.pack("<HHII", tag, kind, count, value)
out += struct.pack("<I", int(sys.argv[1]))
sys.stdout.buffer.write(out.ljust(90, b"\0") + bytes([1, 2, 3, 4]))' $next >odd.tif
    [ "$(cat a.ppm odd.tif | degrade -s 1 2>/dev/null | pamfile -allimages | grep -c 'P[GP]M raw')" = 2 ]
  done
  # A million further directories are not looked for among each other.
  python3 -c '
import struct, sys
n = 1000000
head = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 330, 4, n, 26, 0)
sys.stdout.buffer.write(head + struct.pack("<%dI" % n, *range(27, 27 + n)))' >many.tif
  fails 1 "image 2" timeout 20 bash -c 'cat a.ppm many.tif | degrade -s 1'
fi

if reads HEIF && heif-enc -q 60 -o a.heic hole.png >/dev/null 2>&1; then
  heif-convert a.heic heic.png >/dev/null 2>&1
  pixels heic.png >heic.wanted
  pixels a.heic >seen
  same seen heic.wanted
  prints '24 by 16 by 4' pamfile <(upscale --baseline nearest -s 1 a.heic)
  fails 1 "24x16 is more than the limit of 100 pixels" degrade -s 1 --max-pixels 100 a.heic
  fails 1 "cannot read 'cut.heic'" bash -c 'head -c 300 a.heic >cut.heic; degrade -s 1 cut.heic'
  files+=(a.heic)
fi
if reads HEIF && heif-enc -A -q 60 -o a.avif a.ppm >/dev/null 2>&1 || heif-enc -A -q 60 -o a.avif hole.png >/dev/null 2>&1; then
  heif-convert a.avif avif.png >/dev/null 2>&1
  pixels avif.png >avif.wanted
  pixels a.avif >seen
  same seen avif.wanted
  files+=(a.avif)
fi

# Folders, archives and streams of all of them, where each ends at its end.
mkdir all
cp "${files[@]}" all
for ((i = 0; i < ${#files[@]}; i++)); do pixels "${files[i]}"; done >wanted
n=${#files[@]}
[ "$(degrade -q -s 1 all | pamfile -allimages | grep -c 'PPM raw')" = "$n" ]
tar cf all.tar "${files[@]}"
degrade -q -s 1 --keep-going all.tar >stream
[ "$(pamfile -allimages stream | grep -c 'PPM raw')" = "$n" ]
cat "${files[@]}" a.ppm | degrade -s 1 -o split/
[ "$(find split -name '*.png' | wc -l)" = $((n + 1)) ]
for file in split/*.png; do pixels "$file"; done >seen
same seen <(cat wanted; pixels a.ppm)
