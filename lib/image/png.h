// PNG by libpng, which sees only the chunks that make pixels; comments, orientation and the end are found here.
#pragma once

#include <span>
#include <string>

#include "image/codec.h"

namespace sr3 {

struct PngHeader {
  int64_t width = 0, height = 0;
  int depth = 0, channels = 0;  // as stored; a palette is one channel
  // Bytes of the pixels, uncompressed, filter bytes and the worst of interlacing included.
  uint64_t size() const;
};

// Signature, length, type, IHDR, its CRC.
constexpr size_t kPngHeader = 33;

// `head` holds at least kPngHeader bytes. DataError when it is no header, or the image is larger than the limits.
PngHeader parse_png_header(std::span<const uint8_t> head, const std::string& origin, const Limits& limits);

Image decode_png(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);
Bytes encode_png(const Image& image, const EncodeOptions& options);

}  // namespace sr3
