// PNG through libpng, which interprets only the chunks that determine pixels; png_chunks.h parses comment, orientation and
// the image's end.
#pragma once

#include <span>
#include <string>

#include "image/codec.h"

namespace sr3 {

struct PngHeader {
  int64_t width = 0, height = 0;
  int depth = 0, channels = 0;  // as stored; a palette image has one channel
  // An upper bound of the uncompressed pixels in bytes, filter bytes and interlacing included.
  uint64_t size() const;
};

// The bytes of a header: the signature, and length, type, data and CRC of the chunk IHDR.
constexpr size_t kPngHeader = 33;

// Parses `head`, which holds at least kPngHeader bytes. DataError when it is not a valid header, or the image is larger
// than the limits.
PngHeader parse_png_header(std::span<const uint8_t> head, const std::string& origin, const Limits& limits);

// As decode() and encode() in codec.h. The decoded image is upright, and keeps its alpha.
Image decode_png(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);
Bytes encode_png(const Image& image, const EncodeOptions& options);

}  // namespace sr3
