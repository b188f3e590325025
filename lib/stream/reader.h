// The reader of every program: turns operands (files, folders, tar, zip, list files, "-") into frames, in order.
// Files are found before the first one is read. A stream is split at image boundaries; an image is delivered without
// waiting for the one after it. Threads decode ahead of the caller and keep the order. The images ahead take at most
// 512 MiB, and one image more.
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
  bool keep_going = false;  // report and skip damaged images; status() is then kSkipped
  int64_t max_pixels = Limits{}.max_pixels;
  int64_t threads = 0;  // 0: all cores
  Transparency transparency = Transparency::kOverWhite;
  std::string shard;  // "I/N": every N-th image, beginning with the I-th; frames keep their index
  // Declares --keep-going, --max-pixels, --shard, and --threads unless the program has declared its own.
  void declare(Options& options);
  // Declares --alpha, for programs whose results may be transparent, and which keep it by default.
  void declare_alpha(Options& options);
};

// The images of operands (stream/operands.h), in order. The constructor finds the files; streams and archives are opened
// when their turn comes. The key of a named file is its stem; of a file below a folder or in an archive, its path there
// without extension; of an image of a stream, the key in its "#sr" line, or else its running number.
class Reader {
 public:
  // `work` is called for each frame in the decoding threads, for several frames concurrently. A DataError that it throws
  // counts as a damaged image.
  Reader(const std::vector<std::string>& operands, const ReaderOptions& options, std::function<void(Frame&)> work = {});
  ~Reader();
  Reader(const Reader&) = delete;

  // The next image; nothing at the end. Unless keep_going is set, throws DataError for a damaged image, and for a stream that
  // ends before its "n" images.
  std::optional<Frame> next();
  // The number of images to be read, in the shard; known only if all operands are files and folders of images.
  std::optional<int64_t> expected() const;
  int64_t skipped() const;
  // After the last image: the number of images in the input, including damaged ones and those of other shards.
  int64_t total() const;
  // kDone, or kSkipped if images were skipped.
  int status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
