# Each manual page agrees with its program: the same options, letters and arguments, all defaults, the same summary, and a
# synopsis with everything in the first line of --help.
bad=0
wrong() { echo "$*"; bad=1; }

# name<TAB>letter<TAB>argument<TAB>description of each .It Fl in a page.
page_options() {
  awk '
    function flush() { if (name != "") print name "\t" letter "\t" argument "\t" text; name = "" }
    /^\.It Fl / {
      flush(); letter = argument = text = ""; line = $0
      if (match(line, / Ar .*| Cm .*/)) { argument = substr(line, RSTART + 4); line = substr(line, 1, RSTART - 1) }
      n = split(line, word, " ")
      for (i = 2; i <= n; ++i) {
        if (word[i] ~ /^-./) name = substr(word[i], 2)
        else if (word[i] != "Fl" && word[i] != ",") letter = word[i]
      }
      next
    }
    /^\.(It|El|Sh|Ss)/ { flush() }
    name != "" { text = text " " $0 }
    END { flush() }' "$1"
}

for program in $PROGRAMS; do
  page=$SOURCE/man/$program.1
  [ -f "$page" ] || { wrong "man/$program.1 is missing"; continue; }
  "$program" --list-options | sort >list
  page_options "$page" | sort >page
  diff <(cut -f1,2 page) <(cut -f1,2 list) >differences ||
    wrong "man/$program.1 (<) and $program --list-options (>) have different options:" "$(grep '^[<>]' differences)"
  while IFS=$'\037' read -r name _ argument default _; do
    line=$(awk -F'\t' -v name="$name" '$1 == name' page)
    [ -n "$line" ] || continue
    in_page=$(cut -f3 <<<"$line")
    [ "${argument:+some}" = "${in_page:+some}" ] ||
      wrong "man/$program.1: --$name takes '$argument', the page has '$in_page'"
    [ -z "$default" ] || cut -f3- <<<"$line" | tr -d '"' | grep -qE -- "(^|[^A-Za-z0-9.])${default//./\\.}([^A-Za-z0-9]|$)" ||
      wrong "man/$program.1: the default of --$name, '$default', is missing"
  done < <(tr '\t' '\037' <list)

  "$program" --help >help
  summary=$(sed -n 's/^\.Nd //p' "$page")
  [ "$(sed -n 3p help)" = "$summary" ] || wrong "$program --help has '$(sed -n 3p help)', the page's NAME '$summary'"
  synopsis=$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$page")
  while read -r flag; do
    [ -z "$flag" ] || grep -qE -- "Fl ${flag#-}( |\$)" <<<"$synopsis" ||
      wrong "man/$program.1: SYNOPSIS lacks $flag, which is in the first line of --help"
  done < <(head -n1 help | grep -oE '(^| |\[)-{1,2}[A-Za-z0-9][A-Za-z0-9-]*' | tr -d ' [')
  for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
    grep -q "^\.Sh $section$" "$page" || wrong "man/$program.1 has no section $section"
  done
done
exit $bad
