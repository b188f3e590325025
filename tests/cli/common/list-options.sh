# The hidden --list-options: five fields a line, every name in --help, no name twice.
for program in $PROGRAMS; do
  "$program" --list-options >list
  "$program" --help >help
  awk -F'\t' 'NF != 5 || $1 == "" || $5 == "" { print "bad line: " $0; bad = 1 } END { exit bad }' list
  [ -z "$(cut -f1 list | sort | uniq -d)" ]
  [ -z "$(cut -f2 list | grep . | sort | uniq -d)" ]
  while IFS=$'\t' read -r name _; do grep -q -- "--$name" help; done <list
  not grep -q list-options help list
done
