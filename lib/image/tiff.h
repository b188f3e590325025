// Integers of a TIFF block, the structure in which EXIF and MPF keep their tags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sr3 {

struct Tiff {
  std::span<const uint8_t> bytes;
  bool big = false;  // big-endian

  explicit Tiff(std::span<const uint8_t> block) : bytes(block), big(!block.empty() && block[0] == 'M') {}

  // Whether the block begins with "II*\0" or "MM\0*".
  bool valid() const {
    return bytes.size() >= 8 && bytes[0] == bytes[1] && (bytes[0] == 'M' || bytes[0] == 'I') && at(2, 2) == 42;
  }

  // An integer in the block's byte order; 0 beyond the end.
  uint32_t at(size_t offset, int size) const {
    if (offset > bytes.size() || bytes.size() - offset < static_cast<size_t>(size)) return 0;
    uint32_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | bytes[offset + (big ? i : size - 1 - i)];
    return value;
  }

  // The offset of the entry with this tag (tag, type, count, value: 2, 2, 4 and 4 bytes) in the first directory, or in the one
  // at an offset; 0 if there is none.
  size_t entry(uint32_t tag) const { return entry(tag, at(4, 4)); }
  size_t entry(uint32_t tag, size_t directory) const {
    const uint32_t entries = at(directory, 2);
    for (uint32_t i = 0; i < entries; ++i) {
      const size_t offset = directory + 2 + size_t{12} * i;
      if (offset + 12 > bytes.size()) return 0;
      if (at(offset, 2) == tag) return offset;
    }
    return 0;
  }
};

}  // namespace sr3
