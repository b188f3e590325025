// A pair of images with golden values, on which the Python code of BasicSR, scikit-image and pyiqa agrees.
#pragma once

#include <algorithm>

#include "image/image.h"

namespace sr3::golden {

inline Image first() {
  Image image = make_image(32, 32);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x)
      for (int c = 0; c < 3; ++c)
        image.u8[(y * 32 + x) * 3 + c] =
            static_cast<uint8_t>((37 * x * (c + 1) + 101 * y + 7 * ((x * y) % 53) + 50 * c) % 256);
  return image;
}

inline Image second() {
  Image image = first();
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x)
      for (int c = 0; c < 3; ++c) {
        uint8_t& value = image.u8[(y * 32 + x) * 3 + c];
        value = static_cast<uint8_t>(std::clamp(value + ((13 * x + 29 * y) % 17 - 8) * (c == 2 ? 2 : 1), 0, 255));
      }
  return image;
}

}  // namespace sr3::golden
