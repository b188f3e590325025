# All pages pass mandoc's lint, their cross references exist, and the README's table and the overview have every program.
bad=0
for page in "$SOURCE"/man/*.[1-9]; do
  mandoc -Tlint -W warning "$page" || bad=1
  while read -r name section; do
    [ -f "$SOURCE/man/$name.$section" ] && continue
    # Pages of other projects that may be referenced.
    case $name.$section in convert.1 | pamfile.1 | ffmpeg.1 | ppm.5 | pnmtopng.1 | vips.1 | tar.1 | tar.5) continue ;; esac
    echo "${page##*/}: there is no page $name($section)"
    bad=1
  done < <(sed -n 's/^\.Xr \([^ ]*\) \([1-9]\).*/\1 \2/p' "$page" | sort -u)
done
for program in $PROGRAMS; do
  grep -qE "^\| *\[?\`$program\`" "$SOURCE/README.md" || { echo "README.md's table lacks $program"; bad=1; }
  grep -qE "^\.(It )?Xr $program 1" "$SOURCE/man/sr3-cdm.7" || { echo "sr3-cdm.7 lacks $program"; bad=1; }
done
exit $bad
