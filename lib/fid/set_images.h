// The images of a set, in the order of the operands, for statistics (fid/collect.h). Each has a position in the whole
// set and an identity that distinguishes it from the other images, which do not depend on the sharding.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stream/reader.h"

namespace sr3 {

struct SetImage {
  Frame frame;
  // The position in the whole set, counted over all operands. If the only operand is a stream whose images state their
  // index in "#sr" lines, that index.
  int64_t position = 0;
  // The key. If files with the same key have the same contents, as a/1.png and b/1.png may, a number is appended from
  // the second one on.
  std::string identity;
};

class SetImages {
 public:
  // The operands are those of Reader; a .npz file is read as an array of images (fid/array_images.h).
  SetImages(const std::vector<std::string>& operands, const ReaderOptions& options);
  ~SetImages();

  // The next image, or nothing at the end.
  std::optional<SetImage> next();
  // The number of images that next() will return in all; -1: unknown.
  int64_t expected() const;
  // kDone, or kSkipped if images were skipped.
  int status() const;

 private:
  struct Source;

  std::vector<std::unique_ptr<Source>> sources_;
  size_t current_ = 0;
  int64_t before_ = 0;  // images in the sources before the current one
  bool alone_;          // whether there is only one operand
};

}  // namespace sr3
