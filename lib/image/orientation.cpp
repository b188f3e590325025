#include "image/orientation.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "image/tiff.h"

namespace sr3 {

namespace {

template <class Sample>
void turn(const std::vector<Sample>& from, std::vector<Sample>& to, int64_t channels, int64_t width, int64_t height,
          int orientation) {
  const int64_t out_width = orientation >= 5 ? height : width, out_height = orientation >= 5 ? width : height;
  for (int64_t y = 0; y < out_height; ++y) {
    for (int64_t x = 0; x < out_width; ++x) {
      int64_t u = orientation >= 5 ? y : x, v = orientation >= 5 ? x : y;  // column, row in the stored image
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) u = width - 1 - u;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) v = height - 1 - v;
      for (int64_t c = 0; c < channels; ++c)
        to[(y * out_width + x) * channels + c] = from[(v * width + u) * channels + c];
    }
  }
}

}  // namespace

int exif_orientation(std::span<const uint8_t> exif) {
  static constexpr uint8_t kExif[] = {'E', 'x', 'i', 'f', 0, 0};
  if (exif.size() >= sizeof kExif && std::equal(std::begin(kExif), std::end(kExif), exif.begin()))
    exif = exif.subspan(sizeof kExif);
  const Tiff tiff(exif);
  const size_t entry = tiff.valid() ? tiff.entry(0x0112) : 0;
  if (entry == 0) return 0;
  const uint32_t value = tiff.at(entry + 2, 2) == 3 ? tiff.at(entry + 8, 2) : tiff.at(entry + 8, 4);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 0;
}

int xmp_orientation(std::string_view xmp) {
  static constexpr std::string_view kName = "tiff:Orientation";
  for (size_t at = xmp.find(kName); at != std::string_view::npos; at = xmp.find(kName, at + 1)) {
    std::string_view value = xmp.substr(at + kName.size());
    while (!value.empty() && (std::isspace(static_cast<unsigned char>(value[0])) || value[0] == '='))
      value.remove_prefix(1);
    if (value.size() < 2 || (value[0] != '"' && value[0] != '\'' && value[0] != '>')) continue;
    if (value[1] >= '1' && value[1] <= '8') return value[1] - '0';
  }
  return 0;
}

Image upright(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  Image out = make_image(orientation >= 5 ? image.height : image.width, orientation >= 5 ? image.width : image.height,
                         image.depth);
  out.profile = std::move(image.profile);
  out.exif = std::move(image.exif);
  out.comment = std::move(image.comment);
  const auto turned = [&](const auto& from, auto& to, int64_t channels) {
    turn(from, to, channels, image.width, image.height, orientation);
  };
  if (image.depth == 8)
    turned(image.u8, out.u8, Image::kChannels);
  else
    turned(image.u16, out.u16, Image::kChannels);
  out.alpha.resize(image.alpha.size());
  if (!image.alpha.empty()) turned(image.alpha, out.alpha, 1);
  return out;
}

}  // namespace sr3
