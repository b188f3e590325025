#include "image/containers.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "image/tiff.h"

namespace sr3 {
namespace {

using Pixels = std::optional<std::pair<int64_t, int64_t>>;
using Part = std::span<const uint8_t>;

bool has_word(Part bytes, size_t at, std::string_view word) {
  return bytes.size() >= at + word.size() &&
         std::equal(word.begin(), word.end(), bytes.begin() + static_cast<ptrdiff_t>(at),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

uint64_t little(Part bytes, size_t at, int n) {
  uint64_t value = 0;
  while (n--) value = value << 8 | bytes[at + static_cast<size_t>(n)];
  return value;
}

uint64_t big(Part bytes, size_t at, int n) {
  uint64_t value = 0;
  for (int i = 0; i < n; ++i) value = value << 8 | bytes[at + static_cast<size_t>(i)];
  return value;
}

Pixels if_positive(uint64_t width, uint64_t height) {
  if (width < 1 || height < 1 || width > INT32_MAX || height > INT32_MAX) return std::nullopt;
  return std::pair(static_cast<int64_t>(width), static_cast<int64_t>(height));
}

// The bytes, of which there are at least n.
Part required(size_t n, const Fill& fill, const std::string& origin) {
  const Part bytes = fill(n);
  if (bytes.size() < n) throw DataError(cat("cannot read '", origin, "': truncated at byte ", bytes.size()));
  return bytes;
}

}  // namespace

bool begins_as_webp(Part head) { return has_word(head, 0, "RIFF") && has_word(head, 8, "WEBP"); }

bool begins_as_tiff(Part head) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv})
    if (has_word(head, 0, magic.substr(0, std::min<size_t>(std::max<size_t>(head.size(), 3), 4)))) return true;
  return false;
}

bool begins_as_gif(Part head) { return has_word(head, 0, "GIF87a") || has_word(head, 0, "GIF89a"); }

bool begins_as_heif(Part head) {
  static constexpr std::string_view kBrands[] = {"heic", "heix", "hevc", "hevx", "heim", "heis", "hevm",
                                                 "hevs", "mif1", "msf1", "mif2", "avif", "avis"};
  return has_word(head, 4, "ftyp") && std::any_of(std::begin(kBrands), std::end(kBrands),
                                                  [&](std::string_view brand) { return has_word(head, 8, brand); });
}

// The first chunk is VP8X with the canvas, VP8L (lossless), or VP8 with a key frame (RFC 9649).
Pixels size_of_webp(Part head) {
  if (!begins_as_webp(head) || head.size() < 30) return std::nullopt;
  if (has_word(head, 12, "VP8X")) return if_positive(little(head, 24, 3) + 1, little(head, 27, 3) + 1);
  if (has_word(head, 12, "VP8L") && head[20] == 0x2f) {
    const uint64_t bits = little(head, 21, 4);
    return if_positive((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
  }
  if (has_word(head, 12, "VP8 ")) return if_positive(little(head, 26, 2) & 0x3fff, little(head, 28, 2) & 0x3fff);
  return std::nullopt;
}

Pixels size_of_tiff(Part head) {
  const Tiff tiff(head);
  if (!tiff.valid()) return std::nullopt;
  const auto number = [&](uint32_t tag) -> uint64_t {
    const size_t entry = tiff.entry(tag);
    if (entry == 0) return 0;
    return tiff.at(entry + 2, 2) == 3 ? tiff.at(entry + 8, 2) : tiff.at(entry + 8, 4);
  };
  return if_positive(number(0x100), number(0x101));
}

Pixels size_of_gif(Part head) {
  if (!begins_as_gif(head) || head.size() < 10) return std::nullopt;
  return if_positive(little(head, 6, 2), little(head, 8, 2));
}

size_t end_of_webp(const Fill& fill, const std::string& origin) {
  const size_t end = 8 + little(required(12, fill, origin), 4, 4);
  required(end, fill, origin);
  return end;
}

// GIF89a: after the screen and its palette blocks, each of which begins with a byte for its kind, until a trailer. Viewers show
// the first picture, whatever follows it: once that is whole, the file ends before the first thing that is no whole block.
size_t end_of_gif(const Fill& fill, const std::string& origin) {
  const auto byte = [&](size_t at) { return required(at + 1, fill, origin)[at]; };
  const auto palette = [](uint8_t flags) { return flags & 0x80 ? size_t{3} << ((flags & 7) + 1) : size_t{0}; };
  size_t at = 13 + palette(byte(10));
  for (bool pictures = false;;) {
    const size_t begin = at;
    if (pictures && fill(at + 1).size() <= at) return begin;
    const uint8_t kind = byte(at);
    if (kind == 0x3b) return at + 1;
    try {
      if (kind == 0x21)  // extension, and its label
        at += 2;
      else if (kind == 0x2c)  // image: place, size, flags; its palette; the size of codes
        at += 10 + palette(byte(at + 9)) + 1;
      else
        throw DataError(cat("cannot read '", origin, "': no block of GIF at byte ", at));
      for (size_t length = 1; length > 0; at += 1 + length) length = byte(at);  // its parts; the last is empty
    } catch (const DataError&) {
      if (!pictures) throw;
      return begin;
    }
    pictures = pictures || kind == 0x2c;
  }
}

// ISO 14496-12: boxes, each with its length and type before it.
size_t end_of_heif(const Fill& fill, const std::string& origin) {
  static constexpr std::string_view kBoxes[] = {"meta", "mdat", "moov", "moof", "mfra", "free", "skip", "idat",
                                                "uuid", "pdin", "styp", "sidx", "wide", "jumb", "mpvd", "sefd"};
  for (size_t at = 0;;) {
    const Part bytes = fill(at + 8);
    const bool box = at == 0 || std::any_of(std::begin(kBoxes), std::end(kBoxes),
                                            [&](std::string_view name) { return has_word(bytes, at + 4, name); });
    if (!box) return at;
    uint64_t length = big(required(at + 8, fill, origin), at, 4), head = 8;
    if (length == 1) {
      length = big(required(at + 16, fill, origin), at + 8, 8);
      head = 16;
    }
    if (length == 0) {  // to the end
      size_t end = at;
      for (size_t size = 0; (size = fill(end + 1).size()) > end;) end = size;
      return end;
    }
    if (length < head || length > INT64_MAX - at)
      throw DataError(cat("cannot read '", origin, "': bad length of a box at byte ", at));
    required(at + length, fill, origin);
    at += length;
  }
}

}  // namespace sr3
