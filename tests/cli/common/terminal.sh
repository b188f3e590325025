# On a terminal progress is one line that is rewritten, binary output is refused, and a reader without operands does not
# wait for input. script(1) provides the terminal.
command -v script >/dev/null || exit 0
image 24 16 >a.ppm
for program in $PROGRAMS; do
  reads_images "$program" || continue
  status=0
  script -qec "${reader[*]}" log >/dev/null </dev/null || status=$?
  [ "$status" = 2 ]
  grep -q "$program: no images given, and standard input is a terminal; try '$program --help'" log
  [ "$program" = sheet ] && continue
  status=0
  script -qec "${reader[*]} a.ppm" log >/dev/null </dev/null || status=$?
  [ "$status" = 1 ] || [ "$status" = 2 ]
  grep -q "$program: .*terminal" log
done
