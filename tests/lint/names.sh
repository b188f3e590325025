# Names are unique: a type is defined in one header (two definitions in one namespace are undefined behaviour), and no
# two folders of lib/ have headers of the same name.
cd "$SOURCE"
bad=0
types=$(find lib -name '*.h' | sort | xargs grep -hoE '^(class|struct|enum|enum class) [A-Za-z_]+( final)?( :[^:].*)? \{' |
  sed -E 's/^(class|struct|enum class|enum) ([A-Za-z_]+).*/\2/' | sort | uniq -d)
[ -z "$types" ] || { echo "types defined in two headers:" $types; bad=1; }
headers=$(find lib -name '*.h' -printf '%f\n' | sort | uniq -d)
[ -z "$headers" ] || { echo "headers of one name in two folders:" $headers; bad=1; }
exit $bad
