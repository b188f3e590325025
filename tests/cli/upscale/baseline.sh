# --baseline resizes as degrade and netpbm do, keeps keys and order, and needs no stage.
photos small 3 17 11
for kernel in box bilinear bicubic lanczos; do
  for convention in pillow matlab float; do
    upscale --baseline "$kernel" --convention "$convention" -s 3 small/1.ppm -o up.ppm
    degrade --size 51x33 --kernel "$kernel" --convention "$convention" small/1.ppm -o same.ppm
    same up.ppm same.ppm
  done
done

upscale --baseline nearest -s 4 small/2.ppm | tail -c $((68 * 44 * 3)) >nearest
pamenlarge 4 small/2.ppm | tail -c $((68 * 44 * 3)) >enlarged
same nearest enlarged

# A folder, a stream and an archive give the same images in the same order.
upscale --baseline bicubic -s 2 small/ -o up/
[ "$(ls up | xargs)" = "1.png 2.png 3.png" ]
cat small/*.ppm | upscale --baseline bicubic -s 2 | pamfile -allimages | grep -c "PPM raw, 34 by 22" | grep -qx 3
tar cf small.tar small
upscale --baseline bicubic -s 2 small.tar -o from-tar/
for i in 1 2 3; do
  pngtopam up/$i.png >a
  pngtopam from-tar/small/$i.png >b
  same a b
done

# 16 bits stay exact: nearest repeats them.
pamdepth 65535 small/1.ppm >deep.ppm
upscale --baseline nearest -s 1 --depth 16 deep.ppm | tail -c $((17 * 11 * 6)) >a
tail -c $((17 * 11 * 6)) deep.ppm >b
same a b

# Existing results are not changed.
echo kept >up/2.png
rm up/3.png
upscale --baseline bicubic -s 2 --skip-existing small/ -o up/
[ "$(cat up/2.png)" = kept ]
[ -s up/3.png ]

fails 2 "--baseline needs --scale" upscale --baseline box small/1.ppm
fails 2 "--scale needs --baseline" upscale -s 2 small/1.ppm
fails 2 "'cubic' is not one of nearest|box|bilinear|bicubic|lanczos" upscale --baseline cubic -s 2 small/1.ppm
fails 2 "option '--scale': '0' is not in the range 1 to 256" upscale --baseline box -s 0 small/1.ppm
fails 2 "exclude each other" upscale --baseline box -s 2 -m x.json small/1.ppm
fails 2 "--samples: it applies to stages, and --baseline has none" upscale --baseline box -s 2 --samples 3 small/1.ppm
fails 2 "--steps: it applies to stages" upscale --baseline box -s 2 --steps 3 small/1.ppm
fails 2 "no stage given" upscale small/1.ppm
