# The job array in the README runs literally.
photos out 9 20 16
photos real 12 16 20
feature_network net.pt
readme_commands "FID in batch jobs" >array.sh
[ "$(grep -c '^fid' array.sh)" = 4 ]
bash -euo pipefail array.sh >said
[ "$(grep -c '^measure' said)" = 2 ]
[ "$(grep -c '^frechet_distance' said)" = 2 ]
fid stats --features net.pt out/ -o whole.npz
same whole.npz out.npz
