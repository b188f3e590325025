// The writer of every program. "-" is a stream of P6 images with "#sr" lines; "DIR/", or a new name without an ending, is
// a folder with a PNG file per image, named by its key; "FILE.png", ".jpg" or ".ppm" is one image. Threads encode and write behind
// the caller; a stream keeps the order. close() waits for them, and throws if a byte was lost.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "image/codec.h"
#include "stream/frame.h"

namespace sr3 {

class Options;

struct WriterOptions {
  std::string output = "-";
  int64_t depth = 8;         // 8 or 16
  bool depth_given = false;  // set by --depth: more than 8 bits are then not missed
  int64_t threads = 0;
  std::optional<int64_t> png_level;              // refused where no PNG is written
  bool skip_existing = false;                    // leave out images whose file is already in the folder
  bool can_skip_existing = false;                // whether the program has that option
  bool keep_exif = false;                        // refused where PNM is written
  void declare(Options& options);                // -o --output, --depth, ...
  void declare_skip_existing(Options& options);  // for programs that can be restarted
  void declare_keep_exif(Options& options);      // for programs that make images from single images
  void validate() const;                         // UsageError for skip_existing without a folder
};

class Writer {
 public:
  // `inputs` are the program's operands. Throws immediately, UsageError or Error, when the output cannot be created, is a
  // terminal, or would overwrite an input, or when two inputs have the same output file.
  explicit Writer(const WriterOptions& options, const std::vector<std::string>& inputs = {});
  ~Writer();
  Writer(const Writer&) = delete;
  // Announces the number of images: UsageError, before any work, if the output is a file, which holds only one.
  void expect(int64_t images) const;
  // Warns, once, of an image whose samples have more bits than the result will have, unless --depth asked for it. write()
  // does so; a program calls it for images of which it writes others.
  void warn_of_lost_depth(const Image& image);
  // Warns, once each, of transparency and of a colour profile that the output cannot hold; see image-stream(5).
  // Error for a second image to a single file, for a key that was used before in a folder, and for an earlier failure.
  void write(Frame frame);
  // Whether the image of this key need not be made: with skip_existing, if DIR/KEY.png exists. Called once for each image.
  bool skips(const std::string& key);
  // Waits for the last file, and says how many were skipped. Error if something was lost, or a single file was given no image.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sr3
