// MPF, the Multi-Picture Format of CIPA DC-007: phones and cameras append further images to a JPEG (previews, gain maps, the
// second view of a stereo pair), and list them in one of its segments.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sr3 {

// A secondary image, from its SOI to its EOI.
struct MpfImage {
  uint64_t begin = 0;  // from the first byte of the JPEG that lists it
  uint64_t size = 0;
};

// The secondary images that a segment APP2 lists, whose content begins at byte `at` of the JPEG. None if it is not of MPF,
// or is damaged.
std::vector<MpfImage> mpf_images(std::span<const uint8_t> content, uint64_t at);

}  // namespace sr3
