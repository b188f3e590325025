#include "image/orientation.h"

#include <utility>

namespace sr3 {

namespace {

// Reads integers of a TIFF block in its byte order; 0 beyond the end.
struct Tiff {
  std::span<const uint8_t> bytes;
  bool big = false;

  uint32_t at(size_t offset, int size) const {
    if (offset > bytes.size() || bytes.size() - offset < static_cast<size_t>(size)) return 0;
    uint32_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | bytes[offset + (big ? i : size - 1 - i)];
    return value;
  }
};

template <class Sample>
void turn(const std::vector<Sample>& from, std::vector<Sample>& to, int64_t width, int64_t height, int orientation) {
  const int64_t out_width = orientation >= 5 ? height : width, out_height = orientation >= 5 ? width : height;
  for (int64_t y = 0; y < out_height; ++y) {
    for (int64_t x = 0; x < out_width; ++x) {
      int64_t u = orientation >= 5 ? y : x, v = orientation >= 5 ? x : y;  // column, row in the stored image
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) u = width - 1 - u;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) v = height - 1 - v;
      for (int c = 0; c < Image::kChannels; ++c)
        to[(y * out_width + x) * Image::kChannels + c] = from[(v * width + u) * Image::kChannels + c];
    }
  }
}

}  // namespace

int exif_orientation(std::span<const uint8_t> bytes) {
  if (bytes.size() < 8) return 1;
  Tiff tiff{bytes, bytes[0] == 'M'};
  if (bytes[0] != bytes[1] || (bytes[0] != 'M' && bytes[0] != 'I') || tiff.at(2, 2) != 42) return 1;
  const size_t directory = tiff.at(4, 4);
  const uint32_t entries = tiff.at(directory, 2);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + size_t{12} * i;
    if (entry + 12 > bytes.size()) break;
    if (tiff.at(entry, 2) != 0x0112) continue;
    const uint32_t value = tiff.at(entry + 2, 2) == 3 ? tiff.at(entry + 8, 2) : tiff.at(entry + 8, 4);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  Image out = make_image(orientation >= 5 ? image.height : image.width, orientation >= 5 ? image.width : image.height,
                         image.depth);
  out.comment = std::move(image.comment);
  if (image.depth == 8)
    turn(image.u8, out.u8, image.width, image.height, orientation);
  else
    turn(image.u16, out.u16, image.width, image.height, orientation);
  return out;
}

}  // namespace sr3
