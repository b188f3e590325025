# --same-noise: the frames of a video get one noise, so equal frames have equal results.
tiny_stage x2.json
up() { upscale -q -m x2.json --steps 2 "$@"; }
# frames FILE   the rasters of a stream of 32x24 frames, as FILE.0, FILE.1, ...
frames() {
  perl -e 'my ($to, $i) = (shift, 0); local $/; binmode STDIN; $_ = <STDIN>;
    while (s/\AP6\n(?:#[^\n]*\n)?32 24\n255\n(.{2304})//s) { open my $f, ">", "$to." . $i++; binmode $f; print $f $1 }
    length and die' "$1" <"$1"
}
image 16 12 1 >still.ppm
image 16 12 2 >other.ppm
cat still.ppm still.ppm other.ppm still.ppm >video.ppm

# Without the option every position has a noise of its own; with it that of the first.
up <video.ppm >alone
frames alone
not cmp -s alone.0 alone.1
not cmp -s alone.1 alone.3
up --same-noise <video.ppm >same
frames same
same same.0 same.1
same same.0 same.3
same same.0 alone.0
not cmp -s same.0 same.2
[ ! -e same.4 ]

# Whatever the batches, in shards, and from another position in the input.
for batch in 1 3; do
  up --same-noise --batch $batch <video.ppm >batches
  same same batches
done
up --same-noise --shard 2/2 <video.ppm >second
frames second
same second.0 same.0
cat other.ppm still.ppm | up --same-noise >later
frames later
same later.1 same.0

# Seeds and samples still differ.
up --same-noise --seed 1 <still.ppm >seeded
frames seeded
not cmp -s seeded.0 same.0
up --same-noise --samples 2 <video.ppm >samples
frames samples
same samples.0 same.0
not cmp -s samples.1 samples.0
same samples.1 samples.3

# Frames come out as they go in: a frame leaves before the next one arrives, once its batch is full.
mkfifo in out
up --same-noise --batch 1 <in >out &
exec 3>in 4<out
cat still.ppm >&3
timeout 60 head -c 100 <&4 >begun
[ "$(wc -c <begun)" = 100 ]
cat other.ppm >&3
exec 3>&-
cat <&4 >rest
wait $!
cat begun rest >both
frames both
same both.0 same.0
same both.1 same.2

# A chain of stages is a pipe of them.
up -m x2.json --same-noise <video.ppm >chain
up --same-noise <video.ppm | up --same-noise >pipe
same chain pipe

# A stage that adds noise to its input.
tiny_stage noisy.json --augmentation gaussian
upscale -q -m noisy.json --noise-level 0.1 --steps 2 --same-noise <video.ppm >noisy
frames noisy
same noisy.0 noisy.1
upscale -q -m noisy.json --noise-level 0.1 --steps 2 <video.ppm >flickers
frames flickers
not cmp -s flickers.0 flickers.1

fails 2 "--same-noise: it applies to stages, and --baseline has none" upscale --baseline box -s 2 --same-noise still.ppm

# The manual page's pipe, where ffmpeg is installed: as many frames come out, of twice the size, with the sound.
if command -v ffmpeg >/dev/null && ffmpeg -v error -encoders >encoders && grep -q libx264 encoders; then
  ffmpeg -v error -f lavfi -i testsrc=size=32x24:rate=5:duration=1 -f lavfi -i sine=duration=1 -pix_fmt yuv420p in.mp4
  ffmpeg -v error -i in.mp4 -f image2pipe -c:v ppm - | up --same-noise |
    ffmpeg -v error -f image2pipe -framerate 5 -c:v ppm -i - -i in.mp4 -map 0:v -map 1:a? -c:a copy -pix_fmt yuv420p out.mp4
  ffmpeg -v error -i out.mp4 -f image2pipe -c:v ppm - >frames.ppm
  [ "$(pamfile -allimages frames.ppm | grep -c 'PPM raw, 64 by 48')" = 5 ]
  ffmpeg -v error -i out.mp4 -map 0:a -f null -
  # 16 bits all the way.
  ffmpeg -v error -i in.mp4 -f image2pipe -c:v ppm -pix_fmt rgb48be - | up --depth 16 --same-noise |
    ffmpeg -v error -f image2pipe -c:v ppm -i - -f rawvideo -pix_fmt rgb48be - >deep.raw
  [ "$(stat -c %s deep.raw)" = $((64 * 48 * 6 * 5)) ]
fi
