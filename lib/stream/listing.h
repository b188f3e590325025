// The encoded images of operands: one after the other (Sequence), or by number (Listing).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "image/codec.h"
#include "stream/operands.h"

namespace sr3 {

class Interrupt;

// An image that has not been decoded.
struct Encoded {
  Bytes bytes;
  std::string key, origin;
  std::string member{};  // the path in the archive
  int64_t index = 0;
};

// The images of one part that holds many: a stream, or an archive.
class Sequence {
 public:
  // interrupt may be null; it must outlive the sequence.
  Sequence(const Part& part, const Limits& limits, const Interrupt* interrupt);
  ~Sequence();
  // The next image; nothing at the end. Its index is not set, and its key is empty if it is an image of a stream. After a
  // DataError the next call returns the image after the damage, or nothing if that cannot be found.
  std::optional<Encoded> next();
  // For messages: "standard input", or the path.
  const std::string& name() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The encoded image of a file that holds one. DataError also when the file cannot be read.
Bytes load_file(const std::string& path, const Limits& limits);

// Images by number; all functions may be called from several threads. Files stay on disk, and the encoded images of pipes
// and archives are kept in memory.
class Listing {
 public:
  struct Item {
    std::string key, origin;
    std::string path;  // of a file; empty for an image in memory
    Bytes bytes;       // the encoded image, if it is in memory
    std::string
        folder{};         // of its class: as Part::folder in stream/operands.h; of an archive, class_folders in names.h
    std::string label{};  // name of its class, if a list gives it
  };

  // DataError when archives and streams hold more than max_memory bytes of encoded images.
  explicit Listing(const std::vector<std::string>& operands, const Limits& limits = {},
                   uint64_t max_memory = uint64_t{4} << 30);

  std::vector<Item> items;
  // The encoded image, without anything that follows it. DataError when its file cannot be read or is not an image.
  Bytes load(size_t i) const;
  Image decode(size_t i) const;

 private:
  Limits limits_;
};

}  // namespace sr3
