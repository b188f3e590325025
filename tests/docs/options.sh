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
  synopsis=$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh COMMON USES/p' "$page")
  while read -r flag; do
    [ -z "$flag" ] || grep -qE -- "Fl ${flag#-}( |\$)" <<<"$synopsis" ||
      wrong "man/$program.1: SYNOPSIS lacks $flag, which is in the first line of --help"
  done < <(head -n1 help | grep -oE '(^| |\[)-{1,2}[A-Za-z0-9][A-Za-z0-9-]*' | tr -d ' [')
  # The sections in this order: what people come for is near the top, and no page points to another for its exit status.
  printf '%s\n' NAME SYNOPSIS 'COMMON USES' DESCRIPTION OPTIONS ENVIRONMENT FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO' >sections
  sed -n 's/^\.Sh //p' "$page" | grep -vx PAPERS | diff sections - >differences ||
    wrong "man/$program.1 lacks sections (<), or has them in another order:" "$(grep '^[<>]' differences)"
  section() { sed -n "/^\.Sh $1\$/,/^\.Sh/p" "$page"; }
  [ "$(section 'COMMON USES' | grep -c '^\$ ')" -ge 5 ] || wrong "man/$program.1: COMMON USES has fewer than five lines"
  for status in 0 1 2; do
    section 'EXIT STATUS' | grep -qx "\.It $status" || wrong "man/$program.1: EXIT STATUS lacks $status"
  done
  # Who can skip images, or stop a run, says so.
  if grep -q '^keep-going' list; then
    section 'EXIT STATUS' | grep -qE '^\.It 3$' || wrong "man/$program.1: EXIT STATUS lacks 3"
  fi
  section FILES | grep -q bash-completion || wrong "man/$program.1: FILES lacks the completions"
done
exit $bad
