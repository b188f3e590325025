# Two network namespaces, joined by a cable, in place of two machines: processes in both train as one, and when the cable is cut
# both end in time, each naming the other.
command -v ip >/dev/null || { echo "left out: iproute2 is not here"; exit 0; }
a=sr3-a-$$ b=sr3-b-$$ pids=()
ip netns add "$a" 2>/dev/null && ip netns exec "$a" true 2>/dev/null || {
  ip netns del "$a" 2>/dev/null || true
  echo "left out: network namespaces are not permitted"
  exit 0
}
trap clean EXIT
clean() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  for host in "$a" "$b"; do ip netns del "$host" 2>/dev/null || true; done
}
ip netns add "$b"
ip -n "$a" link add cable type veth peer name cable netns "$b"
ip -n "$a" address add 10.83.0.1/24 dev cable
ip -n "$b" address add 10.83.0.2/24 dev cable
for host in "$a" "$b"; do
  for device in lo cable; do ip -n "$host" link set "$device" up; done
done

photos photos 8 40 36
program=(sr3-train --preset tiny --crop 32 --channels 8 --batch 8 --accumulate 4 --threads 1 --precision fp32 --no-history
  --journal-every 1 --preview-every 0 --save-every 1000 photos)
# both COMMAND...   starts process 0 in one namespace and process 1 in the other; their messages in said.RANK
both() {
  local rank
  for rank in 0 1; do
    host=$([ $rank = 0 ] && echo "$a" || echo "$b")
    RANK=$rank WORLD_SIZE=2 MASTER_ADDR=10.83.0.1 MASTER_PORT=29500 ip netns exec "$host" "$@" 2>"said.$rank" &
    pids[rank]=$!
  done
}
both timeout 200 "${program[@]}" --steps 4 -o two.json
wait "${pids[0]}"
wait "${pids[1]}"
grep -q 'process 0 of 2, started by RANK and WORLD_SIZE, meeting at 10.83.0.1:29500' said.0
"${program[@]}" -q --steps 4 -o one.json
same one.safetensors two.safetensors

# The cable is cut: neither process hears anything, not even that the other has ended.
both timeout 200 "${program[@]}" --steps 1000000 --timeout 4 -o cut.json
until [ -s cut.journal.jsonl ]; do kill -0 "${pids[0]}" && sleep 0.1 || exit 1; done
sleep "0.$((RANDOM % 10))"
ip -n "$b" link set cable down
cut=$SECONDS
for rank in 0 1; do
  status=0
  wait "${pids[rank]}" || status=$?
  [ "$status" = 1 ]
done
echo "$((SECONDS - cut)) s after the cut:"
cat said.0 said.1
# 4 s of --timeout, 3 for asking for the other one's last words, and some for saving.
((SECONDS - cut <= 20))
grep -qE "process 1 has not answered for 4 s \(--timeout\): .*; 'cut.state' has all up to step [0-9]+" said.0
grep -qE "process 0 has not answered for 4 s \(--timeout\)" said.1
# With a new cable the training goes on.
ip -n "$b" link set cable up
step=$(($(sed -n 's/^  "step": \([0-9]*\),/\1/p' cut.state/progress.json) + 2))
both timeout 200 "${program[@]}" --steps "$step" -o cut.json
wait "${pids[0]}"
wait "${pids[1]}"
"${program[@]}" -q --steps "$step" -o whole.json
same cut.safetensors whole.safetensors
