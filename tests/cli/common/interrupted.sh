# A signal ends a program that writes images, or reads many, with a line that says how far it came and how to go on.
photos p 3 24 20
tiny_stage x2.json
tiny_cascade c.json

# ended SIGNAL TEXT COMMAND...   sends SIGNAL when the command has made its first image, or its first second has passed
ended() {
  python3 - "$@" <<'END'
import os, signal, subprocess, sys, time
name, text, command = sys.argv[1], sys.argv[2], sys.argv[3:]
number = getattr(signal, name)
child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
child.stdin.write(open("p/1.ppm", "rb").read() * 2)
child.stdin.flush()
for _ in range(600):
    time.sleep(0.05)
    if any(os.path.exists(d) and os.listdir(d) for d in ("out", "out/red")): break
time.sleep(0.3)
child.send_signal(number)
child.stdin.close()
said = child.stderr.read().decode()
status = child.wait()
if status != -number or text not in said:
    sys.exit(f"wanted '{text}' and {-number}, got {status} and: {said}")
END
}
ended SIGINT "degrade: interrupted after 2 images; what is in 'out/' is complete" degrade -s 2 -o out/
[ -e out/000001.png ]
rm -r out
ended SIGTERM "steps; what is in 'out/' is complete, and --skip-existing goes on from there" \
  upscale -m x2.json --steps 4 -o out/
rm -r out
ended SIGINT " of 400000 steps; what is in 'out/' is complete, and --skip-existing goes on" \
  sample -m c-8.json -n 100000 --steps 4 --batch 1 -o out/
rm -r out
ended SIGINT "cascade: interrupted after " cascade c.json -n 100000 --steps 4,4 --batch 1 -o out/
rm -r out

# On standard output, too, but not with -q; and one that is ignored stays so.
mkdir out
: >out/first
ended SIGINT "degrade: interrupted after 2 images" degrade -s 2
fails 1 "got -2 and: " ended SIGINT "interrupted" degrade -q -s 2
rm -r out
(
  trap '' INT
  exec degrade -s 2 -o out/ - < <(cat p/1.ppm; while [ ! -e go ]; do sleep 0.1; done; cat p/2.ppm)
) &
pid=$!
while [ ! -e out/000000.png ]; do sleep 0.1; done
kill -INT $pid
sleep 0.2
: >go
wait $pid
[ -e out/000001.png ]

# Programs that print a table print the rows that they have, without a mean, and end with the shell's status of the signal.
cat >table.py <<'END'
import re, signal, subprocess, sys, time
stream = open("stream", "rb").read()
third = [m.start() for m in re.finditer(rb"P6\n", stream)][2]
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=False,
                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
child.stdin.write(stream[:third])
child.stdin.flush()
time.sleep(5)
child.send_signal(signal.SIGINT)
if sys.argv[1] == "more": child.stdin.write(stream[third:])
if sys.argv[1] == "end": child.stdin.close()  # as when the same ^C ended the program before it
child.wait(timeout=60)
rows, said = child.stdout.read().decode().splitlines(), child.stderr.read().decode()
if child.wait() != 130 or "stopped by SIGINT after" not in said or len(rows) < 2 or rows[1][0] != "1" or "mean" in rows[-1]:
    sys.exit(f"{child.returncode} {rows} {said}")
END
degrade -q -s 1 p >stream
for then in more end wait; do python3 table.py $then sr-metrics --threads 1 p -; done

# As the first process of a container, which the signal alone would not end.
if unshare -Urpf true 2>/dev/null; then
  rm -r out
  python3 - 2>said <<'END'
import os, signal, subprocess, sys, time
parent = subprocess.Popen(["unshare", "-Urpf", "--kill-child"] +
                          "cascade c.json -n 100000 --steps 4,4 --batch 1 -o out/".split())
for _ in range(600):
    time.sleep(0.1)
    if os.path.exists("out/000000.png"): break
os.kill(int(open(f"/proc/{parent.pid}/task/{parent.pid}/children").read().split()[0]), signal.SIGTERM)
if parent.wait(timeout=60) != 143: sys.exit(f"it ended with {parent.returncode}")
END
  grep -q "cascade: interrupted after" said
fi
