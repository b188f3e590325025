# --help and --version: to standard output, status 0, nothing on standard error; failing to write them is an error.
for program in $PROGRAMS; do
  for option in --help -h; do
    "$program" "$option" >out 2>err
    head -n1 out | grep -q "^usage: $program"
    [ ! -s err ]
    [ "$(wc -L <out)" -le 80 ]
  done
  grep -q -- --progress out
  "$program" --version >out 2>err
  grep -qE "^$program \(sr3-cdm\) [0-9]+\.[0-9]+\.[0-9]+$" out
  fails 1 "$program: cannot write 'standard output'" bash -c "exec $program --help >/dev/full"
  fails 1 "$program: cannot write 'standard output'" bash -c "exec $program --version >/dev/full"
done
