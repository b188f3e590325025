# OpenMP's threads do not spin long while they wait, so that two programs can share the cores; the user's own setting is kept.
[ -z "${SANITIZED:-}" ] || exit 0
shown() { env -u GOMP_SPINCOUNT -u OMP_WAIT_POLICY SHLVL=1 OMP_DISPLAY_ENV=verbose "$@" upscale --version 2>&1 | grep SPINCOUNT; }
shown | grep -q "GOMP_SPINCOUNT = '2000'"
shown GOMP_SPINCOUNT=7 | grep -q "GOMP_SPINCOUNT = '7'"
shown OMP_WAIT_POLICY=active | grep -q "GOMP_SPINCOUNT = '30000000000'"
