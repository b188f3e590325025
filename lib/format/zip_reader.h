// Reads the members of a zip file one after the other, by libarchive and the file's directory (so that members whose sizes
// follow their data are supported). Nothing is unpacked to disk; member names are never used as paths.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/file.h"

namespace sr3 {

class ZipReader : public Source {
 public:
  struct Member {
    std::string name;
    uint64_t size = 0;  // unpacked, as the directory states it; untrusted until the data have been read
  };

  explicit ZipReader(const std::string& path);
  // Bytes in memory, which must outlive this; name is for messages.
  ZipReader(std::span<const uint8_t> bytes, const std::string& name);
  ~ZipReader() override;
  ZipReader(const ZipReader&) = delete;

  // The next member that is not a folder; nothing at the end. DataError if the container is damaged.
  std::optional<Member> next();
  // Reads up to n bytes of the current member; 0 at its end. DataError if its checksum is wrong.
  size_t read(uint8_t* to, size_t n) override;
  // The file's name, for messages.
  const std::string& name() const override;
  uint64_t file_size() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
