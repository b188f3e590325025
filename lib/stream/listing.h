// The encoded images of operands: one after the other (Sequence), or by number (Listing). Nothing is decoded.
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

// One image still encoded.
struct Encoded {
  Bytes bytes;
  std::string key, origin;
  std::string folder{};  // of a member of an archive (stream/operands.h)
  int64_t index = 0;
};

// The images of one part that holds many: a stream, or an archive.
class Sequence {
 public:
  // interrupt may be null; it must outlive the sequence.
  Sequence(const Part& part, const Limits& limits, const Interrupt* interrupt);
  ~Sequence();
  // The next image; nothing at the end. index is not set, key is empty in a stream. After a DataError it goes on where
  // that is possible, and else is at its end.
  std::optional<Encoded> next();
  // For messages: "standard input", or the path.
  const std::string& name() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One encoded image of a file. DataError also when the file cannot be read.
Bytes load_file(const std::string& path, const Limits& limits);

// Images by number, for any thread at any time. Files stay on disk; what pipes and archives hold is kept in memory.
class Listing {
 public:
  struct Item {
    std::string key, origin;
    std::string path;      // of a file; else empty, and
    Bytes bytes;           // the encoded image is here
    std::string folder{};  // that it lies in (stream/operands.h)
    std::string label{};   // name of its class, where a list says it
  };

  // DataError when archives and streams hold more than max_memory bytes of encoded images.
  explicit Listing(const std::vector<std::string>& operands, const Limits& limits = {},
                   uint64_t max_memory = uint64_t{4} << 30);

  std::vector<Item> items;
  // The encoded image, exactly; DataError when there is none.
  Bytes load(size_t i) const;
  Image decode(size_t i) const;

 private:
  Limits limits_;
};

}  // namespace sr3
