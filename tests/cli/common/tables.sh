# Tables have tabs in a pipe and in a file, and columns on a terminal. script(1) provides the terminal.
photos a 2 24 20
photos b 2 24 20
sr-metrics a b >table
grep -q "$(printf '^name\tpsnr\t')" table
sr-metrics a b | cmp - table
command -v script >/dev/null || exit 0
script -qec "sr-metrics a b" log >/dev/null </dev/null
not grep -q "$(printf 'name\t')" log
grep -qE '^name +psnr +ssim ' log
script -qec "confusion-eval power" log >/dev/null </dev/null
grep -qE '^goal +margin ' log
script -qec "sr-metrics --json a b" log >/dev/null </dev/null
grep -q '^{"name":"1",' log
