// Binary PNM: P5 (grey), P6 (RGB) and P7 (PAM: grey or RGB, with or without alpha), any maxval from 1 to 65535. Bitmaps
// (P1, P4) and plain PNM are not supported.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "image/codec.h"

namespace sr3 {

struct PnmHeader {
  int64_t width = 0, height = 0, maxval = 0;
  int channels = 0;     // in the file: 1 or 3, and one more with alpha
  std::string comment;  // first "#" line, without "#"
  size_t raster = 0;    // offset of the first sample
  bool has_alpha() const { return channels % 2 == 0; }
  // The size of the samples in bytes.
  uint64_t size() const {
    return static_cast<uint64_t>(width) * static_cast<uint64_t>(height) * channels * (maxval > 255 ? 2 : 1);
  }
};

// The longest header that is accepted, comments included, in bytes.
constexpr size_t kPnmMaxHeader = size_t{1} << 16;

// Parses the header at the beginning of `head`, which may be followed by samples. Returns nothing if the header is still
// incomplete. DataError when it is damaged or too long, or the image is larger than the limits.
std::optional<PnmHeader> parse_pnm_header(std::span<const uint8_t> head, const std::string& origin,
                                          const Limits& limits);

// As decode() and encode() in codec.h.
Image decode_pnm(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);
Bytes encode_pnm(const Image& image);

// The header that encode_pnm writes: "P6\n#comment\nW H\nmaxval\n", or with alpha that of a PAM of the type RGB_ALPHA.
std::string pnm_head(const Image& image);

}  // namespace sr3
