// The markers of JPEG, as far as they are needed to walk through a file without decoding it.
#pragma once

#include <cstdint>

namespace sr3 {

// SOF0..SOF15, without DHT, JPG and DAC, which lie among them: a frame header, which holds the size.
constexpr bool is_frame(uint8_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// Markers without a segment: TEM, the restarts and SOI. (EOI, which has none either, ends the image.)
constexpr bool stands_alone(uint8_t marker) { return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8); }

}  // namespace sr3
