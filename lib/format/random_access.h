// Bytes that can be read anywhere, so that of a large file only what is wanted is read.
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
  // Up to n bytes from `at` on; 0 only at the end. Throws Error when the system fails. Thread-safe.
  virtual size_t read_at(uint64_t at, uint8_t* to, size_t n) const = 0;
  virtual const std::string& name() const = 0;
};

// Error when there is no such file, or when it is none that has a size (a pipe, a folder).
std::unique_ptr<RandomAccess> open_random(const std::string& path);
// Bytes in memory, which must outlive it.
std::unique_ptr<RandomAccess> random_bytes(std::span<const uint8_t> bytes, const std::string& name);

// A part of them as a Source, buffered: [begin, end).
class RangeSource : public Source {
 public:
  RangeSource(const RandomAccess& bytes, uint64_t begin, uint64_t end) : bytes_(bytes), at_(begin), end_(end) {}
  size_t read(uint8_t* to, size_t n) override;
  const std::string& name() const override { return bytes_.name(); }
  uint64_t position() const { return at_ - (buffer_.size() - used_); }  // of the next byte

 private:
  const RandomAccess& bytes_;
  uint64_t at_, end_;  // what follows the buffer
  std::vector<uint8_t> buffer_;
  size_t used_ = 0;
};

}  // namespace sr3
