# Every reader of files takes damaged ones for a moment, without sanitizers (`make fuzz` takes a minute each, with them): an error
# or a result, never a crash or 20 seconds for one. FUZZ_SECONDS is the time for each reader.
fuzz-readers "${FUZZ_SECONDS:-0.4}" >said 2>noise || { tail -n5 said noise; exit 1; }
[ "$(grep -c ' inputs from ' said)" -ge 18 ]
not grep ' 0 inputs\|(of which 0 valid)' said
