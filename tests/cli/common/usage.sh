# A wrong command line: one line with the option and a reference to the help, status 2, nothing on standard output.
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
  # A file name cannot change the message, whatever it contains.
  "$program" "--$(printf 'x\n%s: all is well' "$program")" 2>err && exit 1
  [ "$(wc -l <err)" = 1 ]
  fails 2 "option '--help' takes no argument" "$program" --help=true
done
