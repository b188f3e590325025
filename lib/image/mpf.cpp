#include "image/mpf.h"

#include <algorithm>

#include "image/tiff.h"

namespace sr3 {

std::vector<MpfImage> mpf_images(std::span<const uint8_t> content, uint64_t at) {
  static constexpr uint8_t kMpf[] = {'M', 'P', 'F', 0};
  static constexpr uint32_t kMpEntry = 0xb002;
  static constexpr size_t kEntry = 16;  // bytes: attributes, size, offset (4 each), and two numbers of other entries
  if (content.size() < sizeof kMpf || !std::equal(std::begin(kMpf), std::end(kMpf), content.begin())) return {};
  const Tiff tiff(content.subspan(sizeof kMpf));
  const size_t entry = tiff.valid() ? tiff.entry(kMpEntry) : 0;
  if (entry == 0) return {};
  std::vector<MpfImage> images;
  const size_t bytes = tiff.at(entry + 4, 4), list = tiff.at(entry + 8, 4);
  for (size_t i = list; i + kEntry <= std::min(list + bytes, tiff.bytes.size()); i += kEntry) {
    // Offsets count from the TIFF block. The first image is the JPEG itself, whose offset is 0.
    const MpfImage image{at + sizeof kMpf + tiff.at(i + 8, 4), tiff.at(i + 4, 4)};
    if (tiff.at(i + 8, 4) != 0 && image.size != 0) images.push_back(image);
  }
  return images;
}

}  // namespace sr3
