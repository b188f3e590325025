# An unknown option suggests what was probably meant; a suggestion is not an alias.
while read -r option suggestion program; do
  fails 2 "$program: unknown option '$option' (did you mean '$suggestion'?); try" "$program" "$option" 1
done <<'TABLE'
--lr --learning-rate sr3-train
--learning_rate --learning-rate cdm-train
--batch-size --batch sr3-train
--epochs --steps cdm-train
--outscale --final-scale upscale
--num_inference_steps --steps upscale
--tile_pad --overlap upscale
--guidance_scale --guidance sample
--num --number sample
--label --class cascade
--batch-size --batch fid
--num-workers --threads cas
--gpu --device fid
--thraeds --threads sheet
--resize --size degrade
TABLE
# The parser sees the first letter of what another program takes as a word.
fails 2 "unknown option '-l' (did you mean '--learning-rate'?)" sr3-train -lr 1e-4
fails 2 "unknown option '-scale' (did you mean '--scale'?)" upscale -scale 4
fails 2 "unknown option '-scale' (did you mean '--scale'?)" degrade -scale=4 a.png
fails 1 "cannot open '-scale'" degrade -s 4 -- -scale
fails 2 "unknown option '--input' (inputs are named without an option)" upscale --input a.png
fails 2 "unknown option '--resume-from-checkpoint' (the same command resumes where it stopped)" sr3-train --resume-from-checkpoint
fails 2 "unknown option '--resume' (did you mean '--skip-existing'?)" upscale --resume
for program in $PROGRAMS; do
  fails 2 "$program: unknown option '--verbos' (did you mean '--verbose'?); try '$program --help'" "$program" --verbos
done
fails 2 "degrade: unknown option '--xyzzy'; try 'degrade --help'" degrade --xyzzy
