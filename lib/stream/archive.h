// The images of a tar or zip archive, compressed or not, through libarchive: member by member, in the archive's order.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/file.h"
#include "image/codec.h"

namespace sr3 {

// Whether a file that begins with `head` is of a supported kind: tar, zip, or compressed by gzip, bzip2, xz or zstd.
// `head` should hold 512 bytes, the size of a tar header.
bool is_archive(std::span<const uint8_t> head);
// Whether it is a zip; four bytes are enough.
bool begins_as_zip(std::span<const uint8_t> head);

class Archive {
 public:
  struct Member {
    Bytes bytes;         // one encoded image
    std::string path;    // in the archive
    std::string origin;  // "a.tar:b.png"
  };

  // Reads from a source, which must outlive the archive, or from a file; "-" is the one that standard input is. A zip is better
  // opened by its path, because its directory is at its end. DataError when it cannot be opened.
  Archive(Source& source, const Limits& limits);
  Archive(const std::string& path, const Limits& limits);
  ~Archive();
  Archive(const Archive&) = delete;

  // The next member that has an image's extension; nothing at the end. DataError when that member is not an image, is
  // damaged or is a link (the next call continues after it), and when the archive itself is damaged or is a decompression
  // bomb (the next call returns nothing). At the end, a warning counts images in unsupported formats.
  std::optional<Member> next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
