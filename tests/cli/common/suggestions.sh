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
--quality --jpeg degrade
--cols --columns sheet
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

# Words: of choices, commands, presets, stages and the keys of manifests.
photos p 2 24 20
fails 2 "'bicubc' is not one of nearest|box|bilinear|bicubic|lanczos (did you mean 'bicubic'?)" upscale --baseline bicubc p
fails 2 "unknown command 'comapre': stats, merge or compare (did you mean 'compare'?)" fid comapre
fails 2 "unknown preset 'smal' (did you mean 'small'?): the presets are" sr3-train --preset smal p -o s.json
fails 2 "unknown preset 'smal' (did you mean 'small'?): the presets are" cdm-train --new 8,16 --preset smal p -o c.json
cdm-train -q --new 8,16 --preset tiny --unconditional -o garden.json
fails 1 "(did you mean 'garden-16'?)" upscale -m gardn-16 p
sed 's/"multipliers"/"multipliers_"/' garden-16.json >wrong.json
fails 1 "unknown key 'network.multipliers_' (did you mean 'multipliers'?)" upscale -m wrong.json p -o out/
sed 's/"stages"/"stagse"/' garden.json >wrong.json
fails 1 "unknown key 'stagse' (did you mean 'stages'?)" cascade wrong.json
fails 2 "'x' is not one of nearest|box|bilinear|bicubic|lanczos; try" upscale --baseline x p
