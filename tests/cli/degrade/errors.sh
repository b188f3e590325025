# Errors, their messages, and --keep-going.
image 24 16 >good.ppm
image 3 16 >narrow.ppm
head -c 300 good.ppm >cut.ppm

fails 2 "either --scale N or --size WxH is needed" degrade good.ppm
fails 2 "--scale and --size exclude each other" degrade -s 2 --size 4x4 good.ppm
fails 2 "option '--scale': '0' is not in the range 1 to 65536" degrade -s 0 good.ppm
fails 2 "option '--scale': '2x' is not a whole number" degrade -s 2x good.ppm
fails 2 "'4' is not a size such as 640x480" degrade --size 4 good.ppm
fails 2 "'cubic' is not one of box|bilinear|bicubic|lanczos" degrade -s 2 --kernel cubic good.ppm
fails 2 "'opencv' is not one of pillow|pillow12|matlab|float" degrade -s 2 --convention opencv good.ppm
fails 2 "option '--blur': '-1' is not in the range 0 to 1000" degrade -s 2 --blur=-1 good.ppm
fails 2 "option '--noise': '256' is not in the range 0 to 255" degrade -s 2 --noise 256 good.ppm
fails 2 "option '--jpeg': '101' is not in the range 1 to 100" degrade -s 2 --jpeg 101 good.ppm
fails 2 "option '--seed': '-1' is not a whole number of 0 or more" degrade -s 2 --seed=-1 good.ppm

mkdir folder
cp good.ppm folder/
before=$(ls -l folder)
fails 2 "-o: 'folder/' is also an input" degrade -s 2 folder -o folder/
fails 2 "-o: './folder/' is also an input" degrade -s 2 good.ppm folder/ -o ./folder
[ "$before" = "$(ls -l folder)" ]

fails 1 "cannot degrade 'narrow.ppm': an image of 3x16 cannot be shrunk 4 times" degrade -s 4 narrow.ppm
fails 1 "narrow.ppm" degrade -s 4 --crop-only narrow.ppm
fails 1 "cut.ppm" degrade -s 4 good.ppm cut.ppm -o out/
fails 1 "cannot write 'standard output': No space left on device" \
  bash -c 'exec degrade -s 4 good.ppm >/dev/full'

fails 3 "cannot degrade 'narrow.ppm'" degrade -s 4 --keep-going narrow.ppm good.ppm cut.ppm -o kept/
[ "$(ls kept)" = good.png ]
fails 3 "cut.ppm" degrade -s 4 --keep-going narrow.ppm good.ppm cut.ppm -o kept/
fails 0 "" degrade -s 4 --keep-going good.ppm -o kept/

degrade -s 4 </dev/null >none 2>err
[ ! -s none ]
grep -q "^degrade: warning: 'standard input' holds no images$" err
# Ends silently, by the signal, when the reader has closed the pipe.
image 200 200 >big.ppm
set +o pipefail
degrade -s 1 big.ppm big.ppm big.ppm 2>err | head -c 1 >first
[ "${PIPESTATUS[0]}" = 141 ]
[ ! -s err ]
