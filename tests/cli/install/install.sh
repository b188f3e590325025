# make install under a DESTDIR and with a PROGRAM_PREFIX: programs that run from there and point nowhere back, their pages and
# completions, the examples.
make -s -C "$SOURCE" -o all install BUILD="$BUILD" DESTDIR="$PWD/root" PREFIX=/usr PROGRAM_PREFIX=my-
share=root/usr/share
for program in $PROGRAMS; do
  prints "my-$program (sr3-cdm)" "root/usr/bin/my-$program" --version
  prints "usage: my-$program" "root/usr/bin/my-$program" --help
  fails 2 "my-$program: unknown option '--wrong'; try 'my-$program --help'" "root/usr/bin/my-$program" --wrong
  readelf -d "root/usr/bin/my-$program" >dynamic
  not grep -E "R(UN)?PATH.*($BUILD|$SOURCE)" dynamic
  grep -qx "\.Nm my-$program" "$share/man/man1/my-$program.1"
  grep -q "my-$program" "$share/bash-completion/completions/my-$program"
  [ -s "$share/zsh/site-functions/_my-$program" ]
done
[ -s $share/man/man7/sr3-cdm.7 ]
[ -x $share/sr3-cdm/demo.sh ]
