# The completions that the build made: valid shell, and every option is in them.
for program in $PROGRAMS; do
  bash=$BUILD/share/bash-completion/completions/$program zsh=$BUILD/share/zsh/site-functions/_$program
  bash -n "$bash"
  zsh -n "$zsh"
  while IFS=$'\t' read -r name _; do
    grep -q -- "--$name[ \"]" "$bash"
    grep -q -- "--$name[=,}[]" "$zsh"
  done < <("$program" --list-options)
  # What the shell would offer for "PROGRAM --progr<TAB>" and "PROGRAM --progress <TAB>".
  (
    source "$bash"
    COMP_WORDS=("$program" --progr) COMP_CWORD=1
    "_${program//[^A-Za-z0-9]/_}"
    [ "${COMPREPLY[0]}" = --progress ]
    COMP_WORDS=("$program" --progress "") COMP_CWORD=2
    "_${program//[^A-Za-z0-9]/_}"
    [ "${COMPREPLY[*]}" = "auto always never" ]
    # What it does, where that comes first: "fid <TAB>", "fid m<TAB>".
    [ "$program" = fid ] || exit 0
    COMP_WORDS=(fid "") COMP_CWORD=1
    _fid
    [ "${COMPREPLY[*]}" = "stats merge compare" ]
    COMP_WORDS=(fid m)
    _fid
    [ "${COMPREPLY[*]}" = merge ]
    grep -qF "'1:what to do:(stats merge compare)'" "$zsh"
  )
done
