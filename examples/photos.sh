#!/usr/bin/env bash
# photos.sh DIR [PACKAGE ...]: writes free photographs from Debian packages to DIR/train and DIR/held-out.
# The packages are downloaded and unpacked in DIR, but not installed; drawings and gradients are excluded.
# Without PACKAGE: four (170 MB): lomiri-wallpapers-16.04, lomiri-wallpapers-20.04, mate-backgrounds, plasma-workspace-wallpapers.
# Further ones:
#   budgie-backgrounds  15 of 4K and more, all held out; from Debian 13 on
#   lxqt-themes         10, most of them with blurred grounds, all held out
#   ufoai-textures      5 of ground and rock (336 MB; it needs unzip)
# Of the six that the first four packages hold out, four are by authors of training photographs; of the further ones none is.
# DIR/photographs.tsv has the author and licence of each, from the package's copyright file, which is kept in DIR/licences.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: photos.sh DIR [PACKAGE ...]" >&2; exit 2; }
dir=$1
shift
[ $# -gt 0 ] || set -- lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds plasma-workspace-wallpapers

held_out="Picture_1A_by_freespace friends_by_Aitzol_Berasategi picosdeeuropa_by_Aitzol_Berasategi
  seeding_by_Clements_Engelhardt EveningGlow LadyBird"
drawings="Fossa_by_Jasper_Roks Infinite-Sea_by_Aury88 Painting-Colors_by__herobrine7gamer analogpattern_by_Peter_Nerlich
  umang_by_Abhishek_Mudgal"
lxqt="flowers.png fog.jpg after-the-rain.jpg Valendas.png appleflower.png cloud.png drop.png butterfly.png
  this-is-not-windows.jpg beam.png"
plasma="BytheWater ColdRipple ColorfulCups DarkestHour EveningGlow FallenLeaf Grey Kite OneStandsOut Path Volna summer_1am"

mkdir -p "$dir/packages" "$dir/licences" "$dir/train" "$dir/held-out"
is_in() { case " $(echo $2) " in *" $1 "*) ;; *) return 1 ;; esac; }

# On a machine that never ran "apt-get update" there are no package lists yet.
download() {
  local quiet="-qq -o APT::Sandbox::User=root" root=
  [ "$(id -u)" -eq 0 ] || root=sudo
  apt-get $quiet download "$1" 2>/dev/null || { $root apt-get -qq update && apt-get $quiet download "$1"; }
}

# terms FILE: "author<TAB>licence" of a file: by the metadata of its wallpaper, or else by the copyright file of $package, whose
# last paragraph that names it holds. Paths there are those of the source; a name without a wildcard is found in any folder.
terms() {
  local about
  about=$(dirname "$1")/../../metadata.json
  if [ -e "$about" ]; then
    sed -n -e 's/^ *"Name": "\(.*\)",*$/\1/p' -e '/^ *\]/q' "$about" | paste -sd ';' | sed 's/;/; /g' | tr '\n' '\t'
    sed -n '/^ *"License": /{s/.*: "\(.*\)",*$/\1/p;q}' "$about"
    return
  fi
  awk -v path="$1" -v OFS='\t' '
    BEGIN { RS = ""; FS = "\n"; base = path; sub(/.*\//, "", base); author = licence = "see the copyright file" }
    function matches(pattern,    name, text) {
      name = pattern
      sub(/.*\//, "", name)
      if (pattern == "*" || name == base) return 1
      text = pattern
      gsub(/[][.+()^$|{}\\]/, "\\\\&", text)
      gsub(/\*/, ".*", text)
      gsub(/\?/, ".", text)
      return pattern !~ /^debian\// && path ~ ("/" text "$")
    }
    /^(#[^\n]*\n)*Files:/ {
      field = ""; files = ""; who = ""; terms = ""
      for (i = 1; i <= NF; ++i) {
        line = $i
        if (line ~ /^#/) continue
        if (line ~ /^[A-Za-z-]+:/) { field = line; sub(/:.*/, "", field); sub(/^[A-Za-z-]+:/, "", line) }
        gsub(/^[ \t]+|[ \t]+$/, "", line)
        if (line == "" || line == ".") continue
        if (field == "Files") files = files " " line
        if (field == "Copyright") who = who (who == "" ? "" : "; ") line
        if (field == "License" && terms == "") terms = line
      }
      count = split(files, patterns, /[ \t]+/)
      for (i = 1; i <= count; ++i) if (patterns[i] != "" && matches(patterns[i])) { author = who; licence = terms }
    }
    END { print author, licence }' "$dir/licences/$package"
}

# note NAME SET FILE: adds a line to the list, unless it is there.
list=$dir/photographs.tsv
[ -s "$list" ] || printf 'photograph\tset\tpackage\tauthor\tlicence\n' >"$list"
note() {
  cut -f 1 "$list" | grep -Fqx "$1" || printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$package" "$(terms "$3")" >>"$list"
}

# take FILE [NAME]: copies one photograph to train/ or held-out/.
take() {
  local ending=${1##*.} name=${2:-$(basename "${1%.*}")} to=train
  if is_in "$name" "$drawings"; then return; fi
  if is_in "$name" "$held_out" || is_in "$package" "budgie-backgrounds lxqt-themes"; then to=held-out; fi
  cp "$1" "$dir/$to/$name.$ending"
  note "$name.$ending" "$to" "$1"
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
    lxqt-*) for name in $lxqt; do take "$root/usr/share/lxqt/wallpapers/$name"; done ;;
    budgie-*) for file in "$root"/usr/share/backgrounds/budgie/*.jpg; do take "$file"; done ;;
    ufoai-textures)
      for name in desert009 jungle002 rock017 rock018 stone001; do
        unzip -p "$root/usr/share/games/ufoai/base/0textures.pk3" "textures/tex_nature/$name.png" >"$dir/train/$name.png.new"
        mv "$dir/train/$name.png.new" "$dir/train/$name.png"
        note "$name.png" train "/base/textures/tex_nature/$name.png"
      done ;;
    *) echo "photos.sh: cannot use package '$package': its photographs are not known" >&2; exit 2 ;;
  esac
done
echo "photos.sh: $(ls "$dir/train" | wc -l) photographs in $dir/train, $(ls "$dir/held-out" | wc -l) in $dir/held-out" >&2
