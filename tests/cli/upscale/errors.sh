# Errors are reported before any work, with the name.
tiny_stage x2.json
image 8 8 >a.ppm
fails 1 "cannot open 'missing.json'" upscale -m missing.json a.ppm
fails 1 "these are weights; name the manifest beside them" upscale -m x2.safetensors a.ppm
fails 2 "option '--eta': '2' is not in the range 0 to 1" upscale -m x2.json --sampler ddim --eta 2 a.ppm
fails 2 "--eta is of the ddim sampler" upscale -m x2.json --sampler ddpm --eta 1 a.ppm
fails 2 "option '--sampler': 'euler' is not one of ddpm|ddim|dpmpp-2m" upscale -m x2.json --sampler euler a.ppm
fails 2 "has no classes" upscale -m x2.json --class 1 a.ppm
fails 2 "option '--samples': '0' is not in the range >= 1" upscale -m x2.json --samples 0 a.ppm
fails 2 "--overlap 33 is more than half" upscale -m x2.json --tile 64 --overlap 33 a.ppm
fails 2 "option '--batch': '-1' is not in the range >= 0" upscale -m x2.json --batch=-1 a.ppm
fails 2 "option '--seed': '-1' is not in the range >= 0" upscale -m x2.json --seed=-1 a.ppm
fails 2 "'--device'" upscale -m x2.json --device gpu a.ppm
fails 2 "at least 1" upscale -m x2.json --steps 0 a.ppm
fails 2 "cannot use 'zero' as sampling steps" upscale -m x2.json --steps zero a.ppm
fails 1 "a.cut" bash -c 'head -c 100 a.ppm >a.cut; upscale -m x2.json a.cut'
fails 2 "--skip-existing needs a folder" upscale -m x2.json --skip-existing a.ppm

weights=$(echo x2*.safetensors)
cp "$weights" whole
printf 'x' | dd of="$weights" bs=1 seek=$(($(stat -c %s whole) - 5)) conv=notrunc 2>/dev/null
fails 1 "sha256" upscale -m x2.json a.ppm
head -c 1000 whole >"$weights"
fails 1 "'$weights'" upscale -m x2.json a.ppm
rm "$weights"
fails 1 "cannot use 'x2.json': its weights '$weights' do not exist" upscale -m x2.json a.ppm
cp whole "$weights"

# A warning about noise levels goes to standard error, and the result is still made.
upscale -m x2.json --spacing ddim --steps 10 a.ppm 2>said >out.ppm
grep -q "upscale: warning: 'x2.json': sampling starts from pure noise at timestep" said
[ -s out.ppm ]

# Damaged input: skipped only on request.
head -c 60 a.ppm >cut.ppm
upscale -m x2.json a.ppm -o first/
status=0
upscale -m x2.json --keep-going a.ppm cut.ppm -o out/ 2>said || status=$?
[ "$status" = 3 ]
grep -q "cut.ppm" said
[ "$(ls out)" = a.png ]
same first/a.png out/a.png
