// Low-resolution images that are given, each paired by its key with an image of the training.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/dataset.h"

namespace sr3 {

class Pairs {
 public:
  // low_side: of the crops. Finds the low-resolution image of each image of `high`. Error when there is none, or its
  // size, by its header, is not that of the image divided by the scale; UsageError for options that change the images' sizes.
  Pairs(const DataOptions& options, const Dataset& high, int64_t low_side, int64_t scale);

  // The low-resolution image of image i of `high`, of which `image` is the picture. Throws what Dataset::image throws, and
  // DataError if its size does not fit.
  std::shared_ptr<const Image> low_res(int64_t i, const Image& image);
  ImagesDigest digest() const { return low_.digest(); }

 private:
  Dataset low_;
  std::vector<int64_t> low_of_;  // for each image of `high`
  int64_t scale_;
};

}  // namespace sr3
