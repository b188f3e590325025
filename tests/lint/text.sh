# Rules for all text files: no tabs, trailing spaces or missing final newline; lines of code have at most 132 columns;
# library files have at most 400 lines; no unfinished work.
cd "$SOURCE"
bad=0
wrong() { [ -z "$2" ] || { printf '%s:\n%s\n' "$1" "$2"; bad=1; }; }
mapfile -t code < <(find cmd lib tests examples -type f \( -name '*.cpp' -o -name '*.h' -o -name '*.sh' \); echo CMakeLists.txt)
mapfile -t all < <(printf '%s\n' "${code[@]}" Makefile *.md man/*.[1-9] tests/check tests/run-cli \
  .ci/run | xargs ls 2>/dev/null)
wrong "tabs" "$(printf '%s\n' "${all[@]}" | grep -v '^Makefile$' | xargs grep -nP '\t' /dev/null)"
wrong "trailing spaces" "$(grep -nE ' +$' "${all[@]}")"
wrong "lines beyond 132 columns (120 is what to aim at)" "$(grep -nE "^.{133,}$" "${code[@]}")"
wrong "unfinished" "$(grep -nwE 'TO''DO|FIX''ME|X''XX|HA''CK' "${all[@]}")"
wrong "tests that cannot fail: use 'not'" "$(grep -nE '^ *! ' tests/cli/*/*.sh tests/docs/*.sh tests/lint/*.sh)"
wrong "tests that continue after their first part fails: use a line for each" "$(
  grep -nE '&& (same|alike|not|pixels|prints|cmp|\[) ' tests/cli/*/*.sh tests/docs/*.sh |
    grep -vE "^[^:]*:[0-9]+:([a-z_]+\(\) \{|.*(bash -c|\|\|))")"
# Words of a private English that plain terms have replaced: reported, given, conditioned on; fix; started; is; skipped;
# unsupported; not a; except for. An ordinary use is allowed by adding its phrase to `ordinary`.
odd="told|mend[a-z]*|begun|stands? there|(pass|passes|passed|passing) over|not to be had|are none|but for"
ordinary="there are none"
wrong "odd words: say it in plain English, or allow the phrase in tests/lint/text.sh" "$(
  grep -rnIiwE "$odd" lib cmd man README.md CONTRIBUTING.md | grep -viE "$ordinary" || true)"
wrong "no final newline" "$(for f in "${all[@]}"; do [ -z "$(tail -c1 "$f")" ] || echo "$f"; done)"
wrong "library files beyond 400 lines" "$(find lib -name '*.cpp' -o -name '*.h' | xargs wc -l | awk '$2 != "total" && $1 > 400')"
wrong "headers without #pragma once" "$(grep -L '^#pragma once' $(find lib -name '*.h'))"
wrong "scripts that do not parse" "$(for f in $(find tests lib examples .ci -name '*.sh' -o -name run 2>/dev/null); do
  [ -f "$f" ] && bash -n "$f" 2>&1; done)"
exit $bad
