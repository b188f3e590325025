// The images of a set, in the order of the operands, for statistics (fid/collect.h): each with its place in the whole
// set and a name among its images, which are the same in any shard.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stream/reader.h"

namespace sr3 {

struct SetImage {
  Frame frame;
  // In the whole set: running over the operands. Where the one operand is a stream whose images say their own ("#sr"
  // lines), that.
  int64_t position = 0;
  // The key; numbered from the second on where the same file is there twice under one key, as a/1.png and b/1.png may be.
  std::string identity;
};

class SetImages {
 public:
  // Operands as for Reader; a .npz is an array of images (fid/array_images.h).
  SetImages(const std::vector<std::string>& operands, const ReaderOptions& options);
  ~SetImages();

  std::optional<SetImage> next();
  // How many there will be; -1: unknown.
  int64_t expected() const;
  // kDone, or kSkipped when images were skipped.
  int status() const;

 private:
  struct Source;

  std::vector<std::unique_ptr<Source>> sources_;
  size_t current_ = 0;
  int64_t before_ = 0;  // images of the sources before
  bool alone_;          // there is one operand
};

}  // namespace sr3
