// Decoding and encoding of one image, by the codec of its format: png.h, jpeg.h, pnm.h, or one that only decodes: webp.h,
// tiff_file.h, gif.h, heif.h. Those need a library each, without which the program was perhaps built.
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

enum class Format { kPnm, kPng, kJpeg, kWebp, kTiff, kGif, kHeif };  // kHeif: AVIF, too

// The format by the first bytes (at least kMagicBytes, if the image has as many). DataError "'x' is not an image of a known
// format", or of one that this build does not read.
Format sniff(std::span<const uint8_t> head, const std::string& origin);
constexpr size_t kMagicBytes = 12;

// Whether `head` may be the beginning of an image, also of one that `sniff` refuses because it is of the PNM formats P1 to
// P4, or because this build does not read it. 3 bytes are enough, except that HEIF needs kMagicBytes.
bool begins_as_image(std::span<const uint8_t> head);

// What becomes of transparency when an image is decoded.
enum class Transparency {
  kOverWhite,  // the image is composited over white
  kKeep,       // Image::alpha, unless it is opaque everywhere
  kDrop,       // the colours alone, those of transparent pixels too
};

// Decodes `bytes`, which hold exactly one image; anything after it is a DataError. Messages call the image `origin`.
Image decode(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits,
             Transparency transparency = Transparency::kOverWhite);

struct EncodeOptions {
  int png_level = 2;      // zlib level 0..9; png.cpp explains the default
  int jpeg_quality = 95;  // 1..100
  int full_chroma = 90;   // the quality from which JPEG is 4:4:4; below, 4:2:0
  std::string software;   // PNG tEXt "Software"
};
// Encodes as PNM, PNG or JPEG. The comment becomes the "#" line of PNM or the tEXt "Comment" of PNG; JPEG gets none. PNM with
// alpha is PAM. JPEG supports only 8 bits and no alpha: images of 16 are converted, and alpha is composited over white. PNG
// and JPEG hold the profile and EXIF data, JPEG these only up to 64 KiB. Error when the image is too large for the format.
Bytes encode(const Image& image, Format format, const EncodeOptions& options);

// The next two are for the codecs.
// DataError "cannot read 'x': 100000x100000 is more than the limit of N pixels" if the image is larger than the limit.
void check_size(int64_t width, int64_t height, const std::string& origin, const Limits& limits);
// DataError if anything follows the image, which ends at byte `end` of `size`.
void check_end(size_t end, size_t size, const std::string& origin);

}  // namespace sr3
