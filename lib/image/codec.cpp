#include "image/codec.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "base/error.h"
#include "image/alpha.h"
#include "image/containers.h"
#include "image/jpeg.h"
#include "image/optional_formats.h"
#include "image/png.h"
#include "image/pnm.h"

namespace sr3 {

namespace {

bool begins(std::span<const uint8_t> head, std::initializer_list<uint8_t> magic) {
  return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
}

// P1 to P7; a third byte distinguishes a header from a word of text.
bool begins_as_pnm(std::span<const uint8_t> head) {
  return head.size() >= 2 && head[0] == 'P' && head[1] >= '1' && head[1] <= '7' &&
         (head.size() == 2 || std::isspace(head[2]) || head[2] == '#');
}

}  // namespace

bool begins_as_image(std::span<const uint8_t> head) {
  return begins_as_pnm(head) || begins(head, {0xff, 0xd8}) || begins(head, {0x89, 'P'}) ||
         begins(head, {'R', 'I', 'F'}) || begins(head, {'G', 'I', 'F'}) || begins_as_tiff(head) || begins_as_heif(head);
}

Format sniff(std::span<const uint8_t> head, const std::string& origin) {
  if (begins(head, {0xff, 0xd8})) return Format::kJpeg;
  if (begins(head, {0x89, 'P', 'N', 'G'})) return Format::kPng;
  if (begins(head, {'P', '5'}) || begins(head, {'P', '6'}) || begins(head, {'P', '7', '\n'})) return Format::kPnm;
  if (begins(head, {'P', '7', '\r'}))
    throw DataError(
        cat("cannot read '", origin, "': its PAM header has carriage returns; lines end in a line feed alone"));
  if (begins_as_pnm(head))
    throw DataError(
        cat("'", origin, "' is a P", char(head[1]), " image; of the PNM formats only P5, P6 and P7 are supported"));
  for (const OptionalFormat& optional : kOptionalFormats) {
    if (!optional.begins(head)) continue;
    if (!optional.readable)
      throw DataError(cat("'", origin, "' is a ", optional.name, " image, which this build cannot read, because ",
                          optional.library, " was missing; convert it to PNG"));
    return optional.format;
  }
  throw DataError(cat("'", origin, "' is not an image of a known format"));
}

namespace {

Image decode_any(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits) {
  switch (sniff(bytes, origin)) {
    case Format::kPng:
      return decode_png(bytes, origin, limits);
    case Format::kJpeg:
      return decode_jpeg(bytes, origin, limits);
#if SR3_WEBP
    case Format::kWebp:
      return decode_webp(bytes, origin, limits);
#endif
#if SR3_TIFF
    case Format::kTiff:
      return decode_tiff(bytes, origin, limits);
#endif
#if SR3_GIF
    case Format::kGif:
      return decode_gif(bytes, origin, limits);
#endif
#if SR3_HEIF
    case Format::kHeif:
      return decode_heif(bytes, origin, limits);
#endif
    default:  // sniff() returns no format that cannot be read
      break;
  }
  return decode_pnm(bytes, origin, limits);
}

}  // namespace

Image decode(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits,
             Transparency transparency) {
  Image image = decode_any(bytes, origin, limits);
  // Many programs write an alpha channel for every image.
  if (transparency == Transparency::kDrop || is_opaque(image)) image.alpha.clear();
  return transparency == Transparency::kOverWhite ? over_white(std::move(image)) : image;
}

Bytes encode(const Image& image, Format format, const EncodeOptions& options) {
  switch (format) {
    case Format::kPng:
      return encode_png(image, options);
    case Format::kJpeg:
      return encode_jpeg(image, options);
    default:
      break;
  }
  if (format != Format::kPnm) throw std::logic_error("encode: a format that is only read");
  return encode_pnm(image);
}

void check_size(int64_t width, int64_t height, const std::string& origin, const Limits& limits) {
  if (height > limits.max_pixels / width)
    throw DataError(cat("cannot read '", origin, "': ", width, "x", height, " is more than the limit of ",
                        limits.max_pixels, " pixels"));
}

void check_end(size_t end, size_t size, const std::string& origin) {
  if (end != size)
    throw DataError(cat("cannot read '", origin, "': ", size - end, " bytes after the image's end at byte ", end));
}

}  // namespace sr3
