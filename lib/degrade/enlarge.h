// Enlarges a low-resolution image to the size of the result, by the method that the stage's manifest names:
//   box, bilinear, bicubic, lanczos   in floats, neither rounded nor clipped
//   pillow-bicubic                    as Pillow's bicubic resize of 8-bit images: its input and its output are rounded to
//                                     whole levels
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/rows.h"
#include "degrade/kernel.h"

namespace sr3 {

struct Enlargement {
  Kernel kernel = Kernel::kBicubic;
  bool whole_levels = false;
};

Enlargement enlargement_named(const std::string& word);  // UsageError for an unknown word

// Resizes in_height * in_width * channels (1 or 3) interleaved values to height * width * channels. Input values are in
// [-1,1]; the result may exceed that slightly, unless it has whole levels.
std::vector<float> enlarge(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                           int64_t width, int64_t height, Enlargement how);
// Rows of the result: the same values, for the cost of these rows.
std::vector<float> enlarge_rows(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                                int64_t width, int64_t height, Enlargement how, Rows rows);

}  // namespace sr3
