#include "image/exif.h"

#include <algorithm>

#include "image/tiff.h"

namespace sr3 {

namespace {

constexpr uint32_t kOrientation = 0x0112, kWidth = 0x0100, kHeight = 0x0101, kExifDirectory = 0x8769;
constexpr uint32_t kPixelWidth = 0xa002, kPixelHeight = 0xa003;
constexpr uint32_t kThumbnail = 0x0201,
                   kThumbnailLength = 0x0202;  // JPEGInterchangeFormat, JPEGInterchangeFormatLength
constexpr uint32_t kShort = 3, kLong = 4;

// The two bytes of the number of entries, and twelve for each.
size_t end_of_directory(const Tiff& tiff, size_t directory) {
  return directory + 2 + 12 * size_t{tiff.at(directory, 2)};
}

struct ExifEditor {
  std::vector<uint8_t>& bytes;

  Tiff tiff() const { return Tiff(bytes); }

  void put(size_t offset, int size, uint32_t value) {
    if (offset > bytes.size() || bytes.size() - offset < static_cast<size_t>(size)) return;
    const bool big = tiff().big;
    for (int i = 0; i < size; ++i)
      bytes[offset + static_cast<size_t>(i)] = static_cast<uint8_t>(value >> 8 * (big ? size - 1 - i : i));
  }

  // Sets a single SHORT or LONG of the directory, if it is there.
  void set(size_t directory, uint32_t tag, uint32_t value) {
    const size_t entry = tiff().entry(tag, directory);
    if (entry == 0 || tiff().at(entry + 4, 4) != 1) return;
    const uint32_t type = tiff().at(entry + 2, 2);
    if (type == kShort && value <= 0xffff) put(entry + 8, 2, value);
    if (type == kShort && value > 0xffff) put(entry + 2, 2, kLong), put(entry + 8, 4, value);
    if (type == kLong) put(entry + 8, 4, value);
  }

  uint32_t value(size_t directory, uint32_t tag) const {
    const size_t entry = tiff().entry(tag, directory);
    if (entry == 0) return 0;
    return tiff().at(entry + 2, 2) == kShort ? tiff().at(entry + 8, 2) : tiff().at(entry + 8, 4);
  }
};

}  // namespace

std::vector<uint8_t> exif_block(std::span<const uint8_t> data) {
  static constexpr uint8_t kExif[] = {'E', 'x', 'i', 'f', 0, 0};
  if (data.size() >= sizeof kExif && std::equal(std::begin(kExif), std::end(kExif), data.begin()))
    data = data.subspan(sizeof kExif);
  if (!Tiff(data).valid() || data.size() > kMaxExif) return {};
  return {data.begin(), data.end()};
}

void describe_upright(std::vector<uint8_t>& exif, int64_t width, int64_t height) {
  ExifEditor editor{exif};
  if (!editor.tiff().valid()) return;
  const size_t first = editor.tiff().at(4, 4);
  editor.set(first, kOrientation, 1);
  editor.set(first, kWidth, static_cast<uint32_t>(width));
  editor.set(first, kHeight, static_cast<uint32_t>(height));
  if (const uint32_t details = editor.value(first, kExifDirectory)) {
    editor.set(details, kPixelWidth, static_cast<uint32_t>(width));
    editor.set(details, kPixelHeight, static_cast<uint32_t>(height));
  }
  // The second directory, which the first one's end points to, is the thumbnail's.
  const size_t link = end_of_directory(editor.tiff(), first);
  const size_t second = editor.tiff().at(link, 4);
  if (second == 0) return;
  const size_t begin = editor.value(second, kThumbnail), length = editor.value(second, kThumbnailLength);
  if (begin < exif.size())
    std::fill_n(exif.begin() + static_cast<ptrdiff_t>(begin), std::min(length, exif.size() - begin), uint8_t{0});
  editor.put(link, 4, 0);
}

}  // namespace sr3
