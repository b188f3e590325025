// How nearest(1) reads images: brought to one size, as in a training, and compared with training images that pass by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "degrade/recipe.h"
#include "image/image.h"
#include "metrics/nearest.h"
#include "stream/reader.h"

namespace sr3 {

// How images are brought to the size; without a recipe they have it.
struct Preparation {
  std::optional<Recipe> recipe;
  int64_t pad = 0;  // first to pad x pad pixels at least, by repeating the border; 0: not
};

// The largest central part of the shape "WxH", resized to this size: how training programs take whole images.
Recipe fitting(const std::string& size);

struct PreparedImages {
  std::vector<std::string> keys;
  std::vector<Image> images;  // of 8 bits
  int status = kDone;
};

// All images of the operands. DataError when they are not of one size.
PreparedImages take_images(const std::vector<std::string>& operands, const ReaderOptions& options,
                           const Preparation& preparation);

// Compares the images of `among` with all training images, and returns the status of reading these. DataError when there are
// fewer than two.
int search_nearest(const std::vector<std::string>& training, const ReaderOptions& options,
                   const Preparation& preparation, const ProgressOptions& progress, NearestSearch& among);

// UsageError if a file FOLDER/KEY.png is one of those that the operands name: the results have the names of generated images,
// which other images may have, too.
void refuse_to_overwrite(const std::string& folder, const std::vector<std::string>& keys,
                         const std::vector<std::string>& operands);

}  // namespace sr3
