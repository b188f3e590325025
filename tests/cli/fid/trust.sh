# A TorchScript network is run only if it is no more than a network, and only for a limited time.
photos a 3 16 12
feature_network net.pt
fid stats -q --features net.pt -o net.npz a

# altered FILE LINE   the network with another first line of forward()
altered() {
  cp net.pt "$1"
  mkdir -p net/code
  unzip -p net.pt net/code/__torch__.py |
    perl -pe 'BEGIN { $line = shift } s/^(    f = torch.mean.*)/$1\n    $line/' "$2" >net/code/__torch__.py
  zip -q -0 "$1" net/code/__torch__.py
}
altered writes.pt 'torch.save(f, "stolen")'
fails 1 "cannot use 'writes.pt': its function Net.forward calls aten::save" fid stats --features writes.pt -o a.npz a
fails 1 "--trust-features runs it nevertheless" fid stats --features writes.pt -o a.npz a
[ ! -e stolen ]
[ ! -e a.npz ]
fid stats -q --features writes.pt --trust-features -o a.npz a
[ -s stolen ]
altered reads.pt 'f = torch.add(f, torch.from_file("net.pt", False, 3))'
fails 1 "calls aten::from_file" fid stats --features reads.pt -o b.npz a
altered prints.pt 'print(f)'
fails 1 "calls prim::Print" fid stats --features prints.pt -o b.npz a
altered damaged.pt 'this is (no code'
fails 1 "cannot read 'damaged.pt': it is not a TorchScript file, it is damaged" fid stats --features damaged.pt -o b.npz a

# Code that would run while the file is read.
cp net.pt state.pt
{
  unzip -p net.pt net/code/__torch__.py
  printf '  def __setstate__(self: __torch__.Net,\n    state: Tensor) -> NoneType:\n'
  printf '    torch.save(state, "stolen2")\n    return None\n'
} >net/code/__torch__.py
zip -q -0 state.pt net/code/__torch__.py
fails 1 "it has a method __setstate__, which would run when the file is read" fid stats --features state.pt -o b.npz a
unzip -p net.pt net/code/__torch__.py |
  sed 's/return_features: bool=False/return_features: bool=torch.eq(torch.len("ab"), 2)/' >net/code/__torch__.py
cp net.pt default.pt
zip -q -0 default.pt net/code/__torch__.py
fails 1 "computes the default value of the argument return_features" fid stats --features default.pt -o b.npz a

# An endless program ends with an error.
mkdir -p net/code
unzip -p net.pt net/code/__torch__.py |
  perl -pe 's/^(    f = torch.mean.*)/$1\n    while torch.gt(torch.len([1]), 0):\n      f = torch.add(f, 1)/' >net/code/__torch__.py
cp net.pt endless.pt
zip -q -0 endless.pt net/code/__torch__.py
fails 1 "take it more than 2 s (--pass-limit)" timeout 60 fid stats --features endless.pt --pass-limit 2s -o b.npz a
fails 2 "option '--pass-limit': " fid stats --features net.pt --pass-limit soon -o b.npz a
[ ! -e b.npz ]

# So does one that takes ever more memory, in a pass or while it is read.
grow='g = torch.ones([1])\n    while torch.gt(torch.len([1]), 0):\n      g = torch.cat([g, torch.ones([20000000])])'
unzip -p net.pt net/code/__torch__.py | perl -pe "s/^(    f = torch.mean.*)/\$1\n    $grow/" >net/code/__torch__.py
cp net.pt large.pt
zip -q -0 large.pt net/code/__torch__.py
fails 1 "take it more than 200 MB of memory (--pass-memory)" \
  within 1500 timeout 60 fid stats --features large.pt --pass-memory 200 -o b.npz a
