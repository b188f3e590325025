# Helpers of the command-line tests; tests/run-cli makes bash read this file before each script.

# fails STATUS TEXT COMMAND...   the command ends with STATUS, and its standard error contains TEXT
fails() {
  local want=$1 text=$2 status=0 output
  shift 2
  output=$("$@" 2>&1 >/dev/null) || status=$?
  if [ "$status" -ne "$want" ] || ! grep -qF -e "$text" <<<"$output"; then
    printf 'wanted exit status %s and "%s"\ngot exit status %s from: %s\n%s\n' "$want" "$text" "$status" "$*" "$output" >&2
    return 1
  fi
}

# not COMMAND...   the command fails. A line that starts with "!" would never end a script, whatever its command does.
not() {
  if "$@"; then
    printf 'wanted a failure from: %s\n' "$*" >&2
    return 1
  fi
}

# same A B   the two files have the same bytes
same() {
  cmp "$1" "$2" >&2
}

# prints TEXT COMMAND...   the command succeeds, and its standard output contains TEXT
prints() {
  local text=$1 status=0 output
  shift
  output=$("$@") || status=$?
  if [ "$status" -ne 0 ] || ! grep -qF -e "$text" <<<"$output"; then
    printf 'wanted "%s" from: %s (exit status %s)\n%s\n' "$text" "$*" "$status" "$output" >&2
    return 1
  fi
}

# within MIB COMMAND...   runs the command; its memory, at its peak, was at most MIB more than that of `COMMAND --version`. Not by
# ulimit: how much address space libtorch maps depends on where it comes from (1.5 GB for Debian's, 3 for PyPI's). Sanitizers keep
# what is freed, and are not held to it.
within() {
  python3 -c '
import os, sys
def run(command, output):
    child = os.fork()
    if child == 0:
        if output: os.dup2(os.open(output, os.O_WRONLY), 1)
        os.execvp(command[0], command)
    _, status, used = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), used.ru_maxrss // 1024
limit, command = int(sys.argv[1]), sys.argv[2:]
_, start = run([command[0], "--version"], os.devnull)
status, peak = run(command, None)
if peak > start + limit and os.environ.get("SANITIZED") != "1":
    sys.exit(f"wanted at most {limit} MiB more than {start}, got {peak} from: {command}")
sys.exit(status if status >= 0 else 128 - status)' "$@"
}

# readme_commands SECTION   the commands of a section of the README, on standard output
readme_commands() {
  awk -v wanted="## $1" '/^## / { here = $0 == wanted; found += here } here && /^```$/ { code = 0 } here && code
    here && /^```sh$/ { code = 1 } END { exit !found }' "$SOURCE/README.md"
}

# image WIDTH HEIGHT [SEED]   a P6 image on standard output: a smooth ramp with edges and a little noise, always the same
image() {
  perl -e '
    my ($w, $h, $s) = @ARGV; my $r = 12345 + $s; binmode STDOUT; print "P6\n$w $h\n255\n";
    for my $y (0 .. $h - 1) { for my $x (0 .. $w - 1) {
      for my $c (0 .. 2) {
        $r = ($r * 1103515245 + 12345) & 0x7fffffff;
        my $v = 255 * ($x + $c * $y + 7 * $s) / ($w + $c * $h + 7 * $s) + ($r >> 16) % 9;
        $v = 255 - $v if (int($x / 5) + int($y / 7) + $c) % 3 == 0;
        print chr($v < 0 ? 0 : $v > 255 ? 255 : int $v);
      } } }' "$1" "$2" "${3:-1}"
}

# photos DIR COUNT WIDTH HEIGHT   DIR/1.ppm .. DIR/COUNT.ppm
photos() {
  local i
  mkdir -p "$1"
  for ((i = 1; i <= $2; i++)); do image "$3" "$4" "$i" >"$1/$i.ppm"; done
}

# reads_images PROGRAM   sets `reader` to its shortest command line without operands; fails for a program that reads no images
# as a stream.
reads_images() {
  case $1 in
    degrade) reader=(degrade -s 2) ;;
    upscale) reader=(upscale --baseline bicubic -s 2) ;;
    sheet) reader=(sheet -o sheet.png) ;;
    *) return 1 ;;
  esac
}

# tiny_cascade C.json [OPTION...]   base 8x8 and x2 to 16x16 of a few thousand weights, two classes, trained for three steps;
# OPTIONs are those of cdm-train --new
tiny_cascade() {
  local i
  for i in red blue; do [ -d "things/$i" ] || photos "things/$i" 3 24 20; done
  cdm-train -q --new 8,16 --preset tiny "${@:2}" things -o "$1"
  # With noise in the hand-over, for which the second stage is trained.
  [[ $(<"${1%.json}-16.json") != *'"kind": "gaussian"'* ]] ||
    perl -0pi -e 's/(.*"noise_level": )0\.0/${1}0.1/s' "$1"
  cdm-train -q --steps 3 --batch 4 --preview-every 0 "$1" things
}

# tiny_stage STAGE.json [OPTION...]   an x2 stage of a few thousand weights, trained for two steps
tiny_stage() {
  [ -d training-photos ] || photos training-photos 2 48 40
  sr3-train -q --preset tiny --low-res 8 --high-res 16 --patch 2 --channels 8 --multipliers 1,2 --blocks 1 --groups 4 --steps 2 \
    --batch 2 --preview-every 0 "${@:2}" training-photos -o "$1"
}

# feature_network FILE [DIVISOR]   a TorchScript for fid: three features, the mean of each colour; three class probabilities
feature_network() {
  local net
  net=$(mktemp -d)
  mkdir -p "$net/net/code"
  printf '3\n' >"$net/net/version"
  # A pickle of an object of __torch__.Net with one attribute, training = False; and one of an empty tuple.
  printf '\200\002c__torch__\nNet\nq\000)\201}(X\010\000\000\000trainingq\001\211ubq\002.' >"$net/net/data.pkl"
  printf '\200\002).' >"$net/net/constants.pkl"
  cat >"$net/net/code/__torch__.py" <<CODE
class Net(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.Net,
    img: Tensor,
    return_features: bool=False) -> Tensor:
    f = torch.mean(img, [2, 3])
    if return_features:
      r = f
    else:
      r = torch.softmax(torch.div(f, ${2:-64}), 1)
    return r
CODE
  (cd "$net" && zip -q -0 -r net.zip net)
  mv "$net/net.zip" "$1"
  rm -r "$net"
}
