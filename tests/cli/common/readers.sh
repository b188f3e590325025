# Every program that reads a stream of images: missing file, empty input, truncated input, "-", a full disk, no progress
# when standard error is a file.
image 24 16 >a.ppm
for program in $PROGRAMS; do
  reads_images "$program" || continue
  fails 1 "$program: cannot open 'missing.png': No such file or directory" "${reader[@]}" missing.png
  fails 1 "a.cut" bash -c 'head -c 500 a.ppm >a.cut; exec "$@"' bash "${reader[@]}" a.cut
  fails 1 "standard input" bash -c 'head -c 500 a.ppm | "$@"' bash "${reader[@]}" -
  # Without input images there is no output, but a warning; a missing file is reported.
  status=0
  "${reader[@]}" </dev/null >out 2>err || status=$?
  [ "$status" = "$([ "$program" = sheet ] && echo 1 || echo 0)" ]
  [ ! -s out ]
  grep -q "^$program: " err

  "${reader[@]}" a.ppm >from-file 2>err
  [ ! -s err ]
  case $program in
    sheet)
      cp sheet.png sheet-from-file.png
      "${reader[@]}" - <a.ppm
      same sheet.png sheet-from-file.png
      ;;
    *)
      "${reader[@]}" - <a.ppm >from-dash
      "${reader[@]}" <a.ppm >from-stdin
      tail -c 64 from-file >a
      tail -c 64 from-dash >b
      same a b
      same from-dash from-stdin
      fails 1 "cannot write 'standard output'" bash -c 'exec "$@" a.ppm >/dev/full' bash "${reader[@]}"
      ;;
  esac
done
