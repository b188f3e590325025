// The images of a tar or zip archive, compressed or not, through libarchive; member by member, in the archive's order.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/file.h"
#include "image/codec.h"

namespace sr3 {

// Whether a file that begins so is an archive that is read here: tar, zip, and what gzip, bzip2, xz or zstd compressed.
// `head` should hold 512 bytes.
bool is_archive(std::span<const uint8_t> head);

class Archive {
 public:
  struct Member {
    Bytes bytes;         // one encoded image
    std::string path;    // in the archive
    std::string origin;  // "a.tar:b.png"
  };

  // From a source that must outlive the archive; zip is better opened by its path, for its directory is at its end.
  Archive(Source& source, const Limits& limits);
  Archive(const std::string& path, const Limits& limits);
  ~Archive();
  Archive(const Archive&) = delete;

  // The next member that has an image's extension; nothing at the end. DataError when that member is no image, damaged or a
  // link (the next call goes on after it), or the archive is damaged or swells like a bomb (then the next call returns nothing).
  std::optional<Member> next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
