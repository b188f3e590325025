#include "format/random_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace sr3 {
namespace {

constexpr size_t kBuffer = size_t{1} << 16;

class RandomFile : public RandomAccess {
 public:
  explicit RandomFile(const std::string& path) : name_(path) {
    fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) throw Error(cat("cannot open '", path, "': ", std::strerror(errno)));
    struct stat about {};
    const bool known = fstat(fd_, &about) == 0;
    if (known && S_ISREG(about.st_mode)) {
      size_ = static_cast<uint64_t>(about.st_size);
      return;
    }
    ::close(fd_);
    throw Error(
        cat("cannot read '", path, "': ", known && S_ISDIR(about.st_mode) ? "it is a folder" : "it is not a file"));
  }
  ~RandomFile() override { ::close(fd_); }
  RandomFile(const RandomFile&) = delete;

  uint64_t size() const override { return size_; }
  size_t read_at(uint64_t at, uint8_t* to, size_t n) const override {
    for (;;) {
      const ssize_t got = pread(fd_, to, n, static_cast<off_t>(at));
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) throw Error(cat("cannot read '", name_, "': ", std::strerror(errno)));
    }
  }
  const std::string& name() const override { return name_; }

 private:
  int fd_ = -1;
  uint64_t size_ = 0;
  std::string name_;
};

class RandomBytes : public RandomAccess {
 public:
  RandomBytes(std::span<const uint8_t> bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}
  uint64_t size() const override { return bytes_.size(); }
  size_t read_at(uint64_t at, uint8_t* to, size_t n) const override {
    if (at >= bytes_.size()) return 0;
    n = std::min<uint64_t>(n, bytes_.size() - at);
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(at), n, to);
    return n;
  }
  const std::string& name() const override { return name_; }

 private:
  std::span<const uint8_t> bytes_;
  std::string name_;
};

}  // namespace

std::unique_ptr<RandomAccess> open_random(const std::string& path) { return std::make_unique<RandomFile>(path); }

std::unique_ptr<RandomAccess> random_bytes(std::span<const uint8_t> bytes, const std::string& name) {
  return std::make_unique<RandomBytes>(bytes, name);
}

size_t RangeSource::read(uint8_t* to, size_t n) {
  if (used_ == buffer_.size()) {
    n = std::min<uint64_t>(n, end_ - at_);
    if (n >= kBuffer) {  // directly, without the buffer
      const size_t got = bytes_.read_at(at_, to, n);
      at_ += got;
      return got;
    }
    buffer_.resize(std::min<uint64_t>(kBuffer, end_ - at_));
    used_ = 0;
    buffer_.resize(buffer_.empty() ? 0 : bytes_.read_at(at_, buffer_.data(), buffer_.size()));
    at_ += buffer_.size();
  }
  n = std::min(n, buffer_.size() - used_);
  std::copy_n(buffer_.begin() + static_cast<ptrdiff_t>(used_), n, to);
  used_ += n;
  return n;
}

}  // namespace sr3
