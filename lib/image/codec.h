// Decoding and encoding of one image, by the codec of its format: png.h, jpeg.h or pnm.h.
// Damage is a DataError that names the origin and, where possible, the position ("at byte 4711"). Limits bounds memory.
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

// The format by the first bytes (at least 4, if the image has as many). DataError "'x' is not a PNG, JPEG or PNM image".
Format sniff(std::span<const uint8_t> head, const std::string& origin);

// Whether `head` may be the beginning of an image, or of one of the PNM formats P1 to P4 and P7, which `sniff` refuses.
// 3 bytes are enough.
bool begins_as_image(std::span<const uint8_t> head);

// Decodes `bytes`, which hold exactly one image; anything after it is a DataError. Messages call the image `origin`.
Image decode(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits);

struct EncodeOptions {
  int png_level = 2;      // zlib level 0..9; png.cpp explains the default
  int jpeg_quality = 95;  // 1..100
  int full_chroma = 90;   // the quality from which JPEG is 4:4:4; below, 4:2:0
  std::string software;   // PNG tEXt "Software"
};
// Encodes an image. Its comment becomes the "#" line of PNM or the tEXt "Comment" of PNG; JPEG gets none. JPEG supports
// only 8 bits: images of 16 are converted. Error when the image is too large for the format.
Bytes encode(const Image& image, Format format, const EncodeOptions& options);

// The next two are for the codecs.
// DataError "cannot read 'x': 100000x100000 is more than the limit of N pixels" if the image is larger than the limit.
void check_size(int64_t width, int64_t height, const std::string& origin, const Limits& limits);
// DataError if anything follows the image, which ends at byte `end` of `size`.
void check_end(size_t end, size_t size, const std::string& origin);

}  // namespace sr3
