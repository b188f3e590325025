# --precision int8: close to fp32, the same bytes in any batch and with any number of threads; --measure-int8 records how close,
# and --precision auto selects it then.
grep -qwE 'avx2|avx512f' /proc/cpuinfo || exit 0
cp "$SOURCE/examples/photo-x4.safetensors" "$SOURCE/examples/photo-x4.json" .
photos small 2 24 20
few="--steps 2 --sampler ddim --spacing trailing"

upscale -m photo-x4.json --precision fp32 $few small/ -o fp32/
upscale -m photo-x4.json --precision int8 $few small/ -o int8/
not cmp -s fp32/1.png int8/1.png
sr-metrics fp32 int8 | awk '/^mean/ { near = $2 > 40 } END { exit !near }'
upscale -m photo-x4.json --precision int8 $few --threads 1 --batch 1 small/ -o one/
upscale -m photo-x4.json --precision int8 $few --threads 3 --batch 2 small/ -o three/
for i in 1 2; do
  same int8/$i.png one/$i.png
  same int8/$i.png three/$i.png
done

# auto is int8 only for a stage for which it was measured to be good enough.
sed -i '/"precision": {/,/}/d' photo-x4.json
upscale -v -m photo-x4.json $few small/1.ppm -o auto.png 2>log
not grep -q 'int8 on cpu' log
sed -i '/"sampling": {/,/}/ { s/"steps": .*/"steps": "2",/; s/"ddpm"/"ddim"/; s/"uniform"/"trailing"/ }' photo-x4.json
upscale -m photo-x4.json --measure-int8 small/ >table 2>log
grep -c . table | grep -qx 3
grep -q '"int8_psnr": ' photo-x4.json
sed -i 's/"int8_psnr": .*/"int8_psnr": 45.0/' photo-x4.json
upscale -v -m photo-x4.json small/1.ppm -o auto.png 2>log
grep -q 'int8 on cpu' log
same auto.png int8/1.png
sed -i 's/"int8_psnr": .*/"int8_psnr": 44.9/' photo-x4.json
upscale -v -m photo-x4.json $few small/1.ppm -o auto.png 2>log
not grep -q 'int8 on cpu' log

mkdir empty
fails 1 "no images in 'empty/'" upscale -m photo-x4.json --measure-int8 empty/
fails 2 "measures one stage" upscale --measure-int8 small/1.ppm
fails 2 "writes no images" upscale -m photo-x4.json --measure-int8 small/ -o out/
fails 2 "--steps: --measure-int8 measures how the manifest samples" upscale -m photo-x4.json --measure-int8 --steps 3 small/
fails 2 "--device cuda: int8 is measured where it runs" upscale -m photo-x4.json --measure-int8 --device cuda small/
fails 2 "exclude each other" upscale --baseline box -s 2 --measure-int8 small/
fails 2 "'int8' is not one of auto|fp32|bf16|fp16" sr3-train --preset tiny --precision int8 small -o x.json
