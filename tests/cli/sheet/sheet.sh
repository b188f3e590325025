# The size of the grid and positions of the images; a stream, a folder and columns side by side; errors.
size() { pngtopnm "$1" 2>/dev/null | head -n2 | tail -n1; }
photos a 5 20 10
photos b 5 10 5

sheet a -o five.png
[ "$(size five.png)" = "$((3 * 24 + 4)) $((2 * 14 + 4))" ]
sheet -c 5 --gap 0 a -o row.png
pnmcat -lr a/1.ppm a/2.ppm a/3.ppm a/4.ppm a/5.ppm >row.ppm 2>/dev/null
pngtopnm row.png 2>/dev/null >got.ppm
same got.ppm row.ppm
sheet -c 5 --gap 0 -s 3 a -o row.png
pamenlarge 3 row.ppm >row3.ppm 2>/dev/null
pngtopnm row.png 2>/dev/null >got.ppm
same got.ppm row3.ppm

# From a stream, to a stream.
cat a/*.ppm | sheet -c 5 --gap 0 | sed '/^#/d' >got.ppm
same got.ppm row.ppm

# Side by side, by key, with small ones enlarged to fit the cell.
sheet --beside --fit --gap 0 a b -o beside.png
[ "$(size beside.png)" = "40 50" ]
pamenlarge 2 b/3.ppm 2>/dev/null | pnmcat -lr a/3.ppm - >pair.ppm 2>/dev/null
pngtopnm beside.png 2>/dev/null | pamcut -top 20 -height 10 >got.ppm
same got.ppm pair.ppm
sheet --beside --fit --gap 0 -c 4 a b -o beside.png
[ "$(size beside.png)" = "80 30" ]
sheet --beside --labels a b -o labels.png
[ "$(size labels.png)" = "52 $((5 * 24 + 4 + 10))" ]
# A folder's name has no ending that could be left out.
cp -R b 0
cp -R b 0.1
sheet --beside --labels a 0 -o whole.png
sheet --beside --labels a 0.1/ -o cut.png
not cmp -s whole.png cut.png

rm b/4.ppm
fails 1 "cannot pair 'a/4.ppm': no image '4' in 'b'" sheet --beside a b -o x.png
[ ! -e x.png ]
fails 2 "must be a multiple of the 2 inputs" sheet --beside -c 3 a b -o x.png
fails 2 "needs two inputs" sheet --beside a -o x.png
fails 2 "option '--scale': '0' is not in the range 1 to 65536" sheet -s 0 a -o x.png
fails 2 "option '--columns': '-1' is not in the range 0 to 65536" sheet -c -1 a -o x.png
fails 1 "more than 268435456 pixels" sheet -s 60000 a -o x.png
fails 1 "cannot write 'standard output'" bash -c 'sheet a >/dev/full'
fails 1 "cannot write 'none.png': there is no image to write" sheet -o none.png </dev/null
[ ! -e none.png ]
