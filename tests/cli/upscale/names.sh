# A stage by its name: here, along SR3_CDM_PATH, and beside the installed program.
image 16 16 >a.ppm
mkdir lib
tiny_stage lib/x2.json
upscale -m lib/x2.json a.ppm -o by-path.png
SR3_CDM_PATH=/nowhere:$PWD/lib upscale -m x2 a.ppm -o by-name.png
same by-path.png by-name.png
(cd lib && upscale -m x2 ../a.ppm -o ../here.png)
same by-path.png here.png
upscale -m lib/x2 a.ppm -o short.png
same by-path.png short.png
fails 1 "cannot open 'x2': No such file or directory; neither it nor 'x2.json' is in the current folder, '/nowhere/'" \
  env SR3_CDM_PATH=/nowhere upscale -m x2 a.ppm -o none.png
fails 1 "cannot open 'x2.json': No such file or directory" upscale -m x2.json a.ppm -o none.png
fails 1 "cannot open 'lib/x3'" upscale -m lib/x3 a.ppm -o none.png

# What is in the current folder comes first.
mkdir other
tiny_stage other/x2.json --seed 9
cp other/x2.json other/x2.safetensors .
SR3_CDM_PATH=lib upscale -m x2 a.ppm -o first.png
not cmp -s by-path.png first.png
rm x2.json x2.safetensors

# The stages and cascades that come with the programs.
upscale -m photo-x4-fast --steps 1 a.ppm -o fast.png
prints "cascade of 3 stages" info digits
sample -m digits-fast-8 -n 1 --steps 1 -o digit.png
cascade digits -n 1 --steps 1 --show-pipe | grep -q "digits-8.json"

# The other uses of a stage's name.
export SR3_CDM_PATH=$PWD/lib
sr3-train -q --preset tiny --low-res 8 --high-res 16 --patch 2 --channels 8 --multipliers 1,2 --blocks 1 --groups 4 --steps 2 \
  --batch 2 --preview-every 0 --init-from x2 training-photos -o next.json
prints "super-resolution stage" info x2
