# A cascade's training that resumes takes what is not given from the states of its stages.
for class in red blue; do photos things/$class 3 24 20; done
cdm-train -q --new 8,16 --preset tiny --no-history things -o whole.json
cdm-train -q --new 8,16 --preset tiny --no-history things -o part.json
options=(--batch 4 --seed 5 --learning-rate 1e-3 --threads 1 --precision fp32 --no-history --journal-every 1 --preview-every 0)
cdm-train -q "${options[@]}" --steps 4 whole.json things
cdm-train "${options[@]}" --steps 4 --time-limit 0 part.json things 2>said
grep -qF "stopped after step 0 of 4, all saved; to go on: cdm-train part.json" said
cdm-train -q part.json
same whole-8.safetensors part-8.safetensors
same whole-16.safetensors part-16.safetensors
# Each stage has its own steps.
cdm-train -q --stage 1 --steps 6 part.json
cdm-train part.json 2>said
grep -q "stage 1 of 2, 'part-8.json': already trained for 6 steps" said
grep -q "stage 2 of 2, 'part-16.json': already trained for 4 steps" said
cdm-train --stage 2 --steps 9 --time-limit 0 part.json 2>said
grep -qF "to go on: cdm-train --stage 2 part.json" said

# A contradiction names what was given, or the setting of the manifest that was edited.
fails 2 "cannot resume 'part-16.json': --seed 6 contradicts the 5" cdm-train --stage 2 --seed 6 part.json
sed -i 's/"level_draw": "continuous"/"level_draw": "discrete"/' part-16.json
fails 2 "cannot resume 'part-16.json': 'diffusion.level_draw' discrete contradicts the continuous" cdm-train --stage 2 part.json
fails 2 "no images to train on" cdm-train --restart part.json
cdm-train -q --new 8,16 --preset tiny things -o new.json
fails 2 "--resume: 'new.json' has no training to resume" cdm-train --resume new.json things
fails 2 "no images to train on" cdm-train new.json
