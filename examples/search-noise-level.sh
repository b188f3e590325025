#!/usr/bin/env bash
# search-noise-level.sh CASCADE.json HELD-OUT [DIR]: finds the best noise level for each stage of a cascade, as in the CDM
# paper, by the Frechet distance of N samples to held-out images, one stage after the other. The outputs of the previous
# stage are stored once; each stage uses the best outputs of the previous one.
# HELD-OUT: a folder or archive of images that are not in the training data. FID_FEATURES: the feature network for fid(1).
# Run again, it resumes where it stopped. N (1000) samples, LEVELS to try, CLASS (all); the results are in DIR.
#   FID_FEATURES=pt_inception-2015-12-05-6726825d.pth N=5000 examples/search-noise-level.sh objects.json test/
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build/bin:$here/bin:$PATH
[ $# -ge 2 ] || { echo "usage: search-noise-level.sh CASCADE.json HELD-OUT [DIR]" >&2; exit 2; }
cascade=$1 held=$2 dir=${3:-noise-levels}
mkdir -p "$dir"

# One command for each stage of the cascade.
pipe=$(cascade "$cascade" -n "${N:-1000}" --class "${CLASS:-all}" --show-pipe)
readarray -t stages < <(sed 's/ | /\n/g' <<<"$pipe")
value() { sed -n "s/^ *\"$1\": \([0-9.]*\).*/\1/p" "$2"; }

# score IMAGES SIZE: sets `found` to the distance, and stores it beside the images.
score() {
  local real=$dir/held-out-$2
  if [ ! -d "$real" ]; then
    degrade -q --pad "$(value pad "$cascade")" --center-crop --size "$2x$2" --kernel box "$held" -o "$real.new/"
    mv "$real.new" "$real"
  fi
  [ -e "$real.npz" ] || fid stats -q "$real" -o "$real.npz"
  if [ ! -e "$1.score" ]; then
    fid stats -q "$1" -o "$1.npz"
    fid compare -q "$1.npz" "$real.npz" | tail -n1 | cut -f2 >"$1.score.new"
    mv "$1.score.new" "$1.score"
  fi
  found=$(<"$1.score")
}

below=$dir/0
eval "${stages[0]} --skip-existing -o \"\$below/\""
best=
printf 'size\tnoise_level\tdistance\n'
for ((i = 1; i < ${#stages[@]}; i++)); do
  eval "set -- ${stages[i]}"
  size=$(value high_res "$3") most=$(value max_level "$3") levels=
  case ${stages[i]} in *--noise-level*) levels=${LEVELS:-0 0.05 0.1 0.15 0.2 0.3 0.4 0.5} ;; esac
  scores=$dir/$i.scores
  : >"$scores"
  for level in ${levels:--}; do
    perl -e 'exit !($ARGV[0] eq "-" || $ARGV[0] <= $ARGV[1])' -- "$level" "$most" || continue
    out=$dir/$i-$level
    eval "$(sed "s/--noise-level [^ ]*/--noise-level $level/" <<<"${stages[i]}") --skip-existing -o \"\$out/\" \"\$below\""
    score "$out" "$size"
    printf '%s\t%s\t%s\n' "$size" "$level" "$found" | tee -a "$scores"
  done
  level=$(sort -t "$(printf '\t')" -g -k3,3 "$scores" | head -n 1 | cut -f2)
  below=$dir/$i-$level
  [ "$level" = - ] || best+=${best:+,}$level
done
[ -z "$best" ] || echo "best: cascade $cascade --noise-level $best" >&2
