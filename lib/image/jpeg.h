// JPEG by libjpeg-turbo with its defaults (accurate integer DCT, smooth chroma upsampling), which Pillow uses too.
// Baseline and progressive, 8 bits; grey, YCbCr, RGB, CMYK, YCCK.
#pragma once

#include <span>
#include <string>

#include "image/codec.h"

namespace sr3 {

Image decode_jpeg(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);
Bytes encode_jpeg(const Image& image, const EncodeOptions& options);

}  // namespace sr3
