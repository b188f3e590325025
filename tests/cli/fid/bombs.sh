# Statistics and arrays of images that unpack to far more than their file are refused before they take memory.
feature_network net.pt
# zeros NAME SHAPE BYTES   bomb.npz, with a compressed array of zeros
zeros() {
  rm -f bomb.npz
  perl -e 'my $h = sprintf "{%s}", "\x27descr\x27: \x27|u1\x27, \x27fortran_order\x27: False, \x27shape\x27: $ARGV[0], ";
    $h .= " " x (117 - length $h) . "\n"; print "\x93NUMPY\1\0", pack("v", length $h), $h' "$2" >"$1.npy"
  truncate -s $((128 + $3)) "$1.npy"
  zip -q -1 bomb.npz "$1.npy"
}
zeros arr_0 '(1, 10000, 10000, 3)' 300000000
fails 1 "cannot read 'bomb.npz' array 'arr_0': 300000000 bytes by its shape, in a file of" \
  within 200 fid stats --features net.pt -o a.npz bomb.npz
zeros mu '(300000000,)' 300000000
fails 1 "cannot read 'bomb.npz' array 'mu': 300000000 bytes by its shape" within 200 fid merge -o a.npz bomb.npz
# A smaller one of the same ratio is read.
zeros arr_0 '(4, 100, 100, 3)' 120000
within 250 fid stats -q --features net.pt -o a.npz bomb.npz
