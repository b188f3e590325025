# examples/kubernetes/, as far as it can be tested without a cluster: the documents agree with each other, and what their pods would
# run, run here with the variables that the pods would have, trains and enlarges with the bytes of one process.
python3 -c 'import yaml' 2>/dev/null || { echo "left out: python3-yaml is not here"; exit 0; }

# Where kubectl is: it decodes the Job by Kubernetes' own types, drops what these do not have, and prints the rest.
command -v kubectl >/dev/null && for file in "$SOURCE"/examples/kubernetes/*.yaml; do
  timeout 60 kubectl set image --local -f "$file" '*=other' -o json >known.json 2>said || true # which is not of the service
  python3 - "$file" <<'CODE'
import json, sys, yaml
def compare(ours, known, where):
    if isinstance(ours, dict):
        for key in ours: compare(ours[key], known.get(key), f"{where}.{key}")
    elif isinstance(ours, list):
        for i, each in enumerate(ours): compare(each, (known or [])[i], f"{where}[{i}]")
    elif ours != known: sys.exit(f"{sys.argv[1]}: Kubernetes has {known!r}, not {ours!r}, at {where}")
ours = list(yaml.safe_load_all(open(sys.argv[1])))[-1]
ours["spec"]["template"]["spec"]["containers"][0]["image"] = "other" # it prints only what it changes
compare(ours, json.load(open("known.json")), "")
CODE
done

# pod FILE INDEX   prints the environment of a pod as shell code, and then its command; fails if the documents do not agree
pod() {
  python3 - "$@" <<'CODE'
import shlex, sys, yaml
documents = list(yaml.safe_load_all(open(sys.argv[1])))
job = documents[-1]
assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job"), job
spec, pod = job["spec"], job["spec"]["template"]["spec"]
assert spec["completionMode"] == "Indexed" and pod["restartPolicy"] in ("OnFailure", "Never")
(container,) = pod["containers"]
environment = {each["name"]: each["value"] for each in container["env"]}
assert all(type(value) is str for value in environment.values()), "Kubernetes refuses values that are not strings"
count = environment.get("WORLD_SIZE") or environment["SHARDS"]
assert str(spec["completions"]) == count
assert int(sys.argv[2]) < spec["completions"]
assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
if "WORLD_SIZE" in environment:
    (service,) = documents[:-1]
    name = service["metadata"]["name"]
    # The pods of an Indexed Job are named JOB-INDEX, and found as JOB-INDEX.SUBDOMAIN if the service of that name selects them.
    assert environment["MASTER_ADDR"] == "{}-0.{}".format(job["metadata"]["name"], pod["subdomain"])
    assert (service["apiVersion"], service["kind"], service["spec"]["clusterIP"]) == ("v1", "Service", "None")
    assert pod["subdomain"] == name and service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    assert str(service["spec"]["ports"][0]["port"]) == environment["MASTER_PORT"]
    assert spec["parallelism"] == spec["completions"], "all pods of a training run at the same time"
environment["JOB_COMPLETION_INDEX"] = sys.argv[2]
for name, value in environment.items(): print(f"export {name}={shlex.quote(value)}")
print("set --", *map(shlex.quote, container["command"] + container["args"]))
CODE
}
# run NAME INDEX   what a pod of examples/kubernetes/NAME.yaml runs, with the variables in `given` changed
run() {
  local code
  code=$(pod "$SOURCE/examples/kubernetes/$1.yaml" "$2")
  eval "$code"
  exec env "${given[@]}" "$@"
}

photos photos 8 72 68
given=(PRESET=tiny STEPS=1 MASTER_ADDR=127.0.0.1 "MASTER_PORT=$((10000 + RANDOM % 10000))")
for index in 0 1 2 3; do
  (run train $index) 2>"said.$index" &
  pids[index]=$!
done
for index in 0 1 2 3; do wait "${pids[index]}" || { cat said.* >&2 && exit 1; }; done
grep -q 'process 0 of 4, started by RANK and WORLD_SIZE' said.0
sr3-train -q --preset tiny --steps 1 --accumulate 8 --threads 2 photos -o one.json
same x4.safetensors one.safetensors

photos small 9 12 10
tiny_stage x2.json
given=(STAGE=x2.json)
for index in 0 1 2 3 4 5 6 7; do (run upscale $index); done
upscale -q -m x2.json --threads 2 small -o one/
[ "$(ls one | wc -l)" = 9 ]
diff -r large one
