# Files that are not checkpoints, mismatches, and wrong command lines.
checkpoint() { perl "$SOURCE/tests/cli/import-weights/checkpoint.pl" "$@"; }
flags="--image_size 16 --channel_mult 1,2 --num_channels 32 --num_res_blocks 1 --attention_resolutions 8"
checkpoint adm net.pt container=legacy
net=(import-weights adm net.pt -o x.json)

fails 1 "these shapes would fit --num_channels 32 (here 64); of 128 tensors 127 have another shape" \
  "${net[@]}" --flags "$flags --num_channels 64"
fails 1 "--class_cond False (here True); of 129 tensors 1 is missing ('label_emb.weight')" "${net[@]}" \
  --flags "$flags --class_cond True"
fails 1 "--image_size (they take 3 channels: no condition)" "${net[@]}" --flags "--large_size 64 --small_size 16 --num_channels 32"
fails 2 "so --flags are required; inferred from its tensors: --image_size" "${net[@]}"
fails 2 "--num_chanels is not a flag of guided-diffusion" "${net[@]}" --flags "--num_chanels 3"
fails 1 "no integer stride" "${net[@]}" --flags "$flags --timestep_respacing ddim300"
fails 2 "--class-names: 'net.pt' has no classes" "${net[@]}" --flags "$flags" --class-names net.pt
checkpoint adm classes.pt classes=3
echo one >names.txt
fails 1 "'names.txt': it has 1 names, the network 3 classes" \
  import-weights adm classes.pt --flags "$flags --class_cond True" --class-names names.txt -o x.json
fails 1 "no tensor 'downs.0.weight', so it is not a network of Janspiry's SR3" import-weights sr3 net.pt -o x.json
checkpoint sr3 sr3.pth in=6
fails 2 "so its configuration is required (--config); inferred from its tensors: in_channel 6" import-weights sr3 sr3.pth -o x.json
echo '{ "model": 3 }' >bad.json
fails 1 "'bad.json': 'model' is not an object" import-weights sr3 sr3.pth --config bad.json -o x.json
fails 1 "cannot open 'none.json'" import-weights sr3 sr3.pth --config none.json -o x.json
mkdir folder
fails 1 "neither config.json nor unet/config.json" import-weights diffusers folder -o x.json
fails 1 "it is not a folder" import-weights diffusers net.pt -o x.json

# The command line.
fails 2 "the format comes first: adm, sr3 or diffusers" import-weights -o x.json
fails 2 "unknown format 'ddpm'" import-weights ddpm net.pt -o x.json
fails 2 "adm takes one checkpoint" import-weights adm net.pt sr3.pth -o x.json
fails 2 "no stage to write: -o STAGE.json" import-weights adm net.pt
fails 2 "'x.pt' is not a valid name for a stage" import-weights adm net.pt -o x.pt
fails 2 "--config is for sr3, not for adm" "${net[@]}" --config bad.json
fails 2 "--flags is for adm, not for sr3" import-weights sr3 sr3.pth --flags x -o x.json
fails 2 "--describe and --verify exclude" import-weights --describe --verify a.safetensors x.json
fails 2 "--describe needs a file of weights" import-weights --describe
fails 2 "takes one stage" import-weights --verify a.safetensors

# Files.
fails 1 "cannot open 'missing.pt'" import-weights adm missing.pt -o x.json
: >empty.pt
fails 1 "it is empty" import-weights adm empty.pt -o x.json
echo '<!DOCTYPE html>' >page.pt
fails 1 "it is a web page" import-weights --describe page.pt
head -c 100000 net.pt >cut.pt
fails 1 "bytes, more than 100000: it is truncated or damaged" import-weights adm cut.pt -o x.json
printf '\200\002cos\nsystem\n(X\010\000\000\000touch itt.' >evil.pt
fails 1 "names 'os.system'" import-weights --describe evil.pt
[ ! -e it ]
fails 1 "cannot write 'none/x.safetensors" import-weights adm net.pt --flags "$flags" -o none/x.json
fails 1 "neither config.json nor unet/config.json" import-weights --describe folder
fails 1 "cannot write 'standard output'" bash -c 'exec import-weights --describe net.pt >/dev/full'
[ ! -e x.json ]
[ ! -e x.safetensors ]
ls | not grep -q -e '\.tmp$' -e '\.new$'

# An input is never overwritten.
checkpoint adm own.safetensors
cp own.safetensors before
fails 2 "'own.safetensors' is an input" import-weights adm own.safetensors --flags "$flags" -o own.json
same own.safetensors before
mkdir -p model
checkpoint diffusers model/diffusion_pytorch_model.safetensors
echo '{ "sample_size": 16, "block_out_channels": [32, 64], "layers_per_block": 1, "attention_head_dim": 32,
  "down_block_types": ["DownBlock2D", "AttnDownBlock2D"], "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
  "downsample_padding": 0, "freq_shift": 1 }' >model/config.json
fails 2 "'model/config.json' is an input" import-weights diffusers model -o model/config.json
fails 2 "is an input" import-weights diffusers model -o model/diffusion_pytorch_model.json
fails 2 "--low-res: 'model/config.json' takes no condition" import-weights diffusers model --low-res 4 -o x.json
fails 2 "-o is for an import" import-weights --describe net.pt -o x.json

# A probe of a different network.
import-weights -q adm net.pt --flags "$flags" -o net.json
perl -e '
  my @t = (["x", "F32", "1,3,16,16", pack("f<*", map { sin $_ } 1 .. 768)], ["t", "F32", "1", pack("f<", 300)],
           ["output", "F32", "1,3,16,16", pack("f<*", map { cos $_ } 1 .. 768)]);
  my ($h, $d, $at) = ("", "", 0);
  for (@t) {
    my $e = $at + length $$_[3];
    $h .= ($at ? "," : "") . "\"$$_[0]\":{\"dtype\":\"$$_[1]\",\"shape\":[$$_[2]],\"data_offsets\":[$at,$e]}";
    $d .= $$_[3], $at = $e }
  binmode STDOUT; print pack("Q<", length($h) + 2), "{$h}", $d' >probe.safetensors
fails 1 "'net.json' did not make 'probe.safetensors': the relative error is" import-weights --verify probe.safetensors net.json
import-weights --verify probe.safetensors net.json --tolerance 1e9 | sed -n 1p | grep -qxP "images\tlargest\trelative"
import-weights --verify probe.safetensors net.json --tolerance 1e9 --json | grep -q '^{"images":1,"largest":[0-9.e+-]*,"relative":'
import-weights -q adm classes.pt --flags "$flags --class_cond True" -o classes.json
# NaN does not pass as a small difference.
perl -pe 'BEGIN { undef $/ } substr($_, 8 + unpack("Q<", $_) + 768 * 4, 4) = pack("f<", "nan")' probe.safetensors >nan.safetensors
fails 1 "'t' holds a number that is not finite" import-weights --verify nan.safetensors net.json --tolerance 1e9
fails 1 "tensor 'y' is missing" import-weights --verify probe.safetensors classes.json
fails 1 "is not one of x, t, y, low_res, cond, output" import-weights --verify net.safetensors net.json
fails 2 "option '--threads': '-5' is not in the range 0 to 4096" import-weights --threads -5 --verify probe.safetensors net.json
fails 2 "option '--tolerance': '-1' is not in the range >= 0" import-weights --verify probe.safetensors net.json --tolerance -1
