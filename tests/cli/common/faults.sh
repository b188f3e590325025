# Writing that goes wrong, at any call: a program ends with an error that names the file, or else its output is complete; killed at
# any call and started again, it ends with the same bytes as if nothing had happened. tests/faults/faults.c makes the calls fail. Of
# each kind of calls the first and the last fail here, and kill a training; with FAULTS=all every one (of more than 60 a part, at
# equal distances) does, in every way.
[ "${SANITIZED:-}" = 1 ] && exit 0
cc -shared -fPIC -O1 -o faults.so "$SOURCE/tests/faults/faults.c" -ldl

limit=60
[ "${FAULTS:-}" != all ] || limit=600  # such a run takes an hour, perhaps beside other work

# run COMMAND...   with the faults of FAULT_CALL, FAULT_AT and FAULT_KIND; standard error goes to `said`, the status to `status`
run() {
  status=0
  timeout $limit env LD_PRELOAD=$PWD/faults.so "$@" >/dev/null 2>said || status=$?
}

# failed TEXT   says what was wrong, of which fault and command
failed() {
  echo "$1: $call $at $kind of ${command[*]}"
  cat said
  exit 1
}

# is_complete   all that the straight run wrote is there, and nothing else, but for the times in journals and states
is_complete() {
  local file made
  for file in "want-$name"/*; do
    made=${file#"want-$name"/}
    [[ $file != *.jsonl ]] || sed -i 's/,"images_per_second.*//' "$file" "$made"
    diff -r -x progress.json -x index.json "$file" "$made" || return 1
  done
  [ "$(cd "want-$name" && find . | sort)" = "$(find . -path "./$name-*" -o -path '*/.sr3-*' | sort | sed '1i .')" ]
}

# faulty NAME COMMAND...   the command writes files whose names begin with NAME-, into this folder. A function prepare_NAME makes
# what must be there before.
faulty() {
  local name=$1 call at kind places kinds count file
  shift
  local command=("$@")
  anew() {
    rm -rf "$name"-*
    [ "$(type -t "prepare_$name")" != function ] || "prepare_$name" >/dev/null
  }
  anew
  "$@" >/dev/null 2>&1
  rm -rf "want-$name"
  mkdir "want-$name"
  cp -R "$name"-* "want-$name"
  for call in open write fsync rename close; do
    anew
    rm -f count
    FAULT_CALL=$call FAULT_COUNT=$PWD/count run "$@"
    [ -s count ] || continue
    count=$(stat -c %s count)
    places=$(printf '1\n%s\n' "$count" | sort -nu)
    # These all write by the same class, and take a second to start.
    [[ $name != @(sample|cascade|fid|study|import) ]] || places=$count
    [ "${FAULTS:-}" != all ] || places=$(seq 1 $(((count + 59) / 60)) "$count")
    for at in $places; do
      case $call in # EROFS and EACCES, ENOSPC, EIO
        open) kinds='30 13' ;;
        write) kinds='28 5 short' ;;
        *) kinds='5 28' ;;
      esac
      if [ "${FAULTS:-}" = all ]; then
        kinds="$kinds kill term"
      elif [ "$at" = 1 ]; then
        kinds=${kinds%% *}
      else
        kinds=${kinds#* }
        [[ $name != train && $name != cdm ]] || kinds="$kinds kill"
      fi
      for kind in $kinds; do
        anew
        FAULT_CALL=$call FAULT_AT=$at FAULT_KIND=$kind run "$@"
        case $kind:$status in
          kill:137 | term:143)
            # Between its two names, the link and the rename, a file has a hidden one, which a killed program leaves.
            find . -name '.sr3-*' -delete
            run "$@"
            [ "$status" = 0 ] || failed "status $status after it was started again"
            is_complete || failed "started again, it does not write the same"
            continue
            ;;
          *:0) is_complete || failed "status 0, but not complete" ;;
          [0-9s]*:1) grep -q "$name-" said || failed "the message names no file" ;;
          *) failed "status $status" ;;
        esac
        # What there is, is complete; only folders are filled file by file.
        for file in $(find "$name"-* -type f 2>/dev/null); do
          case $file in *.state.new/* | *.state.old/* | *.lock | *.jsonl) continue ;; esac
          [ -s "$file" ] || failed "$file is empty"
        done
        [ -z "$(find . -name '.sr3-*')" ] || failed "a temporary file is left"
      done
    done
  done
}

# pipes COMMAND...   writes to a pipe that fail (EPIPE without its signal, EIO) are an error that names standard output
pipes() {
  local command=("$@") call=pipe kind at
  rm -f count
  FAULT_CALL=pipe FAULT_COUNT=$PWD/count LD_PRELOAD=$PWD/faults.so "$@" 2>said | cat >/dev/null
  for at in $(printf '1\n%s\n' "$(stat -c %s count)" | sort -nu); do
    for kind in 32 5; do
      status=0
      FAULT_CALL=pipe FAULT_AT=$at FAULT_KIND=$kind LD_PRELOAD=$PWD/faults.so "$@" 2>said | cat >/dev/null || status=$?
      [ "$status" = 1 ] || failed "status $status"
      grep -q "cannot write 'standard output'" said || failed "the message does not name standard output"
    done
  done
}

photos photos 2 40 36
feature_network net.pt
tiny_stage stage.json
tiny_cascade tiny.json
perl "$SOURCE/tests/cli/import-weights/checkpoint.pl" adm base.pt out=6 classes=4 updown=1 container=legacy

faulty degrade degrade -s 2 -o degrade-out/ photos
faulty sheet sheet -o sheet-a.png photos
faulty upscale upscale -m stage.json --steps 1 -o upscale-a.png photos/1.ppm
faulty sample sample -m tiny-8.json --steps 1 -n 2 --class all -o sample-out/
faulty cascade cascade tiny.json --steps 1 -n 1 -o cascade-a.png
faulty fid fid stats --features net.pt -o fid-a.npz photos
faulty study confusion-eval plan -q --raters 2 --trials 1 --practice 0 --catches 0 --controls 0 --repeats 0 --no-history \
  photos photos -o study-a
faulty import import-weights adm base.pt -o import-a.json --no-history --flags "--image_size 16 --channel_mult 1,2 \
  --num_channels 32 --num_res_blocks 1 --attention_resolutions 8 --class_cond True --learn_sigma True --resblock_updown True"
faulty train sr3-train -q --preset tiny --low-res 8 --high-res 16 --patch 2 --channels 8 --multipliers 1,2 --blocks 1 --groups 4 \
  --steps 2 --batch 2 --threads 1 --no-history --preview-every 1 --journal-every 1 photos -o train-a.json
prepare_cdm() { cdm-train -q --new 8,16 --preset tiny --no-history things -o cdm-a.json; }
faulty cdm cdm-train -q --steps 2 --batch 2 --threads 1 --no-history --preview-every 0 cdm-a.json things

pipes degrade -s 2 photos
pipes upscale -m stage.json --steps 1 photos
pipes sample -m tiny-8.json --steps 1 -n 2 --class all
pipes cascade tiny.json --steps 1 -n 1
pipes fid compare --features net.pt photos photos --kid --force
