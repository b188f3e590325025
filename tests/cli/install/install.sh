# make install with a DESTDIR and a PROGRAM_PREFIX: programs that run from there without the build folder, their pages and
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
[ -x $share/sr3-cdm/slurm/train.sh ]
[ -r $share/sr3-cdm/kubernetes/train.yaml ]
# The stages that come with the programs are found by their names, from beside the program.
image 12 12 >a.ppm
(unset SR3_CDM_PATH && root/usr/bin/my-upscale -m photo-x4-fast --steps 1 a.ppm -o a.png)
prints "$PWD/root/usr/share/sr3-cdm/photo-x4.json" root/usr/bin/my-info photo-x4
prints "cascade of " root/usr/bin/my-info digits
# The examples, and the pipe of --show-pipe, call the programs by these names.
prints 'degrade (sr3-cdm)' $share/sr3-cdm/bin/degrade --version
tiny_cascade c.json
root/usr/bin/my-cascade c.json --class red -o x.png --show-pipe >pipe
grep -q '^my-sample -m .* | my-upscale -m ' pipe
cascade c.json --class red -o x.png --show-pipe | grep -q '^sample -m .* | upscale -m '

# Spaces in the prefix; a restrictive umask; missing programs.
(umask 077 && make -s -C "$SOURCE" -o all install BUILD="$BUILD" PREFIX="$PWD/my root")
prints 'sheet (sr3-cdm)' "my root/bin/sheet" --version
[ -s "my root/share/bash-completion/completions/sheet" ]
[ "$(find 'my root' ! -type l ! -perm -a+r)" = "" ]
[ ! -e "my root/share/sr3-cdm/bin" ]
fails 2 "cannot stat" make -s -C "$SOURCE" -o all install BUILD="$PWD/unbuilt" PREFIX="$PWD/other"
