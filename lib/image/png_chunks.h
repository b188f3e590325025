// What the chunks of a PNG file say besides its pixels. They are parsed here rather than by libpng, which decompresses texts
// without a limit for each, and reads a file only once from front to back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sr3 {

struct PngChunks {
  std::string comment;
  std::vector<uint8_t> profile;  // the ICC profile, if it is for RGB; else empty
  std::vector<uint8_t> exif;     // EXIF data, from eXIf or a text
  int orientation = 0;           // 1 to 8, of EXIF, or if that has none of XMP; 0: neither states it
  uint64_t compressed = 0;       // bytes of IDAT
};

// Reads the chunks of `bytes`, which hold exactly one image with a valid header. DataError if they are truncated or go on
// after IEND. A chunk with a wrong CRC, if it is not one of pixels (those are left to libpng), is ignored with a warning.
PngChunks read_png_chunks(std::span<const uint8_t> bytes, const std::string& origin);

}  // namespace sr3
