# The completions of the build are valid shell code, and contain every option.
for program in $PROGRAMS; do
  bash=$BUILD/share/bash-completion/completions/$program zsh=$BUILD/share/zsh/site-functions/_$program
  bash -n "$bash"
  zsh -n "$zsh"
  while IFS=$'\t' read -r name _; do
    grep -q -- "--$name[ \"]" "$bash"
    grep -q -- "--$name[=,}[]" "$zsh"
  done < <("$program" --list-options)
  # The completions of "PROGRAM --progr<TAB>" and "PROGRAM --progress <TAB>".
  (
    source "$bash"
    COMP_WORDS=("$program" --progr) COMP_CWORD=1
    "_${program//[^A-Za-z0-9]/_}"
    [ "${COMPREPLY[0]}" = --progress ]
    COMP_WORDS=("$program" --progress "") COMP_CWORD=2
    "_${program//[^A-Za-z0-9]/_}"
    [ "${COMPREPLY[*]}" = "auto always never" ]
    # Subcommands: "fid <TAB>", "fid m<TAB>".
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
