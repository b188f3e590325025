// Binary PNM: P5 (grey) and P6 (RGB), any maxval from 1 to 65535. No bitmaps, no plain text, no PAM.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "image/codec.h"

namespace sr3 {

struct PnmHeader {
  int64_t width = 0, height = 0, maxval = 0;
  int channels = 0;     // in the file: 1 or 3
  std::string comment;  // first "#" line, without "#"
  size_t raster = 0;    // offset of the first sample
  // Bytes of the samples.
  uint64_t size() const {
    return static_cast<uint64_t>(width) * static_cast<uint64_t>(height) * channels * (maxval > 255 ? 2 : 1);
  }
};

// The header is at most this long, comments included.
constexpr size_t kPnmMaxHeader = size_t{1} << 16;

// `head` begins with the image, and may hold less than the header (nothing is returned) or more.
// DataError when it cannot become a header, or the image is larger than the limits.
std::optional<PnmHeader> parse_pnm_header(std::span<const uint8_t> head, const std::string& origin,
                                          const Limits& limits);

Image decode_pnm(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);
Bytes encode_pnm(const Image& image);

// "P6\n#comment\nW H\nmaxval\n"
std::string pnm_head(const Image& image);

}  // namespace sr3
