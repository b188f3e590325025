# Checkpoints in the layouts of other projects become stages that sample, upscale and cascade can run.
checkpoint() { perl "$SOURCE/tests/cli/import-weights/checkpoint.pl" "$@"; }

# guided-diffusion: a generating and an upsampling network; both as a cascade.
base="--image_size 16 --channel_mult 1,2 --num_channels 32 --num_res_blocks 1 --attention_resolutions 8 --class_cond True \
  --learn_sigma True --resblock_updown True --timestep_respacing 4"
up="--large_size 64 --small_size 16 --num_channels 32 --num_res_blocks 1 --attention_resolutions 16 --class_cond True \
  --learn_sigma True --timestep_respacing 3"
checkpoint adm base.pt out=6 classes=4 updown=1 container=legacy
checkpoint adm up.pt in=6 out=6 classes=4 multipliers=1,2,3,4 attention=2 seed=2
import-weights adm base.pt --flags "$base" -o base.json 2>said
grep -q "'base.json': base, 16 pixels, [0-9]* parameters in 145 tensors" said
import-weights adm up.pt --flags "$up" -o up.json
cat >c.json <<'END'
{ "schema": 1, "description": "", "data": {"pad": 0, "flip": true},
  "stages": [
    {"manifest": "base.json",
     "sampling": {"steps": "4", "sampler": "ddpm", "guidance": 1, "noise_level": 0, "truncate": false},
     "training": {"steps": 1, "batch": 1, "learning_rate": 0, "warmup": 0, "decay": "none", "ema": 0, "vlb_weight": 0}},
    {"manifest": "up.json",
     "sampling": {"steps": "3", "sampler": "ddpm", "guidance": 1, "noise_level": 0, "truncate": false},
     "training": {"steps": 1, "batch": 1, "learning_rate": 0, "warmup": 0, "decay": "none", "ema": 0, "vlb_weight": 0}}],
  "history": [] }
END
cascade c.json -n 2 --class 1,3 -o whole/
sample -m base.json -n 2 --class 1,3 | upscale -m up.json -o piped/
for i in 0 1; do
  pngtopam whole/00000$i.png >a
  pngtopam piped/00000$i.png >b
  same a b
  pamfile a | grep -q "64 by 64"
done
not cmp -s whole/000000.png whole/000001.png

# The manifest contains the source of the weights and the program that made it.
digest=$(sha256sum base.pt | cut -d' ' -f1)
grep -q "\"description\": \"imported from base.pt, sha256 $digest\"" base.json
grep -q '"program": "import-weights"' base.json
head -c 400 base.safetensors | grep -a -q "\"source_sha256\":\"$digest\""
grep -q "\"sha256\": \"$(sha256sum base.safetensors | cut -d' ' -f1)\"" base.json
import-weights -q --no-history adm base.pt --flags "$base" -o again.json
same base.safetensors again.safetensors
grep -q '"history": \[\]' again.json

# Half the size; names of classes.
printf '%s\n' tench crane shark crane >names.txt
import-weights -q adm base.pt --flags "$base" --class-names names.txt --weights-type fp16 -o half.json
[ $(($(stat -c %s base.safetensors) / $(stat -c %s half.safetensors))) = 1 ]
[ "$(stat -c %s half.safetensors)" -lt "$(($(stat -c %s base.safetensors) * 6 / 10))" ]
grep -qF '"classes": ["tench", "crane", "shark", "crane (3)"]' half.json
sample -m half.json --class "crane (3)" | grep -a -q '"class":3'

