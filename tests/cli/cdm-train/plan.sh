# --plan of a cascade: a line for each stage, by its manifests, without data.
for i in red blue; do photos "things/$i" 3 24 20; done
cdm-train -q --new 8,16 --preset tiny things -o c.json
cdm-train --plan c.json >plan 2>said
not grep -q . said
[ "$(wc -l <plan)" = 3 ]
head -n1 plan | grep -qP '^stage\tsteps\tbatch\tprocesses\tweights\t'
for stage in 1 2; do
  cdm-train --stage $stage --steps 1 --batch 1 --preview-every 0 c.json things 2>said
  weights=$(sed -n 's/.*a network of \([0-9]*\) weights.*/\1/p' said)
  [ "$(awk -F '\t' -v stage=$stage '$1 == stage { print $5 }' plan)" = "$weights" ]
done
cdm-train --plan --stage 2 --steps 77 c.json | tail -n1 | grep -qP '^2\t77\t'
fails 2 "--stage 3: 'c.json' has stages 1 to 2" cdm-train --plan --stage 3 c.json
fails 2 "no cascade to plan" cdm-train --plan
fails 2 "--plan is not for --distill" cdm-train --plan --distill c.json -o d.json
