// The formats that are read by libraries which may have been missing when the programs were built.
#pragma once

#include <array>

#include "image/codec.h"

namespace sr3 {

struct OptionalFormat {
  Format format;
  const char* name;
  const char* library;
  bool readable;  // whether this build has the library
  bool (*begins)(std::span<const uint8_t> head);
  std::array<const char*, 5> extensions;  // null after the last
};

extern const std::array<OptionalFormat, 4> kOptionalFormats;

// Their decoders, as decode() in codec.h, defined only if the library is there. Results are upright, and keep their alpha.
Image decode_webp(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);
Image decode_tiff(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);
Image decode_gif(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);
Image decode_heif(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);

}  // namespace sr3
