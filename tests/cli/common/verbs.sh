# "PROGRAM VERB --help" shows the options of that verb only, which the verb accepts; the others are refused.
for program in fid confusion-eval import-weights; do
  "$program" --help >all
  for verb in $(awk 'NR == 1 { gsub(/\|/, " ", $3); print $3 }' all); do
    "$program" "$verb" --help >help 2>err
    [ ! -s err ]
    grep -q "^usage: $program $verb" help
    [ "$(wc -L <help)" -le 80 ]
    grep -qE "^  $verb  " all
    grep -q -- --progress help
    [ "$(wc -l <help)" -lt "$(wc -l <all)" ]
    "$program" --help "$verb" | cmp - help
  done
done
fid stats --help >help
grep -q -- --keep-features help
not grep -q -- --subsets help
fid compare --help >help
grep -q -- --subsets help
not grep -q -- --keep-features help
fails 2 "--subsets: stats does not take this option" fid stats --subsets 3 a -o a.npz
fails 2 "--keep-features: compare does not take this option" fid compare --keep-features a b
fails 2 "--force: stats does not take this option" fid stats --force a -o a.npz
fails 2 "unknown command 'stat': stats, merge or compare" fid stat a
# A verb is an operand of other programs.
prints "usage: degrade " degrade stats --help
# The help of a training shows the values of the preset that is given.
for preset in tiny photo-x4; do
  sr3-train --preset $preset --help >help
  tr -s ' \n' ' ' <help >words
  grep -q "; $preset: " words
  not grep -q "small: " help
done
prints "small: " sr3-train --preset nosuch --help
