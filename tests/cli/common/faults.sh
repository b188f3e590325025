# Writing that fails, at any call: a program ends with an error that names the file, or else its output is complete. The calls are
# made to fail by tests/faults/faults.c. Of each kind of calls the first and the last fail here; with FAULTS=all all do.
[ "${SANITIZED:-}" = 1 ] && exit 0
cc -shared -fPIC -O1 -o faults.so "$SOURCE/tests/faults/faults.c" -ldl

# faulty NAME COMMAND...   the command writes files whose names begin with NAME-, into this folder
faulty() {
  local name=$1 call at status places count kind
  shift
  rm -rf "$name"-* count
  "$@" >/dev/null 2>&1
  mkdir -p "want-$name"
  cp -R "$name"-* "want-$name"
  for call in write fsync rename close; do
    rm -rf "$name"-* count
    FAULT_CALL=$call FAULT_COUNT=$PWD/count FAULT_KIND=5 LD_PRELOAD=$PWD/faults.so "$@" >/dev/null 2>&1
    [ -s count ] || continue
    count=$(stat -c %s count)
    places=$(printf '1\n%s\n' "$count" | sort -nu)
    [ "${FAULTS:-}" != all ] || places=$(seq "$count")
    for at in $places; do
      for kind in 28 short; do
        [ $kind = 28 ] || [ $call = write ] || continue
        rm -rf "$name"-*
        status=0
        FAULT_CALL=$call FAULT_AT=$at FAULT_KIND=$kind LD_PRELOAD=$PWD/faults.so "$@" >/dev/null 2>said || status=$?
        if [ "$status" = 0 ]; then
          for file in "want-$name"/*; do
            made=${file#"want-$name"/}
            [[ $file != *.jsonl ]] || sed -i 's/,"images_per_second.*//' "$file" "$made" # timings, as progress.json has them
            diff -r -x progress.json -x index.json "$file" "$made" ||
              { echo "status 0, but $file is not complete: $call $at $kind of $*"; exit 1; }
          done
        elif [ "$status" != 1 ] || ! grep -q "$name-" said; then
          echo "status $status and no file named: $call $at $kind of $*"
          cat said
          exit 1
        fi
        # What there is, is complete; only folders are filled file by file.
        for file in $(find "$name"-* -type f 2>/dev/null); do
          case $file in *.state.new/* | *.state.old/* | *.lock | *.jsonl) continue ;; esac
          [ -s "$file" ] || { echo "$file is empty: $call $at $kind of $*"; exit 1; }
        done
      done
    done
  done
}

photos photos 2 40 36
feature_network net.pt
faulty degrade degrade -s 2 -o degrade-out/ photos
faulty sheet sheet -o sheet-a.png photos
faulty upscale upscale --baseline bicubic -s 2 -o upscale-a.png photos/1.ppm
faulty fid fid stats --features net.pt -o fid-a.npz photos
faulty train sr3-train -q --preset tiny --low-res 8 --high-res 16 --patch 2 --channels 8 --multipliers 1,2 --blocks 1 --groups 4 \
  --steps 2 --batch 2 --threads 1 --no-history --preview-every 0 photos -o train-a.json
