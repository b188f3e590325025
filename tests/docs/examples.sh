# Every "$ " line of every page's COMMON USES and EXAMPLES succeeds, in a folder that tests/docs/setup fills.
bad=0
mkdir filled
(cd filled && source "$SOURCE/tests/docs/setup")
for page in "$SOURCE"/man/*.[1-9]; do
  name=${page##*/}
  cp -R filled "$name"
  # At this width literal displays keep their lines; a line ending in a backslash continues in the next.
  mandoc -Tascii -O width=500 "$page" | col -bx | sed -n '/^COMMON USES/,/^[A-Z]/p; /^EXAMPLES/,/^[A-Z]/p' |
    sed -e ':join' -e '/\\$/{N;s/\\\n *//;b join' -e '}' | sed -n 's/^ *\$ //p' >"$name.examples"
  case $page in *.1) [ -s "$name.examples" ] || { echo "$name: no examples"; bad=1; } ;; esac
  while read -r example <&3; do
    (cd "$name" && timeout 300 bash -o pipefail -c "$example") >out 2>&1 </dev/null && continue
    echo "$name: this example failed: $example"
    tail -n5 out
    bad=1
  done 3<"$name.examples"
done
exit $bad
