# The README's steps for the ImageNet cascade, with small random networks in place of the published files, which therefore
# need flags.
checkpoint() { perl "$SOURCE/tests/cli/import-weights/checkpoint.pl" "$@"; }
checkpoint adm 64x64_diffusion.pt out=6 classes=300 updown=1 multipliers=1,2,3,4 attention=3
checkpoint adm 64_256_upsampler.pt in=6 out=6 classes=300 multipliers=1,1,2,2,4,4 attention=5 updown=1
readme_commands "Use published checkpoints" >steps.sh
[ "$(grep -c '^import-weights adm' steps.sh)" = 2 ]
[ "$(grep -c '^cascade' steps.sh)" = 2 ]
base="--num_channels 32 --num_res_blocks 1 --class_cond True --learn_sigma True --resblock_updown True"
sed -i -e "s/64x64_diffusion.pt/& --flags '$base --attention_resolutions 8'/" \
  -e "s/64_256_upsampler.pt/& --flags '$base --large_size 256 --attention_resolutions 8'/" \
  -e 's/-n 4/-n 1 --steps 2/' -e 's/--steps 50//' steps.sh
bash -euo pipefail steps.sh
[ "$(ls retrievers)" = 000000.png ]
for made in retrievers/000000 fish; do
  pngtopam $made.png >made.pam
  pamfile made.pam | grep -qE "256 by 256|264 by 264" # a sheet has a border
done
