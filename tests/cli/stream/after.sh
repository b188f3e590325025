# What follows an image: bytes that begin like an image but are none belong to a JPEG or PNG before them; white space may follow a
# PNM.
photos a 2 20 10
pnmtopng a/1.ppm >png
pnmtojpeg a/1.ppm >jpg
degrade -s 1 png >want.png.ppm
degrade -s 1 jpg >want.jpg.ppm
wave='RIFF\44\0\0\0WAVEfmt \20\0\0\0\1\0\1\0'
for trailer in "$wave" 'RIFF\44\0\0\0AVI LIST' 'GIF8 pixels' 'II*\0' 'MM are the initials' 'Rest'; do
  for format in jpg png; do
    { cat $format && printf "$trailer"; } >whole
    degrade -s 1 whole >named
    cat whole | degrade -s 1 >piped
    degrade -s 1 <whole >redirected
    for got in named piped redirected; do
      sed '/^#/d' $got >got
      sed '/^#/d' want.$format.ppm | cmp - got
    done
  done
done
# Images that follow are still read.
{ cat jpg && ppmtogif a/2.ppm 2>/dev/null; } | degrade -s 1 -o two/
[ "$(find two -name '*.png' | wc -l)" = 2 ]

# White space after the raster, and between two.
sed '/^#/d' a/1.ppm >1.ppm
sed '/^#/d' a/2.ppm >2.ppm
for space in '\n' ' \r\n\t ' '\n\n'; do
  { cat 1.ppm && printf "$space" && cat 2.ppm && printf "$space"; } >spaced.ppm
  degrade -s 1 <spaced.ppm | sed '/^#/d' >got
  cat 1.ppm 2.ppm | degrade -s 1 | sed '/^#/d' | cmp - got
done
{ cat 1.ppm && printf '\n'; } >one.ppm
degrade -s 1 one.ppm -o one.png
fails 1 "is not an image of a known format" bash -c '{ cat 1.ppm; echo text; } | degrade -s 1 >/dev/null'
