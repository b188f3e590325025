// JPEG through libjpeg-turbo with its defaults (accurate integer DCT, smooth chroma upsampling), which Pillow uses too.
// Supported are baseline and progressive images of 8 bits, in grey, YCbCr, RGB, CMYK and YCCK.
#pragma once

#include <span>
#include <string>

#include "image/codec.h"

namespace sr3 {

// As decode() and encode() in codec.h. The decoded image is upright: its EXIF orientation has been applied.
Image decode_jpeg(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);
Bytes encode_jpeg(const Image& image, const EncodeOptions& options);

}  // namespace sr3
