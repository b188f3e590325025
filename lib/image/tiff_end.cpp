// Where a TIFF ends (TIFF 6.0, and BigTIFF): behind the last byte that its directories refer to.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"
#include "image/containers.h"

namespace sr3 {
namespace {

constexpr uint64_t kMaxDirectories = 4096, kMaxParts = uint64_t{1} << 22;

class TiffExtent {
 public:
  TiffExtent(const Fill& fill, const std::string& origin) : fill_(fill) {
    bytes_ = fill(16);
    if (bytes_.size() < 8) throw DataError(cat("cannot read '", origin, "': truncated at byte ", bytes_.size()));
    most_significant_first_ = bytes_[0] == 'M';
    large_ = bytes_[most_significant_first_ ? 3 : 2] == 43;
    word_ = large_ ? 8 : 4;
  }

  // Nothing if it cannot be said, or if the bytes end before it.
  std::optional<size_t> end() {
    end_ = large_ ? 16 : 8;
    todo_ = {number(large_ ? 8 : 4, word_)};
    for (size_t i = 0; known_ && i < todo_.size(); ++i) directory(todo_[i]);
    // A part may end after the bytes do.
    return known_ && has(0, end_) ? std::optional(end_) : std::nullopt;
  }

 private:
  struct Field {
    uint64_t type = 0, count = 0, at = 0;  // where its values are
  };

  // Whether the bytes begin .. begin + size - 1 are there.
  bool has(uint64_t begin, uint64_t size) {
    if (begin > INT64_MAX || size > INT64_MAX - begin) return false;
    if (bytes_.size() < begin + size) bytes_ = fill_(begin + size);
    return bytes_.size() >= begin + size;
  }

  // An integer of the file's byte order; 0, and the end is unknown, beyond the bytes.
  uint64_t number(uint64_t at, size_t size) {
    known_ = known_ && has(at, size);
    if (!known_) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i)
      value = value << 8 | bytes_[static_cast<size_t>(at) + (most_significant_first_ ? i : size - 1 - i)];
    return value;
  }

  void reaches(uint64_t begin, uint64_t size) {
    if (begin > INT64_MAX || size > INT64_MAX - begin)
      known_ = false;
    else
      end_ = std::max(end_, static_cast<size_t>(begin + size));
  }

  static size_t size_of(uint64_t type) {
    static constexpr size_t kSizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < std::size(kSizes) ? kSizes[type] : 0;
  }

  std::vector<uint64_t> values(const Field& field) {
    const size_t size = size_of(field.type);
    parts_ += field.count;
    // Parts that are named more often than the bytes can hold them are damage.
    if (size == 0 || parts_ > kMaxParts || !has(field.at, field.count * size)) known_ = false;
    std::vector<uint64_t> all;
    for (uint64_t i = 0; known_ && i < field.count; ++i) all.push_back(number(field.at + i * size, size));
    return all;
  }

  void directory(uint64_t at) {
    const size_t head = large_ ? 8 : 2, entry = large_ ? 20 : 12;
    const uint64_t entries = number(at, head);
    if (!known_ || entries > 65535 || !has(at + head, entries * entry + word_)) {
      known_ = false;
      return;
    }
    reaches(at, head + entries * entry + word_);
    Field offsets, sizes, stream, stream_size;
    for (uint64_t i = 0; i < entries; ++i) {
      const uint64_t begin = at + head + i * entry;
      const uint64_t tag = number(begin, 2);
      Field field{number(begin + 2, 2), number(begin + 4, word_), begin + 4 + word_};
      const size_t size = size_of(field.type);
      if (field.count > INT64_MAX / 8) known_ = false;
      if (field.count * size > word_) {
        field.at = number(field.at, word_);
        reaches(field.at, field.count * size);
      }
      if (tag == 273 || tag == 324) offsets = field;  // of strips, of tiles
      if (tag == 279 || tag == 325) sizes = field;
      if (tag == 513) stream = field;  // the JPEG stream of an old kind of compression
      if (tag == 514) stream_size = field;
      if (tag == 330 || tag == 34665 || tag == 34853)  // further directories: of previews, EXIF, GPS
        for (const uint64_t next : values(field)) add(next);
    }
    parts(offsets, sizes);
    parts(stream, stream_size);
    add(number(at + head + entries * entry, word_));
  }

  void parts(const Field& offsets, const Field& sizes) {
    const auto begins = values_or_none(offsets), lengths = values_or_none(sizes);
    if (begins.size() != lengths.size()) known_ = false;
    for (size_t i = 0; known_ && i < begins.size(); ++i) reaches(begins[i], lengths[i]);
  }

  std::vector<uint64_t> values_or_none(const Field& field) {
    return field.count > 0 ? values(field) : std::vector<uint64_t>{};
  }

  void add(uint64_t directory) {
    if (todo_.size() >= kMaxDirectories) known_ = false;  // each is looked for among all
    if (!known_ || directory == 0 || std::find(todo_.begin(), todo_.end(), directory) != todo_.end()) return;
    todo_.push_back(directory);
  }

  const Fill& fill_;
  std::span<const uint8_t> bytes_;
  bool most_significant_first_ = false, large_ = false, known_ = true;
  size_t word_ = 4, end_ = 0;  // the bytes of an offset; the end so far
  uint64_t parts_ = 0;
  std::vector<uint64_t> todo_;  // directories, each once
};

}  // namespace

size_t end_of_tiff(const Fill& fill, const std::string& origin) {
  if (const auto end = TiffExtent(fill, origin).end()) return *end;
  size_t end = 0;
  for (size_t size = 0; (size = fill(end + 1).size()) > end;) end = size;
  return end;
}

}  // namespace sr3
