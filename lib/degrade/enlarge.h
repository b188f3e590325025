// How a low-resolution image is brought to the size of the result, by the word in a stage's manifest:
//   box, bilinear, bicubic, lanczos   in floats, unrounded and unclipped
//   pillow-bicubic                    as Pillow's bicubic does with 8-bit images: what it is given, and what comes out,
//                                     is rounded to whole levels
#pragma once

#include <span>
#include <string>
#include <vector>

#include "degrade/kernel.h"

namespace sr3 {

struct Enlargement {
  Kernel kernel = Kernel::kBicubic;
  bool whole_levels = false;
};

Enlargement enlargement_named(const std::string& word);  // UsageError

// height * width * channels (1 or 3) of in_height * in_width * channels; values in [-1,1], or a little beyond.
std::vector<float> enlarge(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                           int64_t width, int64_t height, Enlargement how);

}  // namespace sr3
