#!/bin/sh
# Shell completions of one program, from its --list-options: FOLDER/bash-completion/completions/NAME and
# FOLDER/zsh/site-functions/_NAME. Run when a program is linked, and by `make install` with the installed name.
# usage: completions.sh PROGRAM_FILE NAME FOLDER
set -eu
program=$1 name=$2 folder=$3
bash=$folder/bash-completion/completions/$name zsh=$folder/zsh/site-functions/_$name
mkdir -p "${bash%/*}" "${zsh%/*}"
list=$("$program" --list-options)
# "usage: fid stats|merge|compare ...": what it does is named first.
verbs=$("$program" --help | awk 'NR == 1 && $3 ~ /^[a-z0-9]+(\|[a-z0-9]+)+$/ { gsub(/\|/, " ", $3); print $3 }')

printf '%s\n' "$list" | awk -F'\t' -v name="$name" -v verbs="$verbs" '
  { names = names " --" $1; flag = "--" $1; if ($2 != "") { names = names " -" $2; flag = flag "|-" $2 } }
  $3 ~ /\|/ { words = $3; gsub(/\|/, " ", words); cases = cases "    " flag ") words=\"" words "\" ;;\n" }
  $3 != "" && $3 !~ /\|/ { files = files (files == "" ? "" : "|") flag }
  END {
    f = "_" name; gsub(/[^A-Za-z0-9]/, "_", f)
    print "# bash completion of " name "; made from " name " --list-options"
    print f "() {\n  local word=${COMP_WORDS[COMP_CWORD]} words=\n  COMPREPLY=()\n  case ${COMP_WORDS[COMP_CWORD - 1]} in"
    printf "%s", cases
    if (files != "") print "    " files ") return ;;"
    print "    *)"
    if (verbs != "") print "      [ \"$COMP_CWORD\" = 1 ] && words=\"" verbs "\""
    print "      [[ $word == -* ]] && words=\"" substr(names, 2) "\" ;;"
    print "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}"
    print "complete -o default -F " f " " name
  }' >"$bash"

printf '%s\n' "$list" | awk -F'\t' -v name="$name" -v verbs="$verbs" '
  BEGIN { q = "\047"; print "#compdef " name "\n# made from " name " --list-options\n_arguments -s -S \\" }
  {
    text = $5; gsub(/[]\\:[]/, "\\\\&", text); gsub(q, q "\\" q q, text)
    value = ""
    if ($3 ~ /\|/) { words = $3; gsub(/\|/, " ", words); value = ":value:(" words ")" }
    else if ($3 != "") { what = $3; gsub(/[]\\:[]/, "\\\\&", what); value = ":" what ":_files" }
    long = "--" $1 (value == "" ? "" : "="); short = "-" $2 (value == "" ? "" : "+")
    if ($2 == "") printf "  %s*%s[%s]%s%s \\\n", q, long, text, value, q
    else printf "  %s*%s{%s,%s}%s[%s]%s%s \\\n", q, q, short, long, q, text, value, q
  }
  END {
    if (verbs != "") print "  " q "1:what to do:(" verbs ")" q " \\"
    print "  " q "*:file:_files" q
  }' >"$zsh"
