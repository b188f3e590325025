// The one reader of every program: operands (files, folders, tar, zip, list files, "-") to frames, in order.
// Files are found before the first is read; a stream is split at image boundaries without read-ahead beyond one image;
// decoding runs in threads ahead of the caller, order kept; what is ahead takes 512 MiB at most, and one
// image more.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "image/codec.h"
#include "stream/frame.h"

namespace sr3 {

class Options;

struct ReaderOptions {
  bool keep_going = false;  // skip damaged images, say so, status() is then 3
  int64_t max_pixels = Limits{}.max_pixels;
  int64_t threads = 0;  // 0: all cores
  std::string shard;    // "I/N": every N-th image, beginning with the I-th; frames keep their index
  // --keep-going, --max-pixels, --shard, and --threads unless the program has declared its own.
  void declare(Options& options);
};

// The images of operands (stream/operands.h), in order. Files are found at once; streams and archives are opened only
// when their turn comes. A named file is keyed by its stem, a file below a folder or in an archive by its path there
// without extension, an image of a stream by its "#sr" line or else by its running number.
class Reader {
 public:
  // `work` is done to each frame in the decoding threads, several at once; a DataError of it is a damaged image.
  Reader(const std::vector<std::string>& operands, const ReaderOptions& options, std::function<void(Frame&)> work = {});
  ~Reader();
  Reader(const Reader&) = delete;

  // The next image; nothing at the end. Throws DataError at damage (unless keep_going) and at a stream cut short of
  // "n".
  std::optional<Frame> next();
  // How many images there will be, when known (only files and folders).
  std::optional<int64_t> expected() const;
  int64_t skipped() const;
  // After the last image: how many there were, those of other shards and damaged ones too.
  int64_t met() const;
  // kDone, or kSkipped when images were skipped.
  int status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
