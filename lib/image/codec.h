// One image from bytes, one image to bytes. png, jpeg and pnm have a file each; this calls the right one.
// Damage is a DataError that names the origin and the place ("byte 4711"); memory is bounded by Limits.
#pragma once

#include <span>
#include <string>

#include "base/file.h"
#include "image/image.h"

namespace sr3 {

struct Limits {
  int64_t max_pixels = int64_t{1} << 28;  // a larger image is refused from its header, before any allocation
};

enum class Format { kPnm, kPng, kJpeg };

// By the first bytes (at least 4, if there are so many); DataError "'x' is not a PNG, JPEG or PNM image".
Format sniff(std::span<const uint8_t> head, const std::string& origin);

// Whether it may go on as an image, P1 to P4 and P7 too, that are none to `sniff`; 3 bytes tell.
bool begins_as_image(std::span<const uint8_t> head);

// `bytes` hold exactly one image; anything after it is an error.
Image decode(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);

struct EncodeOptions {
  int png_level = 2;      // zlib level 0..9; see png.cpp
  int jpeg_quality = 95;  // 1..100, 4:4:4 at 90 and above
  std::string software;   // PNG tEXt "Software"
};
// image.comment goes into the PNM "#" line or the PNG tEXt "Comment". JPEG holds 8 bits only: 16 become 8.
Bytes encode(const Image& image, Format format, const EncodeOptions& options);

// For the codecs. Larger than the limit: DataError "cannot read 'x': 100000x100000 is more than the limit of N pixels".
void check_size(int64_t width, int64_t height, const std::string& origin, const Limits& limits);
// The image ends at byte `end` of `size`: DataError when something follows.
void check_end(size_t end, size_t size, const std::string& origin);

}  // namespace sr3
