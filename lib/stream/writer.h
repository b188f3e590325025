// The one writer: "-" is a P6 stream with "#sr" lines, "DIR/" a PNG an image named by key, "FILE.png|.jpg|.ppm" one
// image. Encoding and writing run in threads behind the caller, in order; close() waits, and throws if a byte was lost.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "image/codec.h"
#include "stream/frame.h"

namespace sr3 {

class Options;

struct WriterOptions {
  std::string output = "-";
  int64_t depth = 8;  // 8 or 16
  int64_t threads = 0;
  int64_t png_level = EncodeOptions{}.png_level;
  bool skip_existing = false;                    // leave out images whose file is already in the folder
  void declare(Options& options);                // -o --output, --depth, ...
  void declare_skip_existing(Options& options);  // for programs that can be restarted
  void validate() const;                         // UsageError for skip_existing without a folder
};

class Writer {
 public:
  // Fails at once when the output cannot be made, is a terminal, or is a folder among `inputs`, the operands: results
  // would replace what they are made of.
  explicit Writer(const WriterOptions& options, const std::vector<std::string>& inputs = {});
  ~Writer();
  Writer(const Writer&) = delete;
  // So many images will come: UsageError, before any work, where the output is a file that holds one.
  void expect(int64_t images) const;
  void write(Frame frame);  // a second image to a single file, and a key met twice, are errors
  // Whether the image of this key need not be made: with skip_existing, when DIR/<key>.png exists.
  bool skips(const std::string& key) const;
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
