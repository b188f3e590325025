# Statistics in parts: 1, 7 and 64 parts, any order and batch give the same bytes; what cannot be merged is refused.
photos photos 64 12 10
feature_network net.pt
export FID_FEATURES=net.pt
fid stats photos -o whole.npz --keep-features --isc --groups 3
for parts in 1 7 64; do
  for ((i = 1; i <= parts; i++)); do
    fid stats --shard "$i/$parts" photos -o "part-$i.npz" --keep-features --isc --groups 3 --batch $((i % 5 + 1)) --threads 1
  done
  fid merge part-*.npz -o merged.npz # in the order of their names: 1 10 11 ...
  same whole.npz merged.npz
  [ "$parts" = 7 ] || continue
  fid merge part-7.npz part-[1-3].npz -o a.npz
  fid merge part-[4-6].npz -o b.npz
  fid merge b.npz a.npz -o merged.npz
  same whole.npz merged.npz
done
tar -cf photos.tar -C photos .
fid stats photos.tar -o tar.npz --groups 3 --batch 64
fid stats photos -o folder.npz --groups 3
same tar.npz folder.npz

# The same file in two folders counts as two images, in one job and in its parts, and a set still equals itself.
mkdir p q
image 9 9 1 | tee p/x.ppm >q/x.ppm
image 9 9 2 >p/y.ppm
image 9 9 3 >q/y.ppm
fid stats p q -o both.npz --isc
for i in 1 2 3; do fid stats --shard $i/3 p q -o third-$i.npz --isc; done
fid merge third-3.npz third-1.npz third-2.npz -o merged.npz
same both.npz merged.npz
fid stats q -o q.npz --isc
fails 1 "'q.npz' with 'both.npz': they have 2 images in common" fid merge both.npz q.npz -o no.npz

# In the order of the input: archives of images in their position among the operands; parts of two jobs have no order.
{
  printf '\223NUMPY\001\000\166\000'
  printf '%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 9, 9, 3), }"
  for image in q/*.ppm; do tail -c $((9 * 9 * 3)) "$image"; done
} >arr_0.npy
zip -q q-images.npz arr_0.npy
score() { # OPERAND...   the score in the way of guided-diffusion
  fid stats "$@" -o some.npz --isc
  fid compare -q --profile adm --force --isc --splits 3 some.npz folder.npz | tail -n1 | cut -f2
}
[ "$(score q-images.npz photos p)" = "$(score q photos p)" ]
not [ "$(score q-images.npz photos p)" = "$(score photos p q-images.npz)" ]
fid stats p -o p.npz --isc
fid stats q/y.ppm -o y.npz --isc
fid merge p.npz y.npz -o merged.npz
fails 1 "--isc: --profile adm takes the first images in the order of the input" \
  fid compare --profile adm --force --isc --splits 1 merged.npz folder.npz
fails 1 "cannot merge 'q-images.npz': it holds images (arr_0)" fid merge p.npz q-images.npz -o no.npz

fails 1 "'part-3.npz' with 'whole.npz': they have 1 image in common" fid merge whole.npz part-3.npz -o no.npz
fails 1 "they have 64 images in common" fid merge folder.npz tar.npz -o no.npz
fid stats photos/1.ppm -o other.npz --groups 2
fails 1 "'other.npz' with 'part-2.npz': one has sums of 2 groups, the other of 3" fid merge part-2.npz other.npz -o no.npz
fid stats photos/1.ppm -o other.npz --groups 3
fails 1 "only one contains features" fid merge part-2.npz other.npz -o no.npz
fid stats photos/1.ppm -o ddof.npz --groups 3 --ddof 0
fails 1 "they differ in ddof: '0' and '1'" fid merge folder.npz ddof.npz -o no.npz
[ ! -e no.npz ]
cp net.pt other.pt
fid stats photos/1.ppm -o renamed.npz --features other.pt --groups 3 # the same file by another name
fails 1 "they have 1 image in common" fid merge folder.npz renamed.npz -o no.npz
feature_network other.pt 32
image 9 9 99 >other.ppm
fid stats other.ppm -o unlike.npz --features other.pt --groups 3
fails 1 "they differ in features: 'other.pt:" fid merge folder.npz unlike.npz -o no.npz
fid merge --force folder.npz unlike.npz -o forced.npz 2>err
grep -q "differ in features: 'other.pt:" err
fails 1 "cannot compare: the sets differ in features: 'other.pt:" fid compare unlike.npz folder.npz
fails 1 "cannot write 'missing/x.npz'" fid merge folder.npz -o missing/x.npz
head -c 3000 folder.npz >cut.npz
fails 1 "cannot read 'cut.npz'" fid merge folder.npz cut.npz -o no.npz
fails 1 "cannot open 'none.npz'" fid merge folder.npz none.npz -o no.npz
