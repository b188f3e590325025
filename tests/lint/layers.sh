# A file includes only headers of its own layer or earlier ones; the image side never includes libtorch.
cd "$SOURCE"
order="base cli image stream degrade metrics tensor diffusion nn format stage data cascade parallel fid lpips train cas import info"
order+=" study"
find lib -name '*.h' -o -name '*.cpp' | sort | xargs grep -nE '^ *#include' | awk -v order="$order" '
  BEGIN { n = split(order, layer, " "); for (i = 1; i <= n; ++i) rank[layer[i]] = i; limit = rank["metrics"] }
  {
    split($0, part, ":"); file = part[1]; split(file, at, "/"); from = at[2]
    if (match($0, /["<][^">]*[">]/) == 0) next
    target = substr($0, RSTART + 1, RLENGTH - 2); quoted = substr($0, RSTART, 1) == "\""
    split(target, to, "/")
    image_side = rank[from] && rank[from] <= limit
    if (rank[from] == "" && file ~ /^lib\/[^\/]*\//) { print file ": unknown layer " from; bad = 1 }
    if (image_side && target ~ /^(ATen|torch|c10|caffe2)\//) { print file ": the image side includes " target; bad = 1 }
    if (quoted && rank[from] && rank[to[1]]) {
      if (rank[to[1]] > rank[from]) { print file ": includes a later layer: " target; bad = 1 }
    }
    if (quoted && target !~ /\//) { print file ": includes \"" target "\" without its layer"; bad = 1 }
    if (target ~ /^torch\/(torch|nn)\.h$/) { print file ": includes " target; bad = 1 }
  }
  END { exit bad }'
# Unit tests mirror lib/; those in accelerator/ run all of it on another device.
for test in tests/unit/*/*.cpp; do
  layer=$(basename "$(dirname "$test")")
  [[ " $order accelerator " == *" $layer "* ]] || { echo "$test: no layer $layer"; exit 1; }
done
