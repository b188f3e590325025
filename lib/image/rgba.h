// Conversion between interleaved RGBA, as libraries give it, and an image's samples and alpha.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "image/image.h"

namespace sr3 {

// Alpha of 8 bits becomes 16, as Image::alpha has it.
template <class Sample>
void split_pixels(const Sample* rgba, Sample* rgb, uint16_t* alpha, size_t pixels) {
  for (; pixels--; rgba += 4, rgb += 3) {
    std::copy_n(rgba, 3, rgb);
    *alpha++ = sizeof(Sample) == 1 ? static_cast<uint16_t>(rgba[3] * 257) : rgba[3];
  }
}

template <class Sample>
void join_pixels(const Sample* rgb, const uint16_t* alpha, Sample* rgba, size_t pixels) {
  for (; pixels--; rgb += 3, rgba += 4, ++alpha) {
    std::copy_n(rgb, 3, rgba);
    rgba[3] = static_cast<Sample>(sizeof(Sample) == 1 ? rounded_to_8(*alpha) : *alpha);
  }
}

// A colour that was multiplied by its alpha, without that: the nearest level, at most `top`.
inline uint32_t unmultiplied(uint32_t colour, uint32_t alpha, uint32_t top) {
  if (alpha == 0) return 0;
  return std::min(top, static_cast<uint32_t>((uint64_t{colour} * top + alpha / 2) / alpha));
}

}  // namespace sr3
