# The included cascade: it runs, its pipe gives the same bytes, and each digit has its own class.
digits=$SOURCE/examples/digits.json
run() { cascade "$digits" -n 3 --class 7,0,1 --steps 4 --precision fp32 "$@"; }
run >out.ppm
[ "$(pamfile -allimages out.ppm | grep -c '32 by 32')" = 3 ]
[ "$(grep -a '^#sr' out.ppm | sed 's/.*"class":\([0-9]\).*/\1/' | xargs)" = "7 0 1" ]
bash -o pipefail -c "$(run --show-pipe)" >pipe.ppm
same out.ppm pipe.ppm