# Janspiry's, with its configuration.
checkpoint sr3 gen.pth in=6 channels=16 multipliers=1,2,2 attention=1
cat >sr.json <<'END'
{ "datasets": { "train": { "l_resolution": 8, "r_resolution": 32 } }, // sizes
  "model": { "which_model_G": "sr3",
    "unet": { "in_channel": 6, "out_channel": 3, "inner_channel": 16, "norm_groups": 8, "channel_multiplier": [1, 2, 2],
              "attn_res": [16], "res_blocks": 1, "dropout": 0.2 },
    "beta_schedule": { "val": { "schedule": "linear", "n_timestep": 6, "linear_start": 1e-3, "linear_end": 0.5 } },
    "diffusion": { "image_size": 32, "conditional": true } } }
END
import-weights -q sr3 gen.pth --config sr.json -o sr3.json
image 8 8 | upscale -m sr3.json -o sr3.png
pngtopam sr3.png | pamfile | grep -q "32 by 32"
grep -q '"upsample": "pillow-bicubic"' sr3.json

# diffusers': a folder.
mkdir -p model
checkpoint diffusers model/diffusion_pytorch_model.safetensors classes=2
cat >model/config.json <<'END'
{ "_class_name": "UNet2DModel", "sample_size": 16, "block_out_channels": [32, 64], "layers_per_block": 1,
  "attention_head_dim": 32, "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
  "up_block_types": ["AttnUpBlock2D", "UpBlock2D"], "num_class_embeds": 2, "downsample_padding": 0, "freq_shift": 1 }
END
import-weights diffusers model -o net.json 2>said
grep -q "there is no scheduler_config.json" said
sample -m net.json --steps 3 -n 2 -o net/
[ "$(ls net | wc -l)" = 2 ]

# The same weights in several files, as large models of diffusers have them.
mkdir sharded
cp model/config.json sharded
perl -MJSON::PP -e '
  my ($from, $to) = @ARGV;
  open my $in, "<:raw", $from or die;
  read $in, my $length, 8;
  read $in, my $text, unpack "Q<", $length;
  my $header = decode_json($text);
  local $/;
  my $data = <$in>;
  delete $header->{__metadata__};
  my (@headers, @data, %map);
  for my $name (sort keys %$header) {
    my ($part, $tensor) = (keys(%map) % 3, $header->{$name});
    my ($begin, $end) = @{$tensor->{data_offsets}};
    my $at = length($data[$part] //= "");
    $data[$part] .= substr $data, $begin, $end - $begin;
    $headers[$part]{$name} = {%$tensor, data_offsets => [$at, length $data[$part]]};
    $map{$name} = sprintf "diffusion_pytorch_model-%05d-of-00003.safetensors", $part + 1;
  }
  for my $part (0 .. 2) {
    my $json = encode_json($headers[$part]);
    open my $out, ">:raw", sprintf("%s/diffusion_pytorch_model-%05d-of-00003.safetensors", $to, $part + 1) or die;
    print $out pack("Q<", length $json), $json, $data[$part];
  }
  open my $index, ">", "$to/diffusion_pytorch_model.safetensors.index.json" or die;
  print $index encode_json({metadata => {total_size => length $data}, weight_map => \%map})' \
  model/diffusion_pytorch_model.safetensors sharded
import-weights diffusers sharded -o whole.json
sample -m whole.json --steps 3 -n 2 -o whole-net/
cmp <(for i in net/*; do pngtopam $i; done) <(for i in whole-net/*; do pngtopam $i; done)
rm sharded/*-00002-of-*
fails 1 "diffusion_pytorch_model-00002-of-00003.safetensors" import-weights diffusers sharded -o lacking.json
[ ! -e lacking.json ]

# The contents of a file.
import-weights --describe base.pt gen.pth model base.safetensors >table
[ "$(grep -c '^container' table)" = 4 ]
[ "$(grep '^format' table | cut -f2 | xargs)" = "adm sr3 diffusers ours" ]
grep -qP "^prefix\tdenoise_fn\.$" table
grep -qP "^guess\t--image_size [0-9]* --num_channels 32 .*--class_cond True --learn_sigma True --resblock_updown True" table
import-weights --describe --json base.pt | grep -q '"container":"torch (legacy)","tensors":"145"'
