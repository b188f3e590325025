# Other programs read our streams, and ours read theirs: netpbm, ImageMagick, ffmpeg; with 8 and with 16 bits.
mkdir in
image 24 16 1 >in/1.ppm
image 31 9 2 >in/2.ppm
image 8 40 3 >in/3.ppm
raster() { tail -c "$(($1 * 3))" "$2"; }

degrade -s 1 in >8.ppm
degrade -s 1 --depth 16 in >16.ppm
for stream in 8.ppm 16.ppm; do
  pamfile -allimages "$stream" >seen # netpbm
  [ "$(grep -c . seen)" = 3 ]
  grep -q '24 by 16' seen
  grep -q '31 by 9' seen
  grep -q '8 by 40' seen
  "$CONVERT" "$stream" "$stream-%d.png" # ImageMagick
  for i in 0 1 2; do
    degrade -s 1 "$stream-$i.png" >back.ppm
    raster $((24 * 16)) in/1.ppm >1.raster
    raster $((31 * 9)) in/2.ppm >2.raster
    raster $((8 * 40)) in/3.ppm >3.raster
    tail -c "$(stat -c %s $((i + 1)).raster)" back.ppm >back.raster
    same back.raster $((i + 1)).raster
  done
done
grep -q 'maxval 65535' <(pamfile -allimages 16.ppm)

# ImageMagick keeps the line in both directions, and thus the keys.
"$CONVERT" 8.ppm through.ppm
degrade -s 1 -o out/ - <through.ppm
[ "$(ls out | xargs)" = "1.png 2.png 3.png" ]

# Streams of PPM from all three, of PNG and JPEG from ffmpeg, and mixed. They have no comments, so keys are numbers.
degrade -s 1 <8.ppm | pamdepth 255 | degrade -s 1 -o netpbm/ -
[ "$(ls netpbm | xargs)" = "000000.png 000001.png 000002.png" ]
"$CONVERT" in/1.ppm in/2.ppm in/3.ppm -strip ppm:- | degrade -s 1 | pamfile -allimages - >seen
[ "$(grep -c . seen)" = 3 ]
image 24 16 4 >in/4.ppm
for codec in ppm png mjpeg; do
  cat in/1.ppm in/4.ppm in/1.ppm | ffmpeg -loglevel error -f ppm_pipe -i - -f image2pipe -c:v $codec - >$codec.stream
  degrade -s 1 <$codec.stream | pamfile -allimages - >seen
  [ "$(grep -c '24 by 16' seen)" = 3 ]
done
cat ppm.stream png.stream mjpeg.stream ppm.stream | degrade -s 1 | pamfile -allimages - >seen
[ "$(grep -c . seen)" = 12 ]
degrade -s 1 in/1.ppm in/4.ppm in/1.ppm | ffmpeg -loglevel error -i - -f image2pipe -c:v ppm - >ffmpeg.ppm
pamfile -allimages ffmpeg.ppm >seen
[ "$(grep -c '24 by 16' seen)" = 3 ]
