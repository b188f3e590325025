# A wrong command line: one line that names the option and says where help is, status 2, nothing on standard output.
for program in $PROGRAMS; do
  for wrong in --no-such-option -Z --progress; do
    status=0
    "$program" "$wrong" >out 2>err || status=$?
    [ "$status" = 2 ]
    [ ! -s out ]
    [ "$(wc -l <err)" = 1 ]
    grep -q "^$program: .*'$wrong'.*; try '$program --help'$" err
  done
  fails 2 "option '--progress': 'sometimes' is not one of auto|always|never" "$program" --progress sometimes
  fails 2 "'-o=x': the value of -o follows a space" "$program" -o=x
  # A name is no message, whatever is in it.
  "$program" "--$(printf 'x\n%s: all is well' "$program")" 2>err && exit 1
  [ "$(wc -l <err)" = 1 ]
  fails 2 "option '--help' takes no argument" "$program" --help=true
done
