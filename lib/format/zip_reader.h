// The members of a zip file one after the other, by libarchive and the file's own directory (so that members with sizes
// behind their data are read too). Nothing is unpacked to disk; names are names, not paths.
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
    uint64_t size = 0;  // unpacked, as the directory says: not to be believed before it is read
  };

  explicit ZipReader(const std::string& path);
  // Bytes in memory, which must outlive this; name is for messages.
  ZipReader(std::span<const uint8_t> bytes, const std::string& name);
  ~ZipReader() override;
  ZipReader(const ZipReader&) = delete;

  // The next member that is no folder; nothing at the end. DataError when the container is damaged.
  std::optional<Member> next();
  // Data of the current member, as a Source: up to n bytes, 0 at its end. DataError when its checksum is wrong.
  size_t read(uint8_t* to, size_t n) override;
  // The file's, for messages.
  const std::string& name() const override;
  uint64_t file_size() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
