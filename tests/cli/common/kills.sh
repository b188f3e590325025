# Trainings that are killed (SIGKILL) at random moments, and stopped by SIGTERM at others, end with the bytes of a straight run:
# weights, manifests, states, journals, pictures. KILLS is how often each of the two is killed; the moments depend on SEED.
kills=${KILLS:-3}
RANDOM=${SEED:-1}

# straight_and_killed NAME COMMAND...   the command is a function that execs a training into the present folder, in which there is
# what NAME-new has
straight_and_killed() {
  local name=$1 file status count=0 resumed=0
  shift
  mkdir -p "$name-new"
  cp -R "$name-new" "$name-straight"
  cp -R "$name-new" "$name-killed"
  (cd "$name-straight" && "$@" 2>said)
  cd "$name-killed"
  until ((count >= kills && resumed > 0)); do
    signal=KILL
    [ $((RANDOM % 4)) != 0 ] || signal=TERM
    rm -f said
    "$@" 2>said &
    # Some before the first step, most up to a second, that is some dozens of saves, after it.
    if [ $((RANDOM % 5)) != 0 ]; then
      until grep -qsE 'steps [0-9]+ to|has done its' said || ! kill -0 $! 2>/dev/null; do sleep 0.02; done
    fi
    sleep "0.$(printf %03d $((RANDOM % 1000)))"
    kill -$signal $! 2>/dev/null || true
    status=0
    wait $! || status=$?
    case $status in
      0) break ;; # it came to its end
      137 | 143) count=$((count + 1)) ;;
      *) echo "status $status after $count kills"; cat said; exit 1 ;;
    esac
    if grep -q 'after step' said; then resumed=$((resumed + 1)); fi
  done
  ("$@" 2>said)
  cd ..
  echo "$name: killed $count times, resumed $resumed times"
  [ "$resumed" -gt 0 ] # else it came to its end too soon to be killed
  rm -r "$name-new" "$name"-*/said
  for file in "$name"-*/*.jsonl; do sed -i 's/,"images_per_second.*//' "$file"; done # timings
  # progress.json has the time that the training took; index.json has the digest of progress.json.
  diff -r -x progress.json -x index.json "$name-straight" "$name-killed"
}

photos photos 6 40 36
photos things/red 3 24 20
photos things/blue 3 24 20
steps=$((kills * 10 + 20))
sr3() {
  exec sr3-train --preset tiny --low-res 8 --high-res 16 --patch 2 --channels 8 --multipliers 1,2 --blocks 1 --groups 4 \
    --steps $steps --batch 2 --threads 1 --no-history --save-every 1 --journal-every 2 --preview-every 1 --preview-images 1 \
    ../photos -o a.json
}
cdm() {
  exec cdm-train --steps $steps --batch 2 --threads 1 --no-history --save-every 1 --journal-every 2 --preview-every 2 \
    --preview-images 1 c.json ../things
}
straight_and_killed sr3 sr3
mkdir cdm-new
cdm-train -q --new 8,16 --preset tiny --no-history things -o cdm-new/c.json
straight_and_killed cdm cdm
