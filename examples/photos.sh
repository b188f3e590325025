#!/usr/bin/env bash
# photos.sh DIR [PACKAGE ...]: writes free photographs from Debian packages to DIR/train and DIR/held-out.
# The packages are downloaded and unpacked in DIR, but not installed; drawings and gradients are excluded.
# Without PACKAGE: four (170 MB): lomiri-wallpapers-16.04, lomiri-wallpapers-20.04, mate-backgrounds, plasma-workspace-wallpapers.
# One more is ufoai-textures (336 MB), of which the photographed ground and rock in the public domain is taken; it needs unzip.
# Licences: GPL-2+ (mate), LGPL-3 and CC BY-SA (plasma), CC BY, CC BY-SA and CC0 (lomiri); each package's copyright file is kept
# in DIR/licences.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: photos.sh DIR [PACKAGE ...]" >&2; exit 2; }
dir=$1
shift
[ $# -gt 0 ] || set -- lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds plasma-workspace-wallpapers

held_out="Picture_1A_by_freespace friends_by_Aitzol_Berasategi picosdeeuropa_by_Aitzol_Berasategi
  seeding_by_Clements_Engelhardt EveningGlow LadyBird"
drawings="Fossa_by_Jasper_Roks Infinite-Sea_by_Aury88 Painting-Colors_by__herobrine7gamer analogpattern_by_Peter_Nerlich
  umang_by_Abhishek_Mudgal"
plasma="BytheWater ColdRipple ColorfulCups DarkestHour EveningGlow FallenLeaf Grey Kite OneStandsOut Path Volna summer_1am"

mkdir -p "$dir/packages" "$dir/licences" "$dir/train" "$dir/held-out"
is_in() { case " $(echo $2) " in *" $1 "*) ;; *) return 1 ;; esac; }

# On a machine that never ran "apt-get update" there are no package lists yet.
download() {
  local quiet="-qq -o APT::Sandbox::User=root" root=
  [ "$(id -u)" -eq 0 ] || root=sudo
  apt-get $quiet download "$1" 2>/dev/null || { $root apt-get -qq update && apt-get $quiet download "$1"; }
}

# take FILE [NAME]: copies one photograph to train/ or held-out/.
take() {
  local name=${2:-$(basename "$1" .jpg)} to=train
  if is_in "$name" "$drawings"; then return; fi
  if is_in "$name" "$held_out"; then to=held-out; fi
  cp "$1" "$dir/$to/$name.jpg"
}

for package; do
  root=$dir/packages/$package
  if [ ! -e "$root.done" ]; then
    echo "photos.sh: downloading $package" >&2
    (cd "$dir/packages" && download "$package")
    dpkg-deb -x "$dir/packages/$package"_*.deb "$root"
    cp "$root/usr/share/doc/$package/copyright" "$dir/licences/$package"
    rm "$dir/packages/$package"_*.deb
    touch "$root.done"
  fi
  case $package in
    lomiri-*) for file in "$root"/usr/share/backgrounds/*.jpg; do take "$file"; done ;;
    mate-*) for file in "$root"/usr/share/backgrounds/mate/nature/*.jpg; do take "$file"; done ;;
    plasma-*)
      for name in $plasma; do
        file=$(find "$root/usr/share/wallpapers/$name" -name '2560x1600.jpg' -o -name '5120x2880.jpg' | head -n 1)
        take "$file" "$name"
      done ;;
    ufoai-textures)
      for name in desert009 jungle002 rock017 rock018 stone001; do
        unzip -p "$root/usr/share/games/ufoai/base/0textures.pk3" "textures/tex_nature/$name.png" >"$dir/train/$name.png.new"
        mv "$dir/train/$name.png.new" "$dir/train/$name.png"
      done ;;
    *) echo "photos.sh: cannot use package '$package': its photographs are not known" >&2; exit 2 ;;
  esac
done
echo "photos.sh: $(ls "$dir/train" | wc -l) photographs in $dir/train, $(ls "$dir/held-out" | wc -l) in $dir/held-out" >&2
