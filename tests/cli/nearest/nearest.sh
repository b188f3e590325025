# Nearest training images, against a plain search in Python, and what is a copy.
photos train 12 24 20
mkdir drawn test
for i in 1 2 3; do image 16 16 $((i + 40)) >drawn/$i.ppm; done
# One is a training image mirrored, with a little noise; its neighbours are far away.
degrade -q --center-crop --size 16x16 --kernel box train -o prepared/
"$CONVERT" prepared/7.png -flop ppm:- | degrade -q -s 1 - --noise 2 -o drawn/copy.png
for i in 1 2 3 4; do image 24 20 $((i + 60)) >test/$i.ppm; done

cat >plain.py <<'END'
import glob, os, subprocess, sys
def read(path):
    data = subprocess.run(["degrade", "-q", "--center-crop", "--size", "16x16", "--kernel", "box", path],
                          stdout=subprocess.PIPE, check=True).stdout
    return data[-16 * 16 * 3:]
def mirrored(pixels):
    rows = [pixels[y * 48:y * 48 + 48] for y in range(16)]
    return b"".join(row[x * 3:x * 3 + 3] for row in rows for x in reversed(range(16)))
neighbours, flip = int(sys.argv[1]), sys.argv[2] == "flip"
training = [(os.path.basename(f)[:-4], read(f)) for f in sorted(glob.glob("train/*.ppm"))]
for folder in sys.argv[3:]:
    for path in sorted(glob.glob(folder + "/*")):
        pixels = read(path)
        found = []
        for name, other in training:
            for turned, those in [(0, other)] + [(1, mirrored(other))] * flip:
                rms = (sum((a - b) ** 2 for a, b in zip(pixels, those)) / len(pixels)) ** 0.5
                found.append((rms, name, turned))
        best = {}
        for rms, name, turned in sorted(found): best.setdefault(name, (rms, turned))
        ordered = sorted((rms, name, turned) for name, (rms, turned) in best.items())[:neighbours]
        mean = sum(rms for rms, _, _ in ordered) / len(ordered)
        rms, name, turned = ordered[0]
        ratio = rms / mean
        print(folder, os.path.basename(path)[:-4], name, "yes" if turned else "no", "%.4f" % rms, "%.4f" % ratio,
              "yes" if ratio < 0.5 else "no", sep="\t")
END
rows() { nearest --per-image "$@" | tail -n +2 | sort; }
rows drawn train | cmp - <(python3 plain.py 50 flip drawn | sort)
rows --neighbours 3 drawn train | cmp - <(python3 plain.py 3 flip drawn | sort)
rows --no-flip --neighbours 3 --held-out test drawn train | cmp - <(python3 plain.py 3 plain drawn test | sort)
nearest --per-image drawn train | grep -q "$(printf '^drawn\tcopy\t7\tyes\t.*\tyes$')"

# Shares; nothing depends on threads, or on the form of the training images.
nearest --held-out test drawn train >table
[ "$(head -n1 table)" = "$(printf 'set\timages\tcopies\tshare\tlow\thigh\tsmallest_ratio\tmedian_ratio')" ]
grep -q "$(printf '^drawn\t4\t1\t0.2500\t0.0456\t0.6994\t')" table # Wilson's interval of 1 in 4
grep -q "$(printf '^test\t4\t0\t0.0000\t0.0000\t0.4899\t')" table
tar cf train.tar train
nearest --threads 1 --held-out - drawn train.tar <test/1.ppm >/dev/null
nearest --threads 1 drawn train.tar | cmp - <(head -n2 table)
nearest drawn train/[1-6].ppm train/[7-9].ppm train/1[0-2].ppm | cmp - <(head -n2 table)
nearest --json drawn train | grep -q '^{"set":"drawn","images":4,"threshold":0.5,"copies":1,"share":0.25,'
nearest --threshold 0.9999 --per-image --json drawn train | grep -c '"copy":true' >count
[ "$(cat count)" -ge 3 ]
nearest --shard 1/2 --per-image drawn train | tail -n +2 | wc -l | grep -q '^2$'

# The nearest images, prepared and mirrored, beside the drawn ones.
nearest -o near drawn train >/dev/null
[ "$(find near -name '*.png' | wc -l)" = 4 ]
"$CONVERT" prepared/7.png -flop ppm:- | degrade -q -s 1 - | grep -av '^#sr' >wanted
degrade -q -s 1 near/copy.png | grep -av '^#sr' | cmp - wanted
sheet -q --beside --labels drawn near -o sheet.png

# One size for all, which --size gives to others.
cp -R drawn mixed && image 30 20 5 >mixed/z.ppm
fails 1 "it has 30x20 pixels, and those before it 16x16" nearest mixed train
nearest --size 8x8 mixed train >/dev/null
nearest --size 8x8 drawn train | grep -q "$(printf '^drawn\t4\t1\t')"

fails 2 "two inputs are needed, or more" nearest drawn
fails 2 "only one input can be standard input" nearest --held-out - - train
fails 1 "too few training images" nearest drawn train/1.ppm
fails 1 "cannot open 'missing'" nearest drawn missing
fails 1 "cannot open 'missing'" nearest --held-out missing drawn train
fails 2 "'drawn/' is also an input" nearest -o drawn drawn train
mkdir -p classes/a classes/b
cp train/1.ppm classes/a/ && cp prepared/7.png classes/b/copy.png
fails 2 "-o: 'classes/b/copy.png' is also an input" nearest -o classes/b drawn classes
fails 2 "-o: 'prepared/1.png' is also an input" nearest -o prepared drawn prepared/*.png
ls prepared/*.png >list
fails 2 "-o: './prepared/1.png' is also an input" nearest -o ./prepared/ drawn @list
fails 2 "-o: './1.png' is also an input" sh -c 'cd prepared && nearest -o . ../drawn 1.png 2.png 3.png'
fails 2 "-o: 'prepared/1.png' is also an input" nearest -o prepared --held-out prepared drawn train

# Of a training image that is there many times all copies count as one, also with noise.
mkdir twice
for i in $(seq 1 60); do cp prepared/7.png "twice/$i.png"; done
nearest --per-image prepared/7.png twice | grep -q "$(printf '^prepared/7.png\t7\t1\tno\t0.0000\t0.0000\tyes$')"
nearest --per-image drawn/copy.png twice prepared | grep -q 'yes$'

# Padding is for images that are not generated.
degrade -q -s 1 --pad 24 drawn -o padded/
nearest --pad 24 padded drawn | grep -q "$(printf '^padded\t4\t4\t1.0000\t')"
nearest padded drawn | grep -q "$(printf '^padded\t4\t0\t')"
# A shard without images has a table without rows.
[ "$(nearest --shard 9/9 drawn train | wc -l)" = 1 ]
fails 1 "no images in" nearest --held-out - drawn train

echo damaged >train/0.ppm
fails 1 "train/0.ppm" nearest drawn train
status=0
nearest -q --keep-going drawn train >skipped || status=$?
[ $status = 3 ]
cmp skipped <(head -n2 table)
