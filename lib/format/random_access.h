// Bytes that can be read at any position, so that parts of a large file can be read alone.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

namespace sr3 {

class RandomAccess {
 public:
  virtual ~RandomAccess() = default;
  virtual uint64_t size() const = 0;
  // Reads up to n bytes from position `at` and returns how many; 0 only at the end. Error if the system fails. Thread-safe.
  virtual size_t read_at(uint64_t at, uint8_t* to, size_t n) const = 0;
  virtual const std::string& name() const = 0;
};

// Error if the file cannot be opened or has no size (a pipe, a folder).
std::unique_ptr<RandomAccess> open_random(const std::string& path);
// Bytes in memory, which must outlive it.
std::unique_ptr<RandomAccess> random_bytes(std::span<const uint8_t> bytes, const std::string& name);

// The bytes [begin, end) as a buffered Source.
class RangeSource : public Source {
 public:
  RangeSource(const RandomAccess& bytes, uint64_t begin, uint64_t end) : bytes_(bytes), at_(begin), end_(end) {}
  size_t read(uint8_t* to, size_t n) override;
  const std::string& name() const override { return bytes_.name(); }
  uint64_t position() const { return at_ - (buffer_.size() - used_); }  // of the next byte

 private:
  const RandomAccess& bytes_;
  uint64_t at_, end_;  // the range after the buffer
  std::vector<uint8_t> buffer_;
  size_t used_ = 0;
};

}  // namespace sr3
