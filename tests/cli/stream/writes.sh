# -o with a new name: a folder without an ending, or where several images come; what is lost or skipped is said once.
photos in 3 16 12
degrade -s 2 in -o out 2>err
[ ! -s err ]
[ "$(ls out | xargs)" = "1.png 2.png 3.png" ]
degrade -s 2 in/1.ppm -o one
[ "$(ls one)" = 1.png ]
degrade -s 2 in -o new/deep/er
[ -f new/deep/er/3.png ]
degrade -s 2 in -o run.2
[ -f run.2/1.png ]
tar -cf in.tar in
degrade -s 2 in.tar -o run.tar
[ -f run.tar/in/1.png ]
degrade -s 2 in -o out         # again, into the folder that is there now
# One image, or an unknown number, and an ending that is no image's; endings of images; a file that is there.
fails 2 "names neither a folder" degrade -s 2 in/1.ppm -o run.3
fails 2 "names neither a folder" bash -c 'cat in/*.ppm | degrade -s 2 -o run.3'
fails 2 "names neither a folder" degrade -s 2 in -o x.gif
fails 2 "names neither a folder" degrade -s 2 in -o x.webp
touch file
fails 2 "names neither a folder" degrade -s 2 in -o file
fails 2 "holds one image, but 3 will be written; use -o DIR/" upscale --baseline bicubic -s 2 in -o x.png
[ ! -e run.3 ]
[ ! -e x.gif ]

# --skip-existing counts.
upscale --baseline bicubic -s 2 --skip-existing in -o up 2>err
[ ! -s err ]
rm up/2.png
upscale --baseline bicubic -s 2 --skip-existing in -o up 2>err
grep -qx "upscale: skipped 2 images that are already in 'up/'; 1 is new" err
upscale --baseline bicubic -s 2 --skip-existing in -o up 2>err
grep -qx "upscale: skipped 3 images that are already in 'up/'; 0 are new" err
upscale -q --baseline bicubic -s 2 --skip-existing in -o up 2>err
[ ! -s err ]
# An empty file is no image.
: >up/2.png
upscale --baseline bicubic -s 2 --skip-existing in -o up 2>err
grep -qx "upscale: skipped 2 images that are already in 'up/'; 1 is new" err
[ -s up/2.png ]

# 16 bits that become 8: a warning, once, unless --depth says so.
mkdir deep
for i in 1 2; do pamdepth 65535 in/$i.ppm >deep/$i.ppm; done
tiny_stage x2.json
for command in "degrade -s 2" "upscale --baseline bicubic -s 2" "upscale -m x2.json --steps 1"; do
  $command deep -o shallow 2>err
  [ "$(grep -c 'warning: 16 bits per sample become 8 (--depth 16 keeps them' err)" = 1 ]
  for depth in 8 16; do
    $command --depth $depth deep -o shallow 2>err
    not grep -q "16 bits" err
  done
  $command in -o shallow 2>err
  not grep -q "16 bits" err
done
degrade -s 2 deep/1.ppm -o x.jpg 2>err
grep -q "warning: 16 bits per sample become 8, as JPEG holds no more" err
sheet deep deep -o sheet.png 2>err
[ "$(grep -c "warning: 16 bits per sample become 8: a sheet has no more" err)" = 1 ]
sr3-train --preset tiny --crop 8 --steps 2 --batch 2 deep -o trained.json 2>err
[ "$(grep -c "warning: 16 bits per sample become 8: networks are trained on 8" err)" = 1 ]
